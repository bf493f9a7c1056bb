//! What results tell where nobody said otherwise.

use resilience_core::{Answer, Ask, Classify, Deadline, Hint, Outcome, Rejected, Verdict};

use crate::context;

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

/// Asks the rule what a request wants, and clips its deadline to that of the call that it is part
/// of, which every rule is thus spared.
#[inline]
pub(crate) fn ask<Req, Res, R: Classify<Req, Res>>(rule: &R, req: &Req) -> Ask {
    clipped(rule.ask(req))
}

/// Clips a deadline to that of the call that the running task works for.
#[inline]
pub(crate) fn clipped(mut ask: Ask) -> Ask {
    if let Some(inherited) = context::current_deadline() {
        ask.deadline = Deadline::earliest(ask.deadline.into_iter().chain([inherited]));
    }
    ask
}

/// What a rule says of a result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) outcome: Outcome,
    pub(crate) hint: Hint,
    pub(crate) cost: u32,
    pub(crate) refused: Refused,
}

impl Told {
    /// Returns what a retry goes by.
    pub(crate) fn verdict(self) -> Verdict {
        Verdict {
            outcome: self.outcome,
            rejected: self.refused != Refused::No,
            hint: self.hint,
            cost: self.cost,
        }
    }
}

/// Whether a policy further in refused the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    No,
    /// An open circuit did: whoever it guards is down.
    ByCircuit,
    Otherwise,
}

/// Asks a rule, without the request's type.
pub(crate) type Tells<R, Res> = fn(&R, &Res) -> Told;

/// Asks the rule what a result tells; a success asks for nothing.
#[inline]
pub(crate) fn tells<Req, Res, R>(rule: &R, result: &Res) -> Told
where
    R: Classify<Req, Res>,
    Res: Answer<Rejected, Tower>,
{
    let outcome = rule.outcome(result);
    if outcome == Outcome::Success {
        return Told {
            outcome,
            hint: Hint::None,
            cost: 1,
            refused: Refused::No,
        };
    }
    tells_of_failure(outcome, rule, result)
}

/// Apart, so that a success does not pay for it.
#[inline(never)]
fn tells_of_failure<Req, Res, R>(outcome: Outcome, rule: &R, result: &Res) -> Told
where
    R: Classify<Req, Res>,
    Res: Answer<Rejected, Tower>,
{
    let refused = match rule.rejected(result).or_else(|| result.rejected()) {
        None => Refused::No,
        Some(Rejected::CircuitOpen(_)) => Refused::ByCircuit,
        Some(_) => Refused::Otherwise,
    };
    Told {
        outcome,
        hint: rule.hint(result),
        cost: rule.cost(result),
        refused,
    }
}
