//! What the end of a call tells.

use crate::catalogue::Label;

/// Says how a call ended that came to its end.
///
/// One that did not is counted as `panic` or `dropped` by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallResult {
    /// It did what it was asked.
    Success,
    /// It failed, in a way that one of the [classes](super::Operation::with_classes) names.
    Error(&'static str),
    /// It was turned away and nothing was begun, as by a limiter or an open circuit. No rule here says
    /// so by itself: a caller's rule does.
    Rejected,
}

impl CallResult {
    /// An error of no class.
    pub const ERROR: Self = Self::Error(Label::OVERFLOW);
}

/// Says what the value that a call gave tells. Closures `Fn(&T) -> CallResult` will do.
///
/// ```
/// use admf_metrics::red::{CallResult, Classify};
///
/// fn of_errors<C: Classify<Result<(), std::io::Error>>>(_: C) {}
///
/// of_errors(|result: &Result<(), std::io::Error>| match result {
///     Ok(()) => CallResult::Success,
///     Err(error) if error.kind() == std::io::ErrorKind::TimedOut => CallResult::Error("timeout"),
///     Err(_) => CallResult::ERROR,
/// });
/// ```
pub trait Classify<T> {
    /// Says how the call ended that gave this value.
    fn classify(&self, value: &T) -> CallResult;
}

impl<T, F: Fn(&T) -> CallResult> Classify<T> for F {
    #[inline]
    fn classify(&self, value: &T) -> CallResult {
        self(value)
    }
}

/// The default rule: an `Err` is an error of no class, an `Ok` is a success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors;

impl<T, E> Classify<Result<T, E>> for Errors {
    #[inline]
    fn classify(&self, result: &Result<T, E>) -> CallResult {
        match result {
            Ok(_) => CallResult::Success,
            Err(_) => CallResult::ERROR,
        }
    }
}
