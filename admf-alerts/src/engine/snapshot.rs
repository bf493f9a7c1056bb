//! What outlives the process: since when alerts have been pending or firing.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::options::Options;
use crate::labels::Labels;
use crate::rule::RuleKind;

/// Holds since when alerts have been pending or firing, for the next process.
///
/// A plain value, in whatever format serde writes. Times are on the clock of the engine, which has to be one that
/// went on while nothing ran: that of the wall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The rules that have alerts, in order; of rules that are alike the first is the first again.
    pub rules: Vec<RuleSnapshot>,
}

/// Holds the alerts of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSnapshot {
    /// The file of its group.
    pub file: String,
    /// The name of its group.
    pub group: String,
    /// The name of the rule.
    pub rule: String,
    /// The labels of the rule, as written.
    pub labels: BTreeMap<String, String>,
    /// Its alerts.
    pub alerts: Vec<AlertSnapshot>,
}

/// Holds one alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertSnapshot {
    /// What names it.
    pub labels: BTreeMap<String, String>,
    /// When its condition began to hold.
    pub active_at: Duration,
    /// When that was last seen.
    pub seen_at: Duration,
}

impl AlertSnapshot {
    pub(super) fn new(labels: &Labels, active_at: Duration, seen_at: Duration) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            labels: labels.iter().map(owned).collect(),
            active_at,
            seen_at,
        }
    }
}

/// What a snapshot says of a rule's alerts.
#[derive(Clone, Debug, Default)]
pub(super) struct Restored(BTreeMap<Labels, (Duration, Duration)>);

impl Restored {
    pub(super) fn new(rule: RuleSnapshot) -> Self {
        let mut restored = Self::default();
        restored.add(rule.alerts);
        restored
    }

    pub(super) fn add(&mut self, alerts: impl IntoIterator<Item = AlertSnapshot>) {
        let times = |it: AlertSnapshot| (Labels::from_iter(it.labels), (it.active_at, it.seen_at));
        self.0.extend(alerts.into_iter().map(times));
    }

    pub(super) fn saved(&self) -> impl Iterator<Item = AlertSnapshot> {
        let alerts = self.0.iter();
        alerts.map(|(labels, &(active_at, seen_at))| AlertSnapshot::new(labels, active_at, seen_at))
    }

    /// Since when an alert that holds now counts as active, if it was before.
    pub(super) fn active_at(
        &self,
        now: Duration,
        labels: &Labels,
        hold: Duration,
        options: &Options,
    ) -> Option<Duration> {
        let &(active_at, seen_at) = self.0.get(labels)?;
        let grace = options.for_grace;
        // What it says of later than now is of a clock that was set back since: that counts for no time at all.
        let down = now.saturating_sub(seen_at);
        let lasted = seen_at.saturating_sub(active_at);
        if down > options.outage_tolerance || hold < grace {
            return None;
        }
        let remaining = hold.saturating_sub(lasted);
        let frozen = now.saturating_sub(lasted);
        Some(if remaining.is_zero() {
            active_at.min(frozen)
        } else if remaining < grace {
            now.saturating_add(grace).saturating_sub(hold)
        } else {
            frozen
        })
    }
}

/// What tells rules of a group apart, as far as anything does.
pub(super) type RuleKey = (String, String, RuleKind, String, BTreeMap<String, String>);

/// Hands things on from rules to rules that are alike: the first to the first, the second to the second.
pub(super) struct Heirs<T>(BTreeMap<RuleKey, VecDeque<T>>);

impl<T> Heirs<T> {
    pub(super) fn new(left: impl IntoIterator<Item = (RuleKey, T)>) -> Self {
        let mut heirs = BTreeMap::<_, VecDeque<T>>::new();
        for (key, it) in left {
            heirs.entry(key).or_default().push_back(it);
        }
        Self(heirs)
    }

    pub(super) fn take(&mut self, key: &RuleKey) -> Option<T> {
        self.0.get_mut(key)?.pop_front()
    }

    /// What nobody took.
    pub(super) fn rest(self) -> impl Iterator<Item = (RuleKey, T)> {
        let rest = self.0.into_iter();
        rest.flat_map(|(key, left)| left.into_iter().map(move |it| (key.clone(), it)))
    }
}
