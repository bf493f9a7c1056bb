//! A rule at work: what it is, and what became of it so far.

use std::collections::BTreeMap;
use std::time::Duration;

use super::alert::{AlertEvent, AlertState};
use super::ask::{At, Row, millis};
use super::compiled::{ALERTNAME, Compiled, Instance};
use super::error::EvalError;
use super::options::Options;
use super::state::Alerts;
use super::status::RuleStatus;
use crate::labels::Labels;
use crate::rule::{Rule, RuleKind};
use crate::series::{Feed, NAME, Store};

#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) compiled: Compiled,
    pub(super) carried: Carried,
}

/// What a rule hands on to the one that takes its place.
#[derive(Debug, Default)]
pub(super) struct Carried {
    pub(super) alerts: Alerts,
    /// What it wrote, so that what it writes no more is marked as ended.
    pub(super) written: Feed,
    pub(super) evaluations: u64,
    pub(super) failures: u64,
    /// What the last evaluation failed with.
    pub(super) error: Option<EvalError>,
}

/// One evaluation of a group.
pub(super) struct Turn<'a> {
    /// What time it is for alerts.
    pub(super) now: Duration,
    /// What time it is for samples.
    pub(super) asked: Duration,
    pub(super) limit: u64,
    pub(super) store: &'a mut Store,
    pub(super) options: &'a Options,
}

impl Turn<'_> {
    pub(super) fn at(&self) -> At<'_> {
        At {
            store: self.store,
            settings: &self.options.promql,
            time: millis(self.asked),
        }
    }
}

impl Evaluated {
    pub(super) fn new(compiled: Compiled) -> Self {
        Self {
            compiled,
            carried: Carried::default(),
        }
    }

    /// Takes the rows of the rule's expression, and returns what changed.
    pub(super) fn evaluate(
        &mut self,
        turn: &mut Turn<'_>,
        rows: Result<Vec<Row>, EvalError>,
    ) -> Vec<AlertEvent> {
        self.carried.evaluations = self.carried.evaluations.saturating_add(1);
        let (result, events) = match rows {
            Err(error) => (Err(error), Vec::new()),
            Ok(rows) => match self.compiled.rule.kind {
                RuleKind::Record => (self.record(turn, &rows), Vec::new()),
                RuleKind::Alert => self.alert(turn, &rows),
            },
        };
        self.carried.error = match result {
            Ok(samples) => {
                let time = millis(turn.asked);
                self.carried.written.scrape(turn.store, time, samples);
                None
            }
            Err(error) => {
                self.carried.failures = self.carried.failures.saturating_add(1);
                Some(error)
            }
        };
        events
    }

    fn record(&self, turn: &Turn<'_>, rows: &[Row]) -> Evaluation {
        let samples = self.compiled.samples(rows)?;
        let (limit, series) = (turn.limit, samples.len());
        if limit > 0 && series as u64 > limit {
            return Err(EvalError::SeriesLimit { limit, series });
        }
        Ok(samples)
    }

    fn alert(&mut self, turn: &Turn<'_>, rows: &[Row]) -> (Evaluation, Vec<AlertEvent>) {
        let held: BTreeMap<Labels, Instance> = match self.compiled.alerts(rows, &turn.at()) {
            Ok(held) => held,
            Err(error) => return (Err(error), Vec::new()),
        };
        let (rule, alerts) = (&self.compiled.rule, &mut self.carried.alerts);
        let events = alerts.update(turn.now, rule, held, turn.options);
        match alerts.check(turn.limit) {
            Ok(()) => (Ok(series(rule, alerts)), events),
            Err((error, dropped)) => {
                // Of what fired in this very step nobody was told.
                let of_before = |event: &AlertEvent| event.alert().fired_at < Some(turn.now);
                let resolved = |event: &AlertEvent| !matches!(event, AlertEvent::Fired(_));
                let events = events.into_iter().filter(resolved);
                let dropped = dropped.into_iter().filter(of_before);
                (Err(error), events.chain(dropped).collect())
            }
        }
    }

    pub(super) fn status(&self) -> RuleStatus<'_> {
        RuleStatus::new(&self.compiled.rule, &self.carried)
    }
}

type Evaluation = Result<BTreeMap<Labels, f64>, EvalError>;

/// The series that tell of alerts: `ALERTS` and `ALERTS_FOR_STATE`.
fn series(rule: &Rule, alerts: &Alerts) -> BTreeMap<Labels, f64> {
    let mut series = BTreeMap::new();
    for alert in alerts.iter().filter(|it| it.state != AlertState::Inactive) {
        // As Prometheus does it: a label that the alert lost, since it came out empty, is here as it was written.
        let mut labels: Labels = rule.labels.iter().collect();
        for (name, value) in alert.labels.iter() {
            labels.insert(name, value);
        }
        labels.insert(ALERTNAME, &rule.name);
        labels.insert(NAME, "ALERTS_FOR_STATE");
        series.insert(labels.clone(), alert.active_at.as_secs() as f64);
        labels.insert(NAME, "ALERTS");
        labels.insert("alertstate", alert.state.to_string());
        series.insert(labels, 1.0);
    }
    series
}
