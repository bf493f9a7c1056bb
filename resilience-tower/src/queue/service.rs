use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use resilience_core::{Answer, Classify, Permit, Queue, Rejected};
use tower_service::Service;

use super::future::ResponseFuture;
use crate::rule::tells;
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

impl<S, Q, R, Req> Service<Req> for Queued<S, Q, R>
where
    S: Service<Req> + Clone,
    Q: Queue,
    R: Classify<Req, Result<S::Response, S::Error>> + Clone,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<Oneshot<S, Req>, Q, R>;

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
        let ask = self.rule.ask(&req);
        let rule = self.rule.of_request(&req);
        let tells = tells::<Req, _, R>;
        // Checked first, so that a gate does not count as refused what it then lets wait.
        if self.ready && self.gate.check(&ask).is_ok() {
            if let Ok(ticket) = self.gate.try_acquire(&ask) {
                let mut permit = Permit::from_ticket(self.gate.clone(), ticket);
                self.ready = false;
                let future = permit.step(|| self.inner.call(req));
                return ResponseFuture::called(Oneshot::called(future), permit, rule, tells);
            }
        }
        if mem::take(&mut self.ready) {
            // It is not called now: the place that it holds may be the one the clone waits for.
            self.inner = self.inner.clone();
        }
        match self.gate.enqueue(&ask) {
            Err(reason) => ResponseFuture::refused(reason),
            Ok(turn) => {
                let call = Oneshot::waiting(self.inner.clone(), req);
                ResponseFuture::waiting(turn, self.gate.clone(), call, rule, tells)
            }
        }
    }
}

impl<S: Clone, Q, R: Clone> Clone for Queued<S, Q, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.gate.clone(), self.rule.clone())
    }
}
