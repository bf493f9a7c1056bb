//! Rules at work on one clock.

use std::time::Duration;

use admf_alerts::api::RuleGroupView;
use admf_alerts::promql::Settings;
use admf_alerts::{AlertEvent, Engine, Health, Notice, Options, RuleError, RuleGroup};
use admf_metrics::Exporter;

use super::feed::Feed;
use super::rules::RuleClock;

/// How long the last date's sample stands for its series: longer than any exchange has been closed.
const LOOKBACK: Duration = Duration::from_secs(10 * 24 * 3600);
/// How often objectives are looked at: they need samples of three days, and so not those of every second.
const SELDOM: Duration = Duration::from_secs(60);
/// The step of subqueries that name none: a date.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// An engine over what the service exports, by one clock.
#[derive(Debug)]
pub(super) struct Evaluator {
    /// Whose series are looked at, where it is not all.
    side: Option<&'static str>,
    /// What is between two evaluations at least.
    apart: Duration,
    engine: Engine,
    last: Option<Duration>,
}

/// What came of an evaluation.
#[derive(Debug)]
pub(super) struct Stepped {
    pub(super) events: Vec<AlertEvent>,
    pub(super) evaluations: u64,
    pub(super) failures: u64,
    pub(super) missed: u64,
    /// The rules whose last evaluation failed, and why.
    pub(super) failing: Vec<String>,
}

/// Totals since the rules were read.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    evaluations: u64,
    failures: u64,
    missed: u64,
}

impl Evaluator {
    /// Begins with no alerts.
    pub(super) fn new(
        clock: RuleClock,
        side: Option<&'static str>,
        groups: Vec<RuleGroup>,
    ) -> Result<Self, RuleError> {
        let promql = match clock {
            RuleClock::Machine | RuleClock::Objectives => Settings::default(),
            RuleClock::Trading => Settings::default().lookback(LOOKBACK).subquery_step(DAY),
        };
        let options = match clock {
            RuleClock::Machine | RuleClock::Objectives => Options::default(),
            // Between two dates nobody slept.
            RuleClock::Trading => Options::default().longest_step(Duration::MAX),
        };
        let engine = Engine::with(groups, options.promql(promql))?;
        Ok(Self {
            side,
            apart: match clock {
                RuleClock::Objectives => SELDOM,
                RuleClock::Machine | RuleClock::Trading => Duration::ZERO,
            },
            engine,
            last: None,
        })
    }

    /// Evaluates what is due at a time over what is exported; `None` at a time that is over, or too soon.
    pub(super) fn step(&mut self, now: Duration, exporter: &Exporter) -> Option<Stepped> {
        let early = |last: Duration| now <= last || now - last < self.apart;
        if self.last.is_some_and(early) {
            return None;
        }
        self.last = Some(now);
        let before = self.totals();
        let side = self.side;
        let events = self.engine.step(now, &Feed { exporter, side });
        let after = self.totals();
        Some(Stepped {
            events,
            evaluations: after.evaluations - before.evaluations,
            failures: after.failures - before.failures,
            missed: after.missed - before.missed,
            failing: self.failing(),
        })
    }

    /// Takes other rules, and returns the alerts that fired under rules that are gone, as of the last evaluation.
    pub(super) fn reload(
        &mut self,
        groups: Vec<RuleGroup>,
    ) -> Result<(Duration, Vec<AlertEvent>), RuleError> {
        let events = self.engine.reload(groups)?;
        Ok((self.last.unwrap_or_default(), events))
    }

    /// Returns what is to be sent at the time of a step.
    pub(super) fn notices(&mut self, now: Duration) -> Vec<Notice> {
        self.engine.notices(now)
    }

    /// Shows its groups, under names that say whose they are.
    pub(super) fn views(&self) -> Vec<RuleGroupView> {
        let mut views = RuleGroupView::of(&self.engine);
        if let Some(side) = self.side {
            for view in &mut views {
                view.name = format!("{} ({side})", view.name);
            }
        }
        views
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for rule in self.engine.rules() {
            totals.evaluations += rule.evaluations;
            totals.failures += rule.failures;
        }
        totals.missed = self.engine.groups().map(|group| group.missed).sum();
        totals
    }

    fn failing(&self) -> Vec<String> {
        let rules = self.engine.rules();
        let failing = rules.filter(|rule| rule.health == Health::Err);
        let word = failing.map(|it| match it.error {
            Some(error) => format!("{}: {error}", it.rule.name),
            None => it.rule.name.clone(),
        });
        word.collect()
    }
}
