//! What people, metrics and the report are told of alerts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use admf_alerts::AlertEvent;
use admf_metrics::handle::Family;
use admf_metrics::health::ComponentState::{Degraded, Healthy};
use admf_metrics::{Component, Counter, Gauge, HandleError, Meter};

use super::evaluator::Stepped;
use super::line::{date, instant, line, shown};
use super::rules::{RuleClock, RuleSet};
use crate::ops::Console;
use crate::ops::catalogue as m;
use crate::report::AlertReport;

/// Tells what comes of the evaluations of all clocks.
pub(super) struct Told {
    console: Console,
    component: Component,
    fired: Family<Counter, 2>,
    firing: Family<Gauge, 2>,
    rules: Family<Gauge, 1>,
    evaluations: Family<Counter, 1>,
    failures: Family<Counter, 1>,
    missed: Family<Counter, 1>,
    seconds: Family<Gauge, 1>,
    reloads: Family<Counter, 1>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    report: AlertReport,
    /// Name and severity of each rule that has series.
    shown: Vec<(String, String)>,
    /// The rules that fail, by clock and side.
    failing: BTreeMap<Place, Vec<String>>,
}

/// A clock, and whose dates it goes by.
pub(super) type Place = (RuleClock, Option<&'static str>);

impl Told {
    pub(super) fn new(
        meter: &Meter,
        console: Console,
        component: Component,
    ) -> Result<Self, HandleError> {
        Ok(Self {
            console,
            component,
            fired: meter.counters(&m::FIRED)?,
            firing: meter.gauges(&m::FIRING)?,
            rules: meter.gauges(&m::RULES)?,
            evaluations: meter.counters(&m::EVALUATIONS)?,
            failures: meter.counters(&m::FAILURES)?,
            missed: meter.counters(&m::MISSED)?,
            seconds: meter.gauges(&m::EVALUATION_SECONDS)?,
            reloads: meter.counters(&m::RELOADS)?,
            known: Mutex::default(),
        })
    }

    pub(super) fn line(&self, line: &str) {
        (self.console)(&shown(line));
    }

    /// Shows the rules that are evaluated from here on: no series of a rule begins with what it counts first.
    pub(super) fn rules(&self, set: &RuleSet) {
        let mut known = self.known();
        let now: Vec<_> = set.alerts().collect();
        for (name, severity) in std::mem::take(&mut known.shown) {
            if !now.contains(&(&*name, &*severity)) {
                self.fired.remove([&name, &severity]);
                self.firing.remove([&name, &severity]);
            }
        }
        for (name, severity) in now {
            self.fired.with([name, severity]).increment(0);
            self.firing.with([name, severity]).increment(0.0);
            known.shown.push((name.to_owned(), severity.to_owned()));
        }
        for clock in RuleClock::ALL {
            self.rules
                .show([clock.word()], Some(set.count(clock) as f64));
            self.missed.with([clock.word()]).increment(0);
            self.failures.with([clock.word()]).increment(0);
        }
        for result in m::RELOAD_RESULTS {
            self.reloads.with([result]).increment(0);
        }
        known.report.enabled = true;
        known.report.rules = RuleClock::ALL.iter().map(|it| set.count(*it)).sum();
        self.stand(&known);
    }

    /// Tells what is seldom meant in rules.
    pub(super) fn doubts(&self, set: &RuleSet) {
        for doubt in &set.doubts {
            self.line(&format!("rules: {doubt}"));
        }
    }

    /// Counts that rules were read again.
    pub(super) fn reloaded(&self, result: Result<(), ()>) {
        let [ok, refused] = m::RELOAD_RESULTS;
        let word = if result.is_ok() { ok } else { refused };
        self.reloads.with([word]).increment(1);
    }

    /// Takes what came of an evaluation at a time, which took so long.
    pub(super) fn stepped(&self, place: Place, now: Duration, stepped: Stepped, took: Duration) {
        let clock = [place.0.word()];
        self.evaluations.with(clock).increment(stepped.evaluations);
        self.failures.with(clock).increment(stepped.failures);
        self.missed.with(clock).increment(stepped.missed);
        self.seconds.with(clock).set(took.as_secs_f64());
        self.events(place, now, &stepped.events);
        let mut known = self.known();
        let before = known.failing.insert(place, stepped.failing);
        // Dates come by the thousand in a second; in real time it is said each time how rules do.
        if place.0 != RuleClock::Trading || before.as_ref() != known.failing.get(&place) {
            self.stand(&known);
        }
    }

    /// Takes what changed at a time.
    pub(super) fn events(&self, (clock, side): Place, now: Duration, events: &[AlertEvent]) {
        for event in events {
            self.count(event);
            let line = match clock {
                RuleClock::Machine | RuleClock::Objectives => line(&instant(now), event, None),
                RuleClock::Trading => line(&date(now), event, side),
            };
            self.line(&line);
        }
    }

    fn count(&self, event: &AlertEvent) {
        let alert = event.alert();
        let labels = [
            alert.name(),
            alert.labels.get("severity").unwrap_or_default(),
        ];
        let mut known = self.known();
        let AlertReport {
            fired,
            resolved,
            dropped,
            firing,
            ..
        } = &mut known.report;
        let count = match event {
            AlertEvent::Fired(_) => fired,
            AlertEvent::Resolved(_) => resolved,
            _ => dropped,
        };
        *count.entry(alert.name().to_owned()).or_default() += 1;
        let still = firing.entry(alert.name().to_owned()).or_default();
        if let AlertEvent::Fired(_) = event {
            *still += 1;
            self.fired.with(labels).increment(1);
            self.firing.with(labels).increment(1.0);
        } else {
            *still = still.saturating_sub(1);
            // One that is gone with its rule has no series any more.
            if let Some(gauge) = self.firing.find(labels) {
                gauge.decrement(1.0);
            }
        }
        firing.retain(|_, alerts| *alerts > 0);
    }

    /// Says how the rules do.
    fn stand(&self, known: &Known) {
        let failing = known.failing();
        let rules = known.report.rules;
        match &failing[..] {
            [] => self.component.report(Healthy, format!("{rules} rules")),
            failing => {
                let message = format!(
                    "{} of {rules} rules fail: {}",
                    failing.len(),
                    failing.join("; ")
                );
                self.component.report(Degraded, message);
            }
        }
    }

    /// Returns what came of it all until now.
    pub(super) fn report(&self) -> AlertReport {
        let known = self.known();
        AlertReport {
            failing: known.failing(),
            ..known.report.clone()
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Lists the rules that fail, each once, on however many sides it does.
    fn failing(&self) -> Vec<String> {
        let mut failing: Vec<_> = self.failing.values().flatten().cloned().collect();
        failing.sort();
        failing.dedup();
        failing
    }
}
