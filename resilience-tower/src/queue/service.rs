use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use resilience_core::{Answer, Classify, Gate, Permit, Queue, Rejected};
use tower_service::Service;

use super::future::ResponseFuture;
use crate::gate::{AsksGate, Gates};
use crate::rule::{ask, tells};
use crate::{Failures, Oneshot, Tower};

/// A service whose requests wait their turn at a gate.
///
/// It is ready unless the inner service fails to be: a request that must wait does so in its future,
/// holding nothing of the inner service, a clone of which it makes ready when its turn comes.
#[derive(Debug)]
pub struct Queued<S, Q, R = Failures> {
    inner: S,
    /// Whether `inner` was ready at the last `poll_ready`, and was neither called nor left since.
    ready: bool,
    gate: Arc<Q>,
    rule: R,
}

impl<S, Q, R> Queued<S, Q, R> {
    pub(super) fn new(inner: S, gate: Arc<Q>, rule: R) -> Self {
        Self {
            inner,
            ready: false,
            gate,
            rule,
        }
    }

    /// Returns the gate.
    pub fn gate(&self) -> &Q {
        &self.gate
    }
}

/// The future of a call, and what was seen of its gate.
type Entered<S, Req, Q, R, T> = (
    ResponseFuture<Oneshot<S, Req>, <Q as Gates<Req>>::Gate, R>,
    Option<T>,
);

impl<S, Q, R> Queued<S, Q, R> {
    /// Makes a call, and looks at the gate that is asked for it.
    fn enter<Req, T>(
        &mut self,
        req: Req,
        look: impl FnOnce(&Q::Gate) -> T,
    ) -> Entered<S, Req, Q, R, T>
    where
        S: Service<Req> + Clone,
        Q: Gates<Req, Gate: Queue>,
        R: Classify<Req, Result<S::Response, S::Error>> + Clone,
        Result<S::Response, S::Error>: Answer<Rejected, Tower>,
    {
        let ask = ask(&self.rule, &req);
        let rule = self.rule.of_request(&req);
        let tells = tells::<Req, _, R>;
        let ready = mem::take(&mut self.ready);
        let gate = match self.gate.choose(&req, &ask) {
            Err(reason) => {
                self.ready = ready;
                return (ResponseFuture::refused(reason), None);
            }
            Ok(None) => {
                let call = match ready {
                    true => Oneshot::called(self.inner.call(req)),
                    false => Oneshot::waiting(self.inner.clone(), req),
                };
                return (ResponseFuture::called(call, None, rule, tells), None);
            }
            Ok(Some(gate)) => gate,
        };
        let seen = Some(look(&gate));
        // Checked first, so that a gate does not count as refused what it then lets wait.
        if ready && gate.check(&ask).is_ok() {
            if let Ok(ticket) = gate.try_acquire(&ask) {
                let mut permit = Permit::from_ticket(gate.into_owned(), ticket);
                let call = Oneshot::called(permit.step(|| self.inner.call(req)));
                return (
                    ResponseFuture::called(call, Some(permit), rule, tells),
                    seen,
                );
            }
        }
        if ready {
            // It is not called now: the place that it holds may be the one the clone waits for.
            self.inner = self.inner.clone();
        }
        let future = match gate.enqueue(&ask) {
            Err(reason) => ResponseFuture::refused(reason),
            Ok(turn) => {
                let call = Oneshot::waiting(self.inner.clone(), req);
                ResponseFuture::waiting(turn, gate.into_owned(), call, rule, tells)
            }
        };
        (future, seen)
    }
}

impl<S, Q, R, Req> Service<Req> for Queued<S, Q, R>
where
    S: Service<Req> + Clone,
    Q: Gates<Req, Gate: Queue>,
    R: Classify<Req, Result<S::Response, S::Error>> + Clone,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<Oneshot<S, Req>, Q::Gate, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.ready = false;
        match self.inner.poll_ready(cx)? {
            Poll::Ready(()) => self.ready = true,
            // Nobody waits for this one, so it must not stay in line for what clones wait for.
            Poll::Pending => self.inner = self.inner.clone(),
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Req) -> Self::Future {
        self.enter(req, |_| ()).0
    }
}

impl<S, Q, R, Req> AsksGate<Req> for Queued<S, Q, R>
where
    S: Service<Req> + Clone,
    Q: Gates<Req, Gate: Queue>,
    R: Classify<Req, Result<S::Response, S::Error>> + Clone,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Gate = Q::Gate;

    fn call_asking(&mut self, req: Req) -> (Self::Future, Option<Q::Gate>) {
        self.enter(req, Clone::clone)
    }
}

impl<S: Clone, Q, R: Clone> Clone for Queued<S, Q, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.gate.clone(), self.rule.clone())
    }
}
