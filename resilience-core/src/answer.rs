//! How a call ends that a policy cut short.

use std::convert::Infallible;

use crate::{CallError, Hint, Outcome, Rejected};

/// A result that a policy can end a call with for the reason `R`.
///
/// `Via` is a tag of the crate that uses it, so that it may implement [`Respond`] for foreign types.
#[diagnostic::on_unimplemented(
    message = "a policy cannot end a call with `{Self}`",
    note = "implement `CallError` for the service's error type, or box it: `.map_err(BoxError::from)`",
    note = "over a service with `Error = Infallible` the response must be `http::Response<B: Default>` (feature `http` of resilience-tower)"
)]
pub trait Answer<R, Via> {
    /// Turns the reason into a result.
    fn answer(reason: R) -> Self;

    /// Says what the result tells about the dependency, where nobody said otherwise.
    fn outcome(&self) -> Outcome;

    /// Returns the refusal that the result carries.
    fn rejected(&self) -> Option<&Rejected>;

    /// Returns what the result asks of a repetition, where nobody said otherwise. Default: how long
    /// a refusal that it carries says to wait.
    fn hint(&self) -> Hint {
        let wait = self.rejected().and_then(Rejected::retry_after);
        wait.map_or(Hint::None, Hint::After)
    }
}

/// A response that says itself why a call was cut short, for services that cannot fail.
pub trait Respond<R, Via> {
    /// Turns the reason into a response.
    fn respond(reason: R) -> Self;

    /// Says what the response tells about the dependency.
    fn outcome(&self) -> Outcome;

    /// Returns the refusal that the response carries.
    fn rejected(&self) -> Option<&Rejected>;

    /// Returns what the result asks of a repetition, where nobody said otherwise. Default: how long
    /// a refusal that it carries says to wait.
    fn hint(&self) -> Hint {
        let wait = self.rejected().and_then(Rejected::retry_after);
        wait.map_or(Hint::None, Hint::After)
    }
}

impl<T, E: CallError + From<R>, R, Via> Answer<R, Via> for Result<T, E> {
    fn answer(reason: R) -> Self {
        Err(reason.into())
    }

    fn outcome(&self) -> Outcome {
        match self {
            Ok(_) => Outcome::Success,
            Err(error) if error.rejected().is_some() => Outcome::Ignored,
            Err(_) => Outcome::Failure,
        }
    }

    fn rejected(&self) -> Option<&Rejected> {
        self.as_ref().err()?.rejected()
    }
}

// Legal beside the impl above because `CallError` is of this crate, and not for `Infallible`.
impl<T: Respond<R, Via>, R, Via> Answer<R, Via> for Result<T, Infallible> {
    fn answer(reason: R) -> Self {
        Ok(T::respond(reason))
    }

    fn outcome(&self) -> Outcome {
        match self {
            Ok(response) => response.outcome(),
            Err(never) => match *never {},
        }
    }

    fn rejected(&self) -> Option<&Rejected> {
        match self {
            Ok(response) => response.rejected(),
            Err(never) => match *never {},
        }
    }

    fn hint(&self) -> Hint {
        match self {
            Ok(response) => response.hint(),
            Err(never) => match *never {},
        }
    }
}
