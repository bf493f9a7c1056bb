//! Why a rule could not be evaluated.

use std::fmt;

use crate::labels::Labels;
use crate::scan;

/// Reports why a rule could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvalError {
    /// Two rows are the same alert once the labels of the rule are applied.
    DuplicateAlerts {
        /// The labels that both have.
        labels: Labels,
    },
    /// Two rows are the same recorded series once the labels of the rule are applied.
    DuplicateSeries {
        /// The labels that both have.
        labels: Labels,
    },
    /// More alerts than the group allows for a rule. All of them are dropped.
    AlertLimit {
        /// How many it allows.
        limit: u64,
        /// How many there were, pending and firing.
        alerts: usize,
    },
    /// More samples than the group allows for a rule. None is recorded.
    SeriesLimit {
        /// How many it allows.
        limit: u64,
        /// How many there were.
        series: usize,
    },
    /// A row of code has a label whose name is none.
    LabelName {
        /// The name.
        name: String,
    },
    /// The condition, which is code, panicked.
    Panicked {
        /// What with, if that is a text.
        message: String,
    },
    /// The expression has no answer, or the caller's query failed.
    Query {
        /// Why.
        reason: String,
    },
}

impl EvalError {
    /// Reports that a query failed.
    pub fn query(reason: impl Into<String>) -> Self {
        Self::Query {
            reason: reason.into(),
        }
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let twice = "vector contains metrics with the same labelset after applying";
        match self {
            Self::DuplicateAlerts { labels } => write!(f, "{twice} alert labels: {labels}"),
            Self::DuplicateSeries { labels } => write!(f, "{twice} rule labels: {labels}"),
            Self::AlertLimit { limit, alerts } => {
                write!(f, "exceeded limit of {limit} with {alerts} alerts")
            }
            Self::SeriesLimit { limit, series } => {
                write!(f, "exceeded limit of {limit} with {series} series")
            }
            Self::LabelName { name } => write!(
                f,
                "label `{}` of a row: name must match [a-zA-Z_][a-zA-Z0-9_]*",
                scan::shown(name)
            ),
            Self::Panicked { message } => write!(f, "the condition panicked: {message}"),
            Self::Query { reason } => write!(f, "query failed: {reason}"),
        }
    }
}

impl std::error::Error for EvalError {}
