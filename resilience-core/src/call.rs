//! A call of a plain function through a gate.

use std::future::{Future, poll_fn};
use std::pin::pin;

use crate::{Ask, Gate, Permit, Rejected, Verdict};

/// Calls `op`, an async function, unless `gate` refuses; `rule` says what the result tells it.
pub(crate) async fn through<T, E, F>(
    gate: &impl Gate,
    ask: Ask,
    rule: impl FnOnce(&Result<T, E>) -> Verdict,
    op: impl FnOnce() -> F,
) -> Result<T, E>
where
    E: From<Rejected>,
    F: Future<Output = Result<T, E>>,
{
    let mut permit = gate.permit(&ask)?;
    let result = {
        let mut call = pin!(permit.step(op));
        poll_fn(|cx| {
            let polled = permit.step(|| call.as_mut().poll(cx));
            if polled.is_pending() {
                permit.waiting();
            }
            polled
        })
        .await
    };
    settle(permit, rule(&result), result)
}

/// Calls `op`, a function that blocks, unless `gate` refuses; `rule` says what the result tells it.
pub(crate) fn through_blocking<T, E: From<Rejected>>(
    gate: &impl Gate,
    ask: &Ask,
    rule: impl FnOnce(&Result<T, E>) -> Verdict,
    op: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let mut permit = gate.permit(ask)?;
    // It blocks from its beginning on.
    permit.waiting();
    let result = permit.step(op);
    settle(permit, rule(&result), result)
}

fn settle<R>(permit: Permit<&impl Gate>, verdict: Verdict, result: R) -> R {
    permit.record_hinted(verdict.outcome, verdict.hint.after());
    result
}
