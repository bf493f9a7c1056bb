//! Rate, errors and duration of calls: of functions, of tower services, of http routes.
//!
#![doc = include_str!("../../docs/red.md")]

mod future;
mod guard;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "tower")]
mod layer;
mod methods;
mod operation;
mod rule;
#[cfg(test)]
mod tests;

pub use future::MeasuredFuture;
#[cfg(feature = "tower")]
pub use layer::{MeasureLayer, Measured};
pub use methods::{Methods, MethodsConfig, MethodsError};
pub use operation::Operation;
pub use rule::{CallResult, Classify, Errors};

use crate::catalogue::{Label, Metric};

/// How a call may end, in the order of [`CallResult`], then what calls do that come to no end.
const RESULTS: [&str; 5] = ["success", "error", "rejected", "panic", "dropped"];

/// The most operations that have series of their own.
const MAX_OPERATIONS: usize = 128;

/// The operations of a program are named in its code.
const OPERATION: Label = Label::capped("operation", MAX_OPERATIONS);

/// Upper bounds from a function that computes to a call over the network.
const SECONDS: [f64; 14] = [
    0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

const CALL_DURATION: Metric = Metric::histogram(
    "admf_call_duration_seconds",
    "Time from the begin of a call to its end, by operation and result; its count is the number of calls.",
    &SECONDS,
)
.labels(&[OPERATION, Label::one_of("result", &RESULTS)])
.unit("seconds")
.fed_by("measured calls");

const CALL_ERRORS: Metric = Metric::counter(
    "admf_call_errors_total",
    "Calls that ended as errors, by operation and class of the error.",
)
.labels(&[OPERATION, Label::capped("class", 100)])
.fed_by("measured calls");

const CALLS_IN_FLIGHT: Metric = Metric::gauge(
    "admf_calls_in_flight",
    "Calls that have begun and not ended, by operation.",
)
.labels(&[OPERATION])
.fed_by("measured calls");

/// What a catalogue needs for [`Operation`] and all that is built on it.
pub const METRICS: [Metric; 3] = [CALL_DURATION, CALL_ERRORS, CALLS_IN_FLIGHT];
