//! Future types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use resilience_core::failover::Ticket;
use resilience_core::{Answer, Failover, Outcome, Rejected};

use crate::Tower;
use crate::rule::{Refused, Tells};

/// Response future of [`FailedOver`](super::FailedOver).
#[pin_project]
pub struct ResponseFuture<F: Future, R> {
    #[pin]
    call: F,
    failover: Failover,
    ticket: Option<Ticket>,
    rule: R,
    tells: Tells<R, F::Output>,
}

impl<F: Future, R> ResponseFuture<F, R> {
    pub(super) const fn new(
        call: F,
        failover: Failover,
        ticket: Ticket,
        rule: R,
        tells: Tells<R, F::Output>,
    ) -> Self {
        Self {
            call,
            failover,
            ticket: Some(ticket),
            rule,
            tells,
        }
    }
}

impl<F: Future, R> Future for ResponseFuture<F, R>
where
    F::Output: Answer<Rejected, Tower>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.call.poll(cx));
        let told = (this.tells)(this.rule, &result);
        let outcome = match (told.outcome, told.refused) {
            // The gate in front of the target knows that it is down.
            (Outcome::Ignored, Refused::ByCircuit) => Outcome::Failure,
            (outcome, _) => outcome,
        };
        if let Some(ticket) = this.ticket.take() {
            this.failover.record(ticket, outcome);
        }
        Poll::Ready(result)
    }
}

impl<F: Future, R> fmt::Debug for ResponseFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
