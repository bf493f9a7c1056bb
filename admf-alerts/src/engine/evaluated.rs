//! A rule at work: what it is, and what became of it so far.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::alert::{AlertEvent, AlertState};
use super::ask::{At, Found, millis};
use super::compiled::{ALERTNAME, Compiled};
use super::error::EvalError;
use super::options::Options;
use super::state::{Alerts, Rest, Shown};
use super::status::RuleStatus;
use crate::labels::Labels;
use crate::rule::{OnError, Rule, RuleKind};
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
            options: self.options,
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

    /// Takes what the rule's condition says, and returns what changed.
    pub(super) fn evaluate(
        &mut self,
        turn: &mut Turn<'_>,
        found: Result<Found, EvalError>,
    ) -> Vec<AlertEvent> {
        self.carried.evaluations = self.carried.evaluations.saturating_add(1);
        let outcome = match self.compiled.rule.kind {
            RuleKind::Record => self.record(turn, found).into(),
            RuleKind::Alert => self.alert(turn, found),
        };
        if let Some(samples) = outcome.samples {
            let written = &mut self.carried.written;
            written.scrape(turn.store, millis(turn.asked), samples);
        }
        let failed = u64::from(outcome.error.is_some());
        self.carried.failures = self.carried.failures.saturating_add(failed);
        self.carried.error = outcome.error;
        outcome.events
    }

    fn record(
        &self,
        turn: &Turn<'_>,
        found: Result<Found, EvalError>,
    ) -> Result<BTreeMap<Labels, f64>, EvalError> {
        let rows = match found? {
            Found::Rows(rows) => rows,
            Found::NoData => Vec::new(),
        };
        let samples = self.compiled.samples(&rows)?;
        let (limit, series) = (turn.limit, samples.len());
        if limit > 0 && series as u64 > limit {
            return Err(EvalError::SeriesLimit { limit, series });
        }
        Ok(samples)
    }

    fn alert(&mut self, turn: &Turn<'_>, found: Result<Found, EvalError>) -> Outcome {
        let (shown, error) = match found.and_then(|found| self.shown(&turn.at(), found)) {
            Ok(shown) => (shown, None),
            Err(error) => {
                let shown = self.shown_on(&error, &turn.at());
                if shown.is_none() {
                    return Err(error).into();
                }
                (shown, Some(error))
            }
        };
        let (rule, alerts) = (&self.compiled.rule, &mut self.carried.alerts);
        let update = |shown| alerts.update(turn.now, rule, shown, turn.options);
        let events = shown.map_or_else(Vec::new, update);
        match alerts.check(turn.limit) {
            Ok(()) => Outcome {
                samples: Some(series(rule, alerts)),
                error,
                events,
            },
            Err((error, dropped)) => {
                // Of what fired in this very evaluation nobody was told.
                let fired = |it: &AlertEvent| matches!(it, AlertEvent::Fired(_));
                let (fired, mut events): (Vec<_>, Vec<_>) = events.into_iter().partition(fired);
                let new: BTreeSet<_> = fired.iter().map(|it| &it.alert().labels).collect();
                let told = |it: &AlertEvent| !new.contains(&it.alert().labels);
                events.extend(dropped.into_iter().filter(told));
                Outcome {
                    events,
                    ..Err(error).into()
                }
            }
        }
    }

    /// What a condition shows; `None` where the alerts stay as they are.
    fn shown(&self, at: &At<'_>, found: Found) -> Result<Option<Shown>, EvalError> {
        let Found::Rows(rows) = found else {
            return Ok(None);
        };
        let held = self.compiled.alerts(&rows, at)?;
        let mut alerts = self.carried.alerts.iter();
        let holding = match alerts.any(|it| it.state == AlertState::Firing) {
            true => self.compiled.holding(at)?,
            false => BTreeSet::new(),
        };
        let rest = Rest::Over(holding);
        Ok(Some(Shown { held, rest }))
    }

    /// What a condition that fails shows.
    fn shown_on(&self, error: &EvalError, at: &At<'_>) -> Option<Shown> {
        match self.compiled.rule.on_error {
            OnError::KeepLast => None,
            OnError::Alert => Some(Shown {
                held: self.compiled.failed(error, at),
                rest: Rest::AsTheyAre,
            }),
            OnError::Ok => Some(Shown {
                held: BTreeMap::new(),
                rest: Rest::Over(BTreeSet::new()),
            }),
        }
    }

    /// Says whether its alerts are what they are by its last evaluation.
    pub(super) fn is_sound(&self) -> bool {
        self.carried.error.is_none() || self.compiled.rule.on_error != OnError::KeepLast
    }

    pub(super) fn status(&self) -> RuleStatus<'_> {
        RuleStatus::new(&self.compiled, &self.carried)
    }
}

/// What an evaluation came to.
struct Outcome {
    /// What is written; `None`: what was written goes on.
    samples: Option<BTreeMap<Labels, f64>>,
    error: Option<EvalError>,
    events: Vec<AlertEvent>,
}

impl From<Result<BTreeMap<Labels, f64>, EvalError>> for Outcome {
    fn from(result: Result<BTreeMap<Labels, f64>, EvalError>) -> Self {
        let (samples, error) = match result {
            Ok(samples) => (Some(samples), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            samples,
            error,
            events: Vec::new(),
        }
    }
}

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
