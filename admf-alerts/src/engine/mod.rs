//! The engine: evaluates rules over series and keeps the states of their alerts.
//!
#![doc = include_str!("../../docs/alert_rules.md")]

mod alert;
mod ask;
mod check;
mod clock;
mod compiled;
mod error;
mod evaluated;
mod group;
mod jump;
mod load;
mod notice;
mod options;
mod reload;
mod snapshot;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod wanted;

use std::time::Duration;

use crate::promql::Settings;
use crate::rule::{Rule, RuleError, RuleGroup};
use crate::series::{Feed, Source, Store};
pub use alert::{Alert, AlertEvent, AlertState};
pub use ask::{Row, View};
use clock::{Clock, Jump};
pub use error::EvalError;
use evaluated::Evaluated;
use group::{Asked, Group};
pub use notice::Notice;
pub use options::Options;
pub use snapshot::{AlertSnapshot, RuleSnapshot, Snapshot};
pub use status::{GroupStatus, Health, RuleStatus};
use wanted::Wanted;

/// Evaluates rules, as Prometheus does, on the caller's clock.
///
/// Each label set for which a rule's condition holds is an alert. It is pending until the condition
/// has held for `for_`, at every evaluation, then it fires; once the condition holds no more, or the series is
/// gone, a pending alert is forgotten, and a firing one resolved after `keep_firing_for`.
///
/// Times are the length of time since the Unix epoch, by the wall's clock or by one that nobody sets. Any other origin does
/// where no expression asks for the date. A step that is much longer than those before it, or that goes back, is that of a
/// clock that was set or of a machine that was suspended: nothing fires, is resolved or is lost by it, and the engine goes on
/// with the new time. What is taken for one says [`Options::longest_step`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::{Engine, Rule, Samples};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rule = Rule::parse("HighDrawdown", "drawdown_ratio > 0.05")?.for_(Duration::from_secs(2));
/// let mut engine = Engine::new([rule])?;
/// let mut printed = Vec::new();
/// for (second, drawdown) in [0.01, 0.07, 0.08, 0.09, 0.02].into_iter().enumerate() {
///     let scrape = Samples::parse(&format!("drawdown_ratio {drawdown}\n"))?;
///     for event in engine.step(Duration::from_secs(second as u64), &scrape) {
///         printed.push(event.to_string());
///     }
/// }
/// assert_eq!(
///     printed,
///     ["FIRING   HighDrawdown value=0.09 since 1s", "RESOLVED HighDrawdown value=0.09 after 1s"],
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Engine {
    groups: Vec<Group>,
    options: Options,
    store: Store,
    feed: Feed,
    wanted: Wanted,
    /// What rules wrote that are gone: to be marked as ended at the next evaluation.
    orphans: Vec<Feed>,
    clock: Clock,
}

impl Engine {
    /// Begins with one group of rules that is evaluated at every step, and the default [`Options`].
    ///
    /// # Errors
    ///
    /// As [`with`](Self::with).
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, RuleError> {
        Self::with([RuleGroup::new("rules", rules)], Options::default())
    }

    /// Evaluates the groups that are due at `now`, over what a source says and said, and returns what changed, in
    /// the order of the rules and then of labels. It is a scrape, read as [`Samples`](crate::Samples), or what gives
    /// the same without a text in between.
    ///
    /// Only series that a rule asks for are kept of it. The samples of a second step in the same
    /// millisecond are not taken. A rule that fails keeps its alerts as they are; [`rules`](Self::rules) shows why.
    pub fn step(&mut self, now: Duration, source: &impl Source) -> Vec<AlertEvent> {
        let (now, jump) = self.go_on(now, false);
        let (feed, store) = (&mut self.feed, &mut self.store);
        feed.scrape_wanted(store, ask::millis(now), source, &self.wanted);
        self.turn(now, jump, false, &mut None)
    }

    /// Does as [`step`](Self::step) over what the [store](Self::store_mut) holds.
    pub fn advance(&mut self, now: Duration) -> Vec<AlertEvent> {
        let (now, jump) = self.go_on(now, false);
        self.turn(now, jump, false, &mut None)
    }

    /// Does as [`advance`](Self::advance) with all groups, whether they are due or not. The caller decides when that is, so
    /// that no step is too long, unless [`Options::longest_step`] is set.
    pub fn evaluate(&mut self, now: Duration) -> Vec<AlertEvent> {
        let (now, jump) = self.go_on(now, true);
        self.turn(now, jump, true, &mut None)
    }

    /// Does as [`evaluate`](Self::evaluate), with the rows of each rule from a query of the caller's.
    ///
    /// A query that fails leaves the alerts of its rule as they are.
    pub fn step_with(
        &mut self,
        now: Duration,
        mut query: impl FnMut(&Rule) -> Result<Vec<Row>, EvalError>,
    ) -> Vec<AlertEvent> {
        let (now, jump) = self.go_on(now, true);
        self.turn(now, jump, true, &mut Some(&mut query))
    }

    fn turn(
        &mut self,
        now: Duration,
        jump: Option<Jump>,
        all: bool,
        query: &mut Asked<'_>,
    ) -> Vec<AlertEvent> {
        let time = ask::millis(now);
        let store = &mut self.store;
        self.orphans.retain_mut(|orphan| {
            let ends = orphan.is_before(time);
            if ends {
                orphan.scrape(store, time, []);
            }
            !ends
        });
        let mut events = Vec::new();
        for group in &mut self.groups {
            let due = group.due(now);
            let Some(at) = (if all { Some(now) } else { due.at }) else {
                continue;
            };
            if let Some(Jump::Ahead { lost, .. }) = jump {
                let by_slots = due.lost.filter(|_| !all);
                group.skip(by_slots.unwrap_or(lost));
            }
            events.extend(group.evaluate(at, &mut self.store, &self.options, query));
        }
        events
    }

    /// Says that nothing was evaluated since the last step, on purpose. Where an alert is pending nobody knows whether it held
    /// meanwhile, so that it goes on as after a restart: [`restore`](Self::restore).
    pub fn interrupt(&mut self) {
        for group in &mut self.groups {
            for rule in &mut group.rules {
                rule.carried.alerts.interrupt();
            }
        }
    }

    /// Returns the series that rules are evaluated over.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the series that rules are evaluated over, to add samples; their times are on the clock of the steps.
    pub fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Lists all alerts: pending, firing, and resolved for no more than 15 minutes.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.evaluated().flat_map(|rule| rule.carried.alerts.iter())
    }

    /// Shows every rule, in their order: its state, and how its evaluations went.
    pub fn rules(&self) -> impl Iterator<Item = RuleStatus<'_>> {
        self.evaluated().map(Evaluated::status)
    }

    /// Shows every group, in their order: which slots were evaluated, and how many missed.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = GroupStatus<'_>> {
        self.groups.iter().map(Group::status)
    }

    fn evaluated(&self) -> impl Iterator<Item = &Evaluated> {
        self.groups.iter().flat_map(|group| &group.rules)
    }
}

/// Says whether a rule can be evaluated, in a group that has an interval.
pub(crate) fn check(rule: &Rule, settings: &Settings) -> Result<(), RuleError> {
    let interval = Some(Duration::from_secs(60));
    compiled::Compiled::new(rule.clone(), interval, settings).map(drop)
}
