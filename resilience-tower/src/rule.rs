//! What results tell where nobody said otherwise.

use resilience_core::{Answer, Classify, Hint, Outcome, Rejected};

/// Marks the answers of this crate's layers.
#[derive(Clone, Copy, Debug)]
pub enum Tower {}

/// Counts an `Err`, or a 5xx response of a service that cannot fail, as a failure; and whatever
/// carries [`Rejected`] as nothing.
///
/// Over an http service that can fail, `http::Failures` looks at the status too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Failures;

impl<Req, Res: Answer<Rejected, Tower>> Classify<Req, Res> for Failures {
    #[inline]
    fn outcome(&self, result: &Res) -> Outcome {
        result.outcome()
    }

    #[inline]
    fn hint(&self, result: &Res) -> Hint {
        result.hint()
    }
}

/// What a rule says of a result, without the request's type.
pub(crate) type Tells<R, Res> = fn(&R, &Res) -> (Outcome, Hint);

/// Asks the rule what a result tells; a success asks for nothing.
#[inline]
pub(crate) fn tells<Req, Res, R: Classify<Req, Res>>(rule: &R, result: &Res) -> (Outcome, Hint) {
    match rule.outcome(result) {
        Outcome::Success => (Outcome::Success, Hint::None),
        outcome => (outcome, rule.hint(result)),
    }
}
