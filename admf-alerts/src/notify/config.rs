//! What a notifier is told once.

use std::collections::BTreeMap;
use std::time::Duration;

use super::inhibit::InhibitRule;
use super::integration::Integration;
use super::interval::TimeInterval;
use super::ladder::Ladder;
use super::route::{Route, Routes};
use crate::labels::Labels;
use crate::series::Matcher;

/// Says that nobody is told again, for a time, that alerts fire of which they were told, and told that they had ended.
#[derive(Clone, Debug)]
pub struct Cooldown {
    /// Which alerts.
    pub matchers: Vec<Matcher>,
    /// For how long after the notice.
    pub length: Duration,
}

/// Says who is told of which alerts, and when.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The root of the routing tree.
    pub route: Route,
    /// The receivers, by name, with their integrations.
    pub receivers: BTreeMap<String, Vec<Integration>>,
    /// Which alerts keep others quiet.
    pub inhibit_rules: Vec<InhibitRule>,
    /// The time intervals that routes name.
    pub time_intervals: BTreeMap<String, Vec<TimeInterval>>,
    /// How long alerts that come again are kept quiet: the first whose matchers match.
    pub cooldowns: Vec<Cooldown>,
    /// Who is told next of alerts that nobody takes up: the first whose matchers match.
    pub ladders: Vec<Ladder>,
    /// How long an alert fires that does not say when it ends, unless it is posted again. Default: 5 minutes.
    pub resolve_timeout: Duration,
    /// How long it is remembered what was told, and silences that are over. Default: 120 hours.
    pub retention: Duration,
    /// Whether who was told that an alert fires is told of its end where that comes while the alert is kept quiet, once it no
    /// longer is. Default: no, as in Alertmanager, where nobody ever is. Levels of ladders, which it does not know, always are.
    pub ends_after_quiet: bool,
    /// How long somebody who could not be told of an alert is still told of it once it has ended. Default: 24 hours.
    pub max_age: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            route: Route::default(),
            receivers: BTreeMap::new(),
            inhibit_rules: Vec::new(),
            time_intervals: BTreeMap::new(),
            cooldowns: Vec::new(),
            ladders: Vec::new(),
            resolve_timeout: Duration::from_secs(5 * 60),
            retention: Duration::from_secs(120 * 3_600),
            ends_after_quiet: false,
            max_age: Duration::from_secs(24 * 3_600),
        }
    }
}

impl Config {
    /// Checks what does not go without saying, and makes the tree.
    pub(crate) fn checked(&self) -> Result<Routes, String> {
        let mut routes = Routes::new(&self.route)?;
        self.ladders.iter().try_for_each(Ladder::check)?;
        routes.climb(&self.ladders);
        for (_, node) in routes.nodes() {
            if !self.receivers.contains_key(&node.receiver) {
                return Err(format!(
                    "undefined receiver `{}` used in route",
                    node.receiver
                ));
            }
            let names = node.mute_time_intervals.iter();
            let mut names = names.chain(&node.active_time_intervals);
            if let Some(name) = names.find(|name| !self.time_intervals.contains_key(*name)) {
                return Err(format!("undefined time interval `{name}` used in route"));
            }
            let lengths = [
                ("group_interval", node.group_interval),
                ("repeat_interval", node.repeat_interval),
            ];
            if let Some((name, _)) = lengths.iter().find(|(_, length)| length.is_zero()) {
                return Err(format!("{name} cannot be zero"));
            }
        }
        Ok(routes)
    }

    /// Returns how long an alert is kept quiet that comes again.
    #[must_use]
    pub fn cooldown(&self, labels: &Labels) -> Option<Duration> {
        let mine = |it: &&Cooldown| it.matchers.iter().all(|matcher| matcher.matches(labels));
        let cooldown = self.cooldowns.iter().find(mine)?;
        Some(cooldown.length)
    }

    pub(super) fn longest_cooldown(&self) -> Duration {
        self.cooldowns
            .iter()
            .map(|it| it.length)
            .max()
            .unwrap_or_default()
    }
}
