//! What the caller knows about its calls.

use std::time::Duration;

use crate::{Ask, Rejected};

/// How a call ended, as far as a policy cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The dependency did its job.
    Success,
    /// The dependency failed.
    Failure,
    /// The result says nothing about the dependency's health.
    Ignored,
}

/// What the callee said about a repetition, such as `Retry-After`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hint {
    /// Nothing.
    #[default]
    None,
    /// Not before this time has passed.
    After(Duration),
    /// Not at all: no repetition can help, or the callee asked for none.
    DoNotRetry,
}

impl Hint {
    /// Returns the wait that was asked for.
    #[must_use]
    pub const fn after(self) -> Option<Duration> {
        match self {
            Self::After(wait) => Some(wait),
            Self::None | Self::DoNotRetry => None,
        }
    }
}

/// Says what a request asks for and what a result tells.
///
/// A closure from result to outcome is a rule; so is a pair of closures, the first from request to
/// [`Ask`].
pub trait Classify<Req, Res> {
    /// Says what the call wants. Default: a cost of 1.
    #[inline]
    fn ask(&self, _request: &Req) -> Ask {
        Ask::default()
    }

    /// Returns the rule that judges the result of this request: one that goes by the request's kind
    /// keeps here what it needs of it. Default: a copy of itself.
    #[inline]
    #[must_use]
    fn of_request(&self, _request: &Req) -> Self
    where
        Self: Sized + Clone,
    {
        self.clone()
    }

    /// Says what the result tells about the dependency.
    fn outcome(&self, result: &Res) -> Outcome;

    /// Says what the callee asked of a repetition. Default: nothing.
    #[inline]
    fn hint(&self, _result: &Res) -> Hint {
        Hint::None
    }

    /// Says how many retries a repetition takes from the [budget](crate::RetryBudget): more for what
    /// costs the callee more, such as a call that was timed out and may be at work still. Default: 1.
    #[inline]
    fn cost(&self, _result: &Res) -> u32 {
        1
    }

    /// Returns the refusal that the result carries where its type does not say so by itself, such as
    /// an `Ok` response that a policy further in made. Default: none.
    #[inline]
    fn rejected<'r>(&self, _result: &'r Res) -> Option<&'r Rejected> {
        None
    }
}

impl<Req, Res, F: Fn(&Res) -> Outcome> Classify<Req, Res> for F {
    #[inline]
    fn outcome(&self, result: &Res) -> Outcome {
        self(result)
    }
}

impl<Req, Res, A, F> Classify<Req, Res> for (A, F)
where
    A: Fn(&Req) -> Ask,
    F: Fn(&Res) -> Outcome,
{
    #[inline]
    fn ask(&self, request: &Req) -> Ask {
        self.0(request)
    }

    #[inline]
    fn outcome(&self, result: &Res) -> Outcome {
        self.1(result)
    }
}
