//! Why a handle was not given, and why an exporter was not installed.

use std::fmt;

use crate::catalogue::Kind;

/// Reports that a handle was asked for which the catalogue does not declare.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandleError {
    /// The catalogue has no such metric.
    Undeclared {
        /// The name that was asked for.
        metric: String,
    },
    /// The metric is of another kind.
    WrongKind {
        /// The metric.
        metric: &'static str,
        /// Its kind in the catalogue.
        declared: Kind,
        /// The kind that was asked for.
        kind: Kind,
    },
    /// A label is given that the metric does not declare.
    UnknownLabel {
        /// The metric.
        metric: &'static str,
        /// The label.
        label: String,
    },
    /// A declared label is not given.
    MissingLabel {
        /// The metric.
        metric: &'static str,
        /// The label.
        label: &'static str,
    },
    /// A label is given more than once.
    RepeatedLabel {
        /// The metric.
        metric: &'static str,
        /// The label.
        label: &'static str,
    },
    /// Values are to be given for another number of labels than the metric declares.
    LabelCount {
        /// The metric.
        metric: &'static str,
        /// How many it declares.
        declared: usize,
        /// How many were to be given.
        given: usize,
    },
    /// A closed label is declared with other values than those it is fed with.
    OtherValues {
        /// The metric.
        metric: &'static str,
        /// The label.
        label: &'static str,
    },
}

impl HandleError {
    /// Returns the value of the label `reason` of `admf_metrics_refused_total`.
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::Undeclared { .. } => "undeclared",
            Self::WrongKind { .. } => "kind",
            _ => "labels",
        }
    }
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undeclared { metric } => {
                write!(f, "metric `{metric}` is not declared in the catalogue")
            }
            Self::WrongKind {
                metric,
                declared,
                kind,
            } => {
                write!(
                    f,
                    "metric `{metric}` is declared as a {declared}, not as a {kind}"
                )
            }
            Self::UnknownLabel { metric, label } => {
                write!(f, "metric `{metric}` does not declare the label `{label}`")
            }
            Self::MissingLabel { metric, label } => {
                write!(f, "metric `{metric}` needs a value for the label `{label}`")
            }
            Self::RepeatedLabel { metric, label } => {
                write!(
                    f,
                    "metric `{metric}` was given the label `{label}` more than once"
                )
            }
            Self::LabelCount {
                metric,
                declared,
                given,
            } => {
                write!(f, "metric `{metric}` has {declared} labels, not {given}")
            }
            Self::OtherValues { metric, label } => {
                write!(
                    f,
                    "metric `{metric}` declares other values of the label `{label}` than it is fed with"
                )
            }
        }
    }
}

impl std::error::Error for HandleError {}

/// Reports that this process already has a global recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallError;

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a global metrics recorder is already installed in this process")
    }
}

impl std::error::Error for InstallError {}
