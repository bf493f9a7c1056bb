//! How rules and groups do.

use std::fmt;
use std::time::Duration;

use super::alert::{Alert, AlertState};
use super::compiled::Compiled;
use super::error::EvalError;
use super::evaluated::{Carried, Evaluated};
use crate::rule::{Rule, RuleKind};

/// Says how the last evaluation of a rule went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Health {
    /// There was none yet.
    #[default]
    Unknown,
    /// Well.
    Ok,
    /// It failed.
    Err,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Ok => "ok",
            Self::Err => "err",
        })
    }
}

/// Shows a rule and how it does.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RuleStatus<'e> {
    /// The rule.
    pub rule: &'e Rule,
    /// The expression as it is evaluated, in the form in which Prometheus shows it; empty for a rule with a closure.
    pub query: &'e str,
    /// The worst state of its alerts; `None` before the first evaluation, and for a rule that records.
    pub state: Option<AlertState>,
    /// How the last evaluation went.
    pub health: Health,
    /// How often it was evaluated.
    pub evaluations: u64,
    /// How often that failed.
    pub failures: u64,
    /// Why the last evaluation failed, if it did.
    pub error: Option<&'e EvalError>,
    carried: &'e Carried,
}

impl<'e> RuleStatus<'e> {
    pub(super) fn new(compiled: &'e Compiled, carried: &'e Carried) -> Self {
        let rule = &compiled.rule;
        let worst = carried.alerts.iter().map(|alert| alert.state).max();
        let state = worst.unwrap_or(AlertState::Inactive);
        let health = match (carried.evaluations, &carried.error) {
            (0, _) => Health::Unknown,
            (_, None) => Health::Ok,
            (_, Some(_)) => Health::Err,
        };
        let shown = health != Health::Unknown && rule.kind == RuleKind::Alert;
        Self {
            rule,
            query: &compiled.shown,
            state: shown.then_some(state),
            health,
            evaluations: carried.evaluations,
            failures: carried.failures,
            error: carried.error.as_ref(),
            carried,
        }
    }

    /// Lists its alerts: pending, firing, and resolved for no more than 15 minutes.
    pub fn alerts(&self) -> impl Iterator<Item = &'e Alert> + use<'e> {
        self.carried.alerts.iter()
    }
}

/// Shows a group and how it does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GroupStatus<'e> {
    /// The file of the group.
    pub file: &'e str,
    /// Its name.
    pub name: &'e str,
    /// The slot of its last evaluation, or the one before its first.
    pub slot: Option<Duration>,
    /// How many slots passed without an evaluation, since there was no step in them.
    pub missed: u64,
    /// How far its evaluations are apart; `None`: it is evaluated at every step.
    pub interval: Option<Duration>,
    /// How many alerts or samples a rule may have; 0: any number.
    pub limit: u64,
    /// When its rules were last evaluated.
    pub evaluated: Option<Duration>,
    pub(super) rules: &'e [Evaluated],
}

impl<'e> GroupStatus<'e> {
    /// Shows its rules, in their order.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = RuleStatus<'e>> + use<'e> {
        self.rules.iter().map(Evaluated::status)
    }
}
