//! Who is told next, as long as nobody takes an alert up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Holds one alert's way up the levels of an escalation, since its first notice.
///
/// It climbs by the time in which it was active: neither acknowledged nor silenced. A level that came due while nobody
/// looked is reached when somebody looks.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::notify::Escalation;
///
/// let seconds = Duration::from_secs;
/// let mut escalation = Escalation::new([seconds(0), seconds(300)], seconds(0));
/// assert_eq!(escalation.due(seconds(0)), [1]);
/// escalation.acknowledge(seconds(120), true);
/// assert!(escalation.due(seconds(1_000)).is_empty());
/// escalation.acknowledge(seconds(1_000), false);
/// assert_eq!(escalation.next(), Some(seconds(1_180)));
/// assert_eq!(escalation.due(seconds(1_180)), [2]);
/// assert_eq!(escalation.resolve(), [1, 2]); // are told of the end
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    delays: Vec<Duration>,
    repeat: u32,
    gap: Duration,
    /// The active time up to `since`, and from when on it runs; `None` while it does not.
    active: Duration,
    since: Option<Duration>,
    acknowledged: bool,
    silenced: bool,
    resolved: bool,
    /// How many levels were reached, of all rounds.
    steps: usize,
    highest: usize,
}

impl Escalation {
    /// Begins at the first notice; the delays are of active time since then.
    pub fn new(delays: impl IntoIterator<Item = Duration>, now: Duration) -> Self {
        Self {
            delays: delays.into_iter().collect(),
            repeat: 0,
            gap: Duration::ZERO,
            active: Duration::ZERO,
            since: Some(now),
            acknowledged: false,
            silenced: false,
            resolved: false,
            steps: 0,
            highest: 0,
        }
    }

    /// Goes through all levels so often again, each time so long after the last level.
    #[must_use]
    pub fn repeating(mut self, times: u32, gap: Duration) -> Self {
        (self.repeat, self.gap) = (times, gap);
        self
    }

    /// Takes other levels; what was reached stays reached.
    pub(super) fn become_of(&mut self, delays: Vec<Duration>, repeat: u32, gap: Duration) {
        (self.delays, self.repeat, self.gap) = (delays, repeat, gap);
    }

    /// Somebody has taken the alert up, or has let it go.
    pub fn acknowledge(&mut self, now: Duration, acknowledged: bool) {
        self.acknowledged = acknowledged;
        self.turn(now);
    }

    /// The alert is silenced, or is no more.
    pub fn silence(&mut self, now: Duration, silenced: bool) {
        self.silenced = silenced;
        self.turn(now);
    }

    /// Begins again at the first level: the alert has become more severe. Whoever took it up took up less.
    pub fn reopen(&mut self, now: Duration) {
        (self.active, self.since, self.steps) = (Duration::ZERO, None, 0);
        self.acknowledged = false;
        self.turn(now);
    }

    /// The alert has ended: no level is reached any more. Returns those that were, from 1, to be told of the end.
    pub fn resolve(&mut self) -> Vec<usize> {
        self.resolved = true;
        self.since = None;
        (1..=self.highest).collect()
    }

    /// Lets the active time run or stand.
    fn turn(&mut self, now: Duration) {
        let runs = !(self.acknowledged || self.silenced || self.resolved);
        match (runs, self.since) {
            (true, None) => self.since = Some(now),
            (false, Some(since)) => {
                self.active = self.active.saturating_add(now.saturating_sub(since));
                self.since = None;
            }
            _ => {}
        }
    }

    /// Returns when the next level is due, unless it is paused or there is none.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        let left = self.delay(self.steps)?.saturating_sub(self.active);
        Some(self.since?.saturating_add(left))
    }

    /// Takes the levels that are due, in order, from 1; each once.
    pub fn due(&mut self, now: Duration) -> Vec<usize> {
        let mut due = Vec::new();
        while self.next().is_some_and(|next| next <= now) {
            let level = self.steps % self.delays.len() + 1;
            due.push(level);
            self.steps += 1;
            self.highest = self.highest.max(level);
        }
        due
    }

    /// The active time at which a step is due.
    fn delay(&self, step: usize) -> Option<Duration> {
        let last = *self.delays.last()?;
        let round = u32::try_from(step / self.delays.len()).unwrap_or(u32::MAX);
        let delay = self.delays[step % self.delays.len()];
        let rounds = last.saturating_add(self.gap).saturating_mul(round);
        (round <= self.repeat).then(|| rounds.saturating_add(delay))
    }
}
