use std::sync::Arc;
use std::task::{Context, Poll};

use resilience_core::{Answer, Ask, Classify, Gate, Permit, Rejected};
use tower_service::Service;

use super::Gates;
use super::future::ResponseFuture;
use crate::rule::{ask, tells};
use crate::{Failures, Tower};

/// A service whose requests pass a gate first.
///
/// # Readiness
///
/// It is ready when the inner service is, and also while the gate refuses: a refusal is an answer, and
/// comes from the call at once, however long the inner service would make the caller wait. So a
/// balancer that looks at readiness takes an open gate for a target that is quick; keep such gates
/// outside the balancer, or balance by something else than readiness. (An open gate that is
/// pending instead would have to wake its callers when it opens; gates do not.)
///
/// Whether the gate refuses is asked when `poll_ready` is called. A caller that already waits for the
/// inner service is not woken by a gate that closes meanwhile. Where an inner service may be long in
/// getting ready, bound that wait too: [`Queued`](crate::Queued) outside moves it into the call, where
/// a [`Timed`](crate::Timed) around both ends it.
///
/// With a gate [for each key](crate::ByKey) nobody knows which gate to ask before the request is there:
/// then it is ready when the inner service is, and a request whose gate refuses may have waited for
/// that. Where the gates are queues, [`Queued`](crate::Queued) is always ready and refuses at once.
///
/// A call that is refused leaves the inner service as ready as it was, for the next one. Where that
/// keeps a place, as over a buffer or a concurrency limit, drop the service rather than let it idle.
#[derive(Debug)]
pub struct Gated<S, G, R = Failures> {
    inner: S,
    gate: Arc<G>,
    rule: R,
    /// Why the gate would refuse, where `inner` was not ready at the last `poll_ready`.
    refused: Option<Rejected>,
}

impl<S, G, R> Gated<S, G, R> {
    pub(super) fn new(inner: S, gate: Arc<G>, rule: R) -> Self {
        Self {
            inner,
            gate,
            rule,
            refused: None,
        }
    }

    /// Returns the gate.
    pub fn gate(&self) -> &G {
        &self.gate
    }
}

/// A service that asks a gate before each call.
pub trait AsksGate<Req>: Service<Req> {
    /// What it asks.
    type Gate: Gate;

    /// Makes the call, and returns the gate that was asked for it, whatever its answer; `None` where
    /// the request has none.
    fn call_asking(&mut self, req: Req) -> (Self::Future, Option<Self::Gate>);
}

/// Returns the reason of a refusal that `poll_ready` gave, and lets the gate count it.
///
/// With the inner service not ready there is nothing to take a permit for, so a gate that has opened
/// since is left alone; else it says it again itself, with the wait that is left now.
#[cold]
fn refuse(gate: &impl Gate, reason: Rejected, ask: &Ask) -> Rejected {
    if gate.check(ask).is_ok() {
        return reason;
    }
    match gate.permit(ask) {
        Err(reason) => reason,
        Ok(permit) => {
            permit.unused();
            reason
        }
    }
}

/// The future of a call, and what was seen of its gate.
type Entered<S, Req, G, R, T> = (
    ResponseFuture<<S as Service<Req>>::Future, <G as Gates<Req>>::Gate, R>,
    Option<T>,
);

impl<S, G, R> Gated<S, G, R> {
    /// Makes a call, and looks at the gate that is asked for it.
    #[inline]
    fn enter<Req, T>(
        &mut self,
        req: Req,
        look: impl FnOnce(&G::Gate) -> T,
    ) -> Entered<S, Req, G, R, T>
    where
        S: Service<Req>,
        G: Gates<Req>,
        R: Classify<Req, Result<S::Response, S::Error>> + Clone,
        Result<S::Response, S::Error>: Answer<Rejected, Tower>,
    {
        let tells = tells::<Req, _, R>;
        let ask = ask(&self.rule, &req);
        let refused = self.refused.take();
        let gate = match self.gate.choose(&req, &ask) {
            Err(reason) => return (ResponseFuture::refused(reason), None),
            Ok(None) => {
                let rule = self.rule.of_request(&req);
                let future = self.inner.call(req);
                return (ResponseFuture::called(future, None, rule, tells), None);
            }
            Ok(Some(gate)) => gate,
        };
        let seen = Some(look(&gate));
        if let Some(reason) = refused {
            let reason = refuse(&*gate, reason, &ask);
            return (ResponseFuture::refused(reason), seen);
        }
        // Taken here and not in `poll_ready`, where a clone that is never called would keep it. A
        // refusal of a gate for all does not touch its `Arc`.
        let future = match gate.try_acquire(&ask) {
            Err(reason) => ResponseFuture::refused(reason),
            Ok(ticket) => {
                let mut permit = Permit::from_ticket(gate.into_owned(), ticket);
                let rule = self.rule.of_request(&req);
                let future = permit.step(|| self.inner.call(req));
                ResponseFuture::called(future, Some(permit), rule, tells)
            }
        };
        (future, seen)
    }
}

impl<S, G, R, Req> Service<Req> for Gated<S, G, R>
where
    S: Service<Req>,
    G: Gates<Req>,
    R: Classify<Req, Result<S::Response, S::Error>> + Clone,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, G::Gate, R>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let inner = self.inner.poll_ready(cx);
        // A gate that refuses answers at once, even where `inner` would make the caller wait.
        self.refused = match inner {
            Poll::Pending => self.gate.refuses_all(),
            Poll::Ready(_) => None,
        };
        match self.refused {
            Some(_) => Poll::Ready(Ok(())),
            None => inner,
        }
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        self.enter(req, |_| ()).0
    }
}

impl<S, G, R, Req> AsksGate<Req> for Gated<S, G, R>
where
    S: Service<Req>,
    G: Gates<Req>,
    R: Classify<Req, Result<S::Response, S::Error>> + Clone,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Gate = G::Gate;

    fn call_asking(&mut self, req: Req) -> (Self::Future, Option<G::Gate>) {
        self.enter(req, Clone::clone)
    }
}

impl<S: Clone, G, R: Clone> Clone for Gated<S, G, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.gate.clone(), self.rule.clone())
    }
}
