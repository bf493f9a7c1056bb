//! What was heard of the policies of one name, with the handles that show it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use resilience_core::recovery::RecoveryRecord;
use resilience_core::{CircuitState, Time};

use super::catalogue::calls::RETRY_GAVE_UP_ATTEMPTS;
use super::catalogue::circuit::{BREAKER_RECOVERY, BREAKER_TRANSITIONS};
use super::catalogue::gates::WAITS;
use super::catalogue::system::RECOVERY_SECONDS;
use crate::catalogue::Metric;
use crate::handle::{Counter, Histogram};
use crate::meter::Meter;

/// What is known of the policies of one name. Handles are resolved when they are first needed.
#[derive(Debug, Default)]
pub(super) struct Named {
    transitions: BTreeMap<Words, Counter>,
    /// Since when the circuit is not closed any more.
    opened: Option<Time>,
    recovery: Option<Histogram>,
    gave_up: Option<Histogram>,
    recoveries: BTreeMap<Words, Histogram>,
    /// By the kind of the policy.
    waits: BTreeMap<&'static str, Histogram>,
    /// When the name was first found to be nobody's.
    gone: Option<Time>,
}

/// Two words of closed lists, as labels.
type Words = (&'static str, &'static str);

impl Named {
    /// Returns the counter of a transition.
    pub(super) fn transition(
        &mut self,
        name: &str,
        from: CircuitState,
        to: CircuitState,
        meter: &Meter,
    ) -> Option<&Counter> {
        let (from, to) = (from.as_str(), to.as_str());
        Some(match self.transitions.entry((from, to)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let labels = [("name", name), ("from", from), ("to", to)];
                new.insert(meter.counter(&BREAKER_TRANSITIONS, &labels).ok()?)
            }
        })
    }

    /// Returns what counts how long the circuit took to be closed again.
    pub(super) fn recovery(&mut self, name: &str, meter: &Meter) -> Option<&Histogram> {
        let resolve = || histogram(meter, &BREAKER_RECOVERY, name, &[]);
        kept(&mut self.recovery, resolve)
    }

    /// Returns what counts the attempts of calls that were given up.
    pub(super) fn gave_up(&mut self, name: &str, meter: &Meter) -> Option<&Histogram> {
        let resolve = || histogram(meter, &RETRY_GAVE_UP_ATTEMPTS, name, &[]);
        kept(&mut self.gave_up, resolve)
    }

    /// Returns what counts how long recoveries like this one took.
    pub(super) fn recoveries(
        &mut self,
        name: &str,
        record: &RecoveryRecord,
        meter: &Meter,
    ) -> Option<&Histogram> {
        let (strategy, result) = (record.strategy.as_str(), record.result.as_str());
        Some(match self.recoveries.entry((strategy, result)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let others = [("strategy", strategy), ("result", result)];
                new.insert(histogram(meter, &RECOVERY_SECONDS, name, &others)?)
            }
        })
    }

    /// Returns what counts how long calls waited for a policy of this kind; none where no metric is of it.
    pub(super) fn waits(
        &mut self,
        name: &str,
        kind: &'static str,
        meter: &Meter,
    ) -> Option<&Histogram> {
        Some(match self.waits.entry(kind) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (_, metric) = WAITS.iter().find(|(of, _)| *of == kind)?;
                new.insert(histogram(meter, metric, name, &[])?)
            }
        })
    }

    /// Learns whether somebody has the name now; returns for how long nobody has.
    pub(super) fn missed(&mut self, lives: bool, now: Time) -> Duration {
        if lives {
            self.gone = None;
            return Duration::ZERO;
        }
        now.since(*self.gone.get_or_insert(now))
    }

    /// Takes all series of the name away.
    pub(super) fn remove(&self, name: &str, meter: &Meter) {
        for (from, to) in self.transitions.keys() {
            let labels = [("name", name), ("from", *from), ("to", *to)];
            meter.remove(&BREAKER_TRANSITIONS, &labels);
        }
        let waits = WAITS.iter().map(|(_, metric)| metric);
        for metric in waits.chain(&[BREAKER_RECOVERY, RETRY_GAVE_UP_ATTEMPTS]) {
            meter.remove(metric, &[("name", name)]);
        }
        for (strategy, result) in self.recoveries.keys() {
            let labels = [("name", name), ("strategy", *strategy), ("result", *result)];
            meter.remove(&RECOVERY_SECONDS, &labels);
        }
    }

    /// Learns of a change; returns the seconds that the circuit was not closed, where that is over.
    ///
    /// What an operator does to it is no recovery, but that he closes it while it is open.
    pub(super) fn moved(&mut self, from: CircuitState, to: CircuitState, at: Time) -> Option<f64> {
        match (from, to) {
            (CircuitState::Closed, CircuitState::Open) => self.opened = Some(at),
            (_, CircuitState::Open | CircuitState::HalfOpen) => {}
            (_, CircuitState::Closed) => {
                let since = self.opened.take()?;
                return Some(at.since(since).as_secs_f64());
            }
            _ => self.opened = None,
        }
        None
    }
}

fn histogram(
    meter: &Meter,
    metric: &Metric,
    name: &str,
    others: &[(&str, &str)],
) -> Option<Histogram> {
    let labels: Vec<_> = [("name", name)].iter().chain(others).copied().collect();
    meter.histogram(metric, &labels).ok()
}

fn kept<H>(place: &mut Option<H>, resolve: impl FnOnce() -> Option<H>) -> Option<&H> {
    if place.is_none() {
        *place = resolve();
    }
    place.as_ref()
}
