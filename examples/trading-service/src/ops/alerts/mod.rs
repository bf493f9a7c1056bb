//! Alert rules over the service's own metrics: on real time, on that of trading, and seldom.
//!
//! | file | holds |
//! |---|---|
//! | `rules` | the files of the rules, and by which clock each is evaluated |
//! | `thresholds` | what rules compare with, as the operator sets it |
//! | `feed` | what rules see of the metrics |
//! | `evaluator` | an engine on one clock |
//! | `line` | what a change reads like |
//! | `told` | what people, metrics, health and the report are told |

mod evaluator;
mod feed;
mod line;
mod rules;
#[cfg(test)]
pub(super) mod tests;
mod thresholds;
mod told;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use admf_alerts::api::RuleGroupView;
use admf_alerts::{AlertEvent, RuleError};
use admf_metrics::{Clock, Component, Exporter, HandleError, Meter};
use tokio::time::Instant;

pub(crate) use rules::{RuleFile, RuleFiles, RuleSet};
pub(crate) use thresholds::Thresholds;

use super::Console;
use super::notify::Notify;
use crate::bars::Date;
use crate::report::AlertReport;
use evaluator::Evaluator;
use rules::RuleClock;
use told::{Place, Told};

const MACHINE: Place = (RuleClock::Machine, None);
const OBJECTIVES: Place = (RuleClock::Objectives, None);

/// When to alert.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AlertConfig {
    /// Where rules are read again.
    pub(crate) files: RuleFiles,
    /// The rules as they were read last.
    pub(crate) rules: RuleSet,
    /// What they compare with.
    pub(crate) thresholds: Thresholds,
    /// Real time between two evaluations of rules that go by it.
    pub(crate) interval: Duration,
}

/// The rules at work: those of real time at every [tick](Self::tick), those of trading at every date of each side.
pub(super) struct Alerts {
    files: RuleFiles,
    rules: Mutex<RuleSet>,
    /// There is one once it is served.
    exporter: OnceLock<Exporter>,
    /// Real time since the epoch of Unix.
    clock: Clock,
    /// An engine for each clock, as times of two do not compare; none once all is over.
    evaluators: Mutex<BTreeMap<Place, Arc<Mutex<Evaluator>>>>,
    told: Told,
    /// Who tells people beside that; nobody where it is `None`.
    notify: Option<Arc<Notify>>,
}

impl Alerts {
    /// Begins with no alerts.
    pub(super) fn new(
        config: &AlertConfig,
        clock: Clock,
        meter: &Meter,
        console: Console,
        component: Component,
        notify: Option<Arc<Notify>>,
    ) -> Result<Self, HandleError> {
        let told = Told::new(meter, console, component)?;
        told.rules(&config.rules);
        told.doubts(&config.rules);
        Ok(Self {
            files: config.files.clone(),
            rules: Mutex::new(config.rules.clone()),
            exporter: OnceLock::new(),
            clock,
            evaluators: Mutex::default(),
            told,
            notify,
        })
    }

    /// Evaluates what this exports, from here on.
    pub(super) fn begin(&self, exporter: &Exporter) -> Result<(), RuleError> {
        self.exporter.get_or_init(|| exporter.clone());
        self.add(MACHINE)?;
        self.add(OBJECTIVES)
    }

    /// Begins to evaluate by the dates of a side.
    pub(super) fn add_side(&self, side: &'static str) -> Result<(), RuleError> {
        self.add((RuleClock::Trading, Some(side)))
    }

    fn add(&self, place: Place) -> Result<(), RuleError> {
        let mut evaluators = lock(&self.evaluators);
        let groups = lock(&self.rules).of(place.0);
        let evaluator = Evaluator::new(place.0, place.1, groups)?;
        evaluators.insert(place, Arc::new(Mutex::new(evaluator)));
        Ok(())
    }

    /// Evaluates the rules of real time.
    pub(super) fn tick(&self) {
        self.step(MACHINE, || self.clock.now());
        self.step(OBJECTIVES, || self.clock.now());
        if let Some(notify) = &self.notify {
            notify.watch();
        }
    }

    /// Evaluates the rules of trading as of a date to which a side has come; a date that was there before is over.
    pub(super) fn on_date(&self, side: &'static str, date: Date) {
        self.step((RuleClock::Trading, Some(side)), || date.since_epoch());
    }

    fn step(&self, place: Place, now: impl FnOnce() -> Duration) {
        let evaluator = lock(&self.evaluators).get(&place).map(Arc::clone);
        let (Some(evaluator), Some(exporter)) = (evaluator, self.exporter.get()) else {
            return;
        };
        // Held from the reading on, so that two evaluations do not change places.
        let mut evaluator = lock(&evaluator);
        let (began, now) = (Instant::now(), now());
        if let Some(stepped) = evaluator.step(now, exporter) {
            if let Some(notify) = &self.notify {
                match place {
                    (RuleClock::Trading, side) => {
                        let (side, date) = (side.unwrap_or_default(), line::date(now));
                        notify.dated(side, &date, &stepped.events);
                    }
                    _ => notify.notices(evaluator.notices(now)),
                }
            }
            self.told.stepped(place, now, stepped, began.elapsed());
        }
    }

    /// Evaluates the rules of real time for the last time. What fires then is in the report.
    pub(super) fn finish(&self) {
        self.tick();
        lock(&self.evaluators).clear();
    }

    /// Returns what came of it all until now.
    pub(super) fn report(&self) -> AlertReport {
        self.told.report()
    }

    /// Shows the rules of all engines.
    pub(super) fn views(&self) -> Vec<RuleGroupView> {
        let evaluators: Vec<_> = lock(&self.evaluators).values().map(Arc::clone).collect();
        evaluators.iter().flat_map(|it| lock(it).views()).collect()
    }

    /// Reads the rules again. Alerts stay as they are under rules that stay; where anything is refused, all stays as it was.
    pub(super) fn reload(&self) -> Result<(), String> {
        let evaluators = lock(&self.evaluators);
        let read = self.files.read().and_then(|set| {
            let gone = replace(&evaluators, &set).map_err(|error| error.to_string())?;
            Ok((set, gone))
        });
        match read {
            Ok((set, gone)) => {
                for (place, (at, events)) in gone {
                    if let Some(notify) = &self.notify {
                        notify.withdrawn(place.1, &events);
                    }
                    self.told.events(place, at, &events);
                }
                self.told.rules(&set);
                self.told.reloaded(Ok(()));
                let rules: usize = RuleClock::ALL.iter().map(|it| set.count(*it)).sum();
                let line = format!("rules reloaded: {rules} of {} files", set.files);
                self.told.line(&line);
                self.told.doubts(&set);
                *lock(&self.rules) = set;
                Ok(())
            }
            Err(error) => {
                self.told.reloaded(Err(()));
                self.told
                    .line(&format!("rules not reloaded, those before stay: {error}"));
                Err(error)
            }
        }
    }
}

/// The alerts that fired under rules that are gone, and as of when.
type Gone = (Duration, Vec<AlertEvent>);

/// Hands other rules to all engines, each of which takes what [`RuleFiles::read`] has checked.
fn replace(
    evaluators: &BTreeMap<Place, Arc<Mutex<Evaluator>>>,
    set: &RuleSet,
) -> Result<Vec<(Place, Gone)>, RuleError> {
    let replaced = evaluators.iter().map(|(place, evaluator)| {
        let gone = lock(evaluator).reload(set.of(place.0))?;
        Ok((*place, gone))
    });
    replaced.collect()
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
