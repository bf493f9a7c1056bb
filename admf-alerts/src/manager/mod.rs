//! The manager: alerts that come, go and change while the program runs.
//!
#![doc = include_str!("../../docs/alert_manager.md")]

mod change;
mod health;
mod kept;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::alert_template::{AlertTemplate, Channel, Known};
use crate::engine::{AlertEvent, Engine, Notice, Options, RuleStatus, Snapshot};
use crate::rule::{Rule, RuleError};
use crate::series::Source;
pub use change::Withdrawn;
pub use health::ManagerHealth;
use kept::{Declared, Entry, Kept};

/// Keeps alert templates, rules and rule files over one [`Engine`], and changes them while it runs.
///
/// Each change is one reload of the engine: alerts of what did not change keep their states. A change that is refused
/// leaves all as it was.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::{Options, Samples};
/// use admf_alerts::alert_template::{AlertTemplate, Known};
/// use admf_alerts::manager::Manager;
///
/// let mut manager = Manager::new(Known::default(), Options::default())?;
/// manager.add_template(AlertTemplate::new("queue_full", "queue_length > 5"))?;
/// let scrape = Samples::parse("queue_length 7\n")?;
/// let fired = manager.step(Duration::from_secs(1), &scrape);
/// assert_eq!(fired[0].alert().name(), "queue_full");
///
/// let withdrawn = manager.disable("queue_full")?;
/// assert_eq!(withdrawn[0].to_string(), "DROPPED  queue_full{severity=\"warning\"} value=7 since 1s");
/// assert_eq!(manager.health().to_string(), "0 rules, 1 disabled");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Manager {
    engine: Engine,
    options: Options,
    known: Known,
    /// How far apart the evaluations of an alert are.
    interval: Option<Duration>,
    kept: Kept,
    evaluating: bool,
}

/// Shows an alert that a [`Manager`] keeps.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Managed<'m> {
    /// Its id.
    pub id: &'m str,
    /// What it was loaded from; empty: it was added by itself.
    pub source: &'m str,
    /// Whether it is evaluated.
    pub enabled: bool,
    /// What it was declared as, where that was a template.
    pub template: Option<&'m AlertTemplate>,
    /// The rule, as it is evaluated.
    pub rule: &'m Rule,
    /// How it does; `None` while it is disabled.
    pub status: Option<RuleStatus<'m>>,
}

impl Manager {
    /// Begins with no alerts. Expressions are read as the options say.
    ///
    /// # Errors
    ///
    /// As [`Engine::with`].
    pub fn new(known: Known, options: Options) -> Result<Self, RuleError> {
        Ok(Self {
            known: known.settings(options.promql),
            engine: Engine::with([], options.clone())?,
            options,
            interval: None,
            kept: Kept::default(),
            evaluating: true,
        })
    }

    /// Evaluates templates and rules of its own that far apart. Default: at each step.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Lists alerts, sorted by id: templates, and rules of their own.
    pub fn list(&self) -> impl Iterator<Item = Managed<'_>> {
        let entries = self.kept.entries.iter();
        entries.map(|(id, entry)| self.managed(id, entry))
    }

    /// Finds an alert by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Managed<'_>> {
        let (id, entry) = self.kept.entries.get_key_value(id)?;
        Some(self.managed(id, entry))
    }

    fn managed<'m>(&'m self, id: &'m str, entry: &'m Entry) -> Managed<'m> {
        Managed {
            id,
            source: &entry.source,
            enabled: entry.enabled,
            template: match &entry.declared {
                Declared::Template(template) => Some(template),
                Declared::Rule(_) => None,
            },
            rule: &entry.rule,
            status: self.engine.rules().find(|it| it.rule.id == id),
        }
    }

    /// Lists the channels that are set up, by themselves or by templates, sorted by name.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        let all = self.kept.all_channels();
        all.unwrap_or_default().into_values()
    }

    /// Evaluates as [`Engine::step`] does; nothing, where evaluation is switched off: then the samples are not taken either.
    pub fn step(&mut self, now: Duration, source: &impl Source) -> Vec<AlertEvent> {
        match self.evaluating {
            true => self.engine.step(now, source),
            false => Vec::new(),
        }
    }

    /// Evaluates as [`Engine::advance`] does; nothing, where evaluation is switched off.
    pub fn advance(&mut self, now: Duration) -> Vec<AlertEvent> {
        match self.evaluating {
            true => self.engine.advance(now),
            false => Vec::new(),
        }
    }

    /// Returns what is to be sent, as [`Engine::notices`] does; nothing, where evaluation is switched off.
    pub fn notices(&mut self, now: Duration) -> Vec<Notice> {
        match self.evaluating {
            true => self.engine.notices(now),
            false => Vec::new(),
        }
    }

    /// Switches evaluation off, or on again. Alerts stay as they are meanwhile, and are shown; nothing is sent.
    ///
    /// The time in between is as that between two processes: nobody knows whether a pending alert held meanwhile, so that
    /// what was left of its `for` goes on, or it begins anew ([`Engine::interrupt`]). What fired goes on firing until an
    /// evaluation finds that it does not hold.
    pub fn set_evaluating(&mut self, evaluating: bool) {
        if evaluating && !self.evaluating {
            self.engine.interrupt();
        }
        self.evaluating = evaluating;
    }

    /// Shows how evaluation does.
    #[must_use]
    pub fn health(&self) -> ManagerHealth {
        let failing = || self.engine.rules().filter(|it| it.error.is_some());
        let why = |it: RuleStatus<'_>| Some((it.rule.name.clone(), it.error?.to_string()));
        ManagerHealth {
            evaluating: self.evaluating,
            rules: self.engine.rules().count(),
            disabled: self.list().filter(|it| !it.enabled).count(),
            failing: failing().count(),
            first_failure: failing().next().and_then(why),
        }
    }

    /// Returns the engine, to see alerts, rules, groups and series.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Returns what [`Engine::snapshot`] does.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.engine.snapshot()
    }

    /// Does as [`Engine::restore`]: after all alerts were added, and before the first step.
    pub fn restore(&mut self, snapshot: Snapshot) {
        self.engine.restore(snapshot);
    }
}
