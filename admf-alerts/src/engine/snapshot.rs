//! What outlives the process: since when alerts have been pending or firing.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alert::{Alert, AlertState};
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
    /// When it fired; `None`: it is pending.
    #[serde(default)]
    pub fired_at: Option<Duration>,
}

impl AlertSnapshot {
    pub(super) fn new(alert: &Alert) -> Self {
        Self::of(
            &alert.labels,
            Times {
                active_at: alert.active_at,
                seen_at: alert.seen_at,
                fired_at: alert.fired_at,
            },
        )
    }

    fn of(labels: &Labels, times: Times) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            labels: labels.iter().map(owned).collect(),
            active_at: times.active_at,
            seen_at: times.seen_at,
            fired_at: times.fired_at,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Times {
    active_at: Duration,
    seen_at: Duration,
    fired_at: Option<Duration>,
}

/// What a snapshot says of a rule's alerts.
#[derive(Clone, Debug, Default)]
pub(super) struct Restored(BTreeMap<Labels, Times>);

impl Restored {
    pub(super) fn new(rule: RuleSnapshot) -> Self {
        let mut restored = Self::default();
        restored.add(rule.alerts);
        restored
    }

    pub(super) fn add(&mut self, alerts: impl IntoIterator<Item = AlertSnapshot>) {
        let times = |it: AlertSnapshot| {
            let times = Times {
                active_at: it.active_at,
                seen_at: it.seen_at,
                fired_at: it.fired_at,
            };
            (Labels::from_iter(it.labels), times)
        };
        self.0.extend(alerts.into_iter().map(times));
    }

    pub(super) fn saved(&self) -> impl Iterator<Item = AlertSnapshot> {
        let alerts = self.0.iter();
        alerts.map(|(labels, times)| AlertSnapshot::of(labels, *times))
    }

    /// Says whether any fired.
    pub(super) fn fires(&self) -> bool {
        self.0.values().any(|it| it.fired_at.is_some())
    }

    /// Lists those that fired, as they were, but for what they said to people.
    pub(super) fn firing(&self) -> impl Iterator<Item = Alert> {
        self.0.iter().filter_map(|(labels, times)| {
            let fired_at = Some(times.fired_at?);
            Some(Alert {
                state: AlertState::Firing,
                value: f64::NAN,
                seen_at: times.seen_at,
                fired_at,
                ..Alert::begin(times.active_at, labels.clone())
            })
        })
    }

    /// An alert that holds now, as it goes on if it was there before.
    pub(super) fn go_on(
        &self,
        now: Duration,
        labels: &Labels,
        hold: Duration,
        options: &Options,
    ) -> Option<Alert> {
        let times = self.0.get(labels)?;
        let active_at = times.active_at(now, hold, options)?;
        let due = now.saturating_sub(active_at) >= hold;
        Some(Alert {
            fired_at: times.fired_at.filter(|_| due),
            ..Alert::begin(active_at, labels.clone())
        })
    }
}

impl Times {
    /// Since when an alert that holds now counts as active.
    fn active_at(self, now: Duration, hold: Duration, options: &Options) -> Option<Duration> {
        let Self {
            active_at, seen_at, ..
        } = self;
        let grace = options.for_grace;
        // What it says of later than now is of a clock that was set back since: that counts for no time at all.
        let down = now.saturating_sub(seen_at);
        let lasted = seen_at.saturating_sub(active_at);
        let remaining = hold.saturating_sub(lasted);
        let fires = self.fired_at.is_some() && remaining.is_zero();
        if down > options.outage_tolerance || (hold < grace && !fires) {
            return None;
        }
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
