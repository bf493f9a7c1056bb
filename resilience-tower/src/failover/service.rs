use std::mem;
use std::task::{Context, Poll, ready};

use resilience_core::{Answer, Classify, Rejected};
use tower_service::Service;

use super::future::ResponseFuture;
use super::{FailoverLayer, Targets};
use crate::rule::tells;
use crate::{Failures, Oneshot, Tower};

/// A service that calls the active one of its targets.
///
/// It is ready when the active target is, whatever the others are. A call that finds another target
/// active than was made ready waits for that one in its future. A caller that waits for the active
/// target is not woken by a switch: bound that wait as you would bound the call.
///
/// A target that fails to get ready is told so by the call, like any failure; the service stays usable.
#[derive(Debug)]
pub struct FailedOver<T, R = Failures> {
    targets: T,
    /// The target that was polled last and not called since: it holds a place, or is in line for one.
    polled: Option<usize>,
    /// Whether that one was ready.
    ready: bool,
    layer: FailoverLayer<R>,
}

impl<T, R> FailedOver<T, R> {
    pub(super) const fn new(targets: T, layer: FailoverLayer<R>) -> Self {
        Self {
            targets,
            polled: None,
            ready: false,
            layer,
        }
    }

    /// Returns the policy.
    pub const fn failover(&self) -> &resilience_core::Failover {
        &self.layer.failover
    }
}

impl<T: Targets, R> FailedOver<T, R>
where
    T::Service: Clone,
{
    /// Gives back what a target holds that was polled and is not active any more.
    fn leave(&mut self, active: usize) {
        if let Some(left) = self.polled.take_if(|polled| *polled != active) {
            self.ready = false;
            let target = &mut self.targets.services()[left];
            *target = target.clone();
        }
    }
}

impl<T, R, Req> Service<Req> for FailedOver<T, R>
where
    T: Targets,
    T::Service: Service<Req> + Clone,
    R: Classify<Req, TargetResult<T, Req>> + Clone,
    TargetResult<T, Req>: Answer<Rejected, Tower>,
{
    type Response = <T::Service as Service<Req>>::Response;
    type Error = <T::Service as Service<Req>>::Error;
    type Future = ResponseFuture<Oneshot<T::Service, Req>, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let active = self.layer.failover.begin().target();
        self.leave(active);
        self.polled = Some(active);
        self.ready = false;
        // One that cannot be ready is asked again by the call, which can tell the policy.
        self.ready = ready!(self.targets.services()[active].poll_ready(cx)).is_ok();
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let FailoverLayer { failover, rule } = &self.layer;
        let (failover, rule) = (failover.clone(), rule.of_request(&req));
        let ticket = failover.begin();
        let active = ticket.target();
        self.leave(active);
        let target = &mut self.targets.services()[active];
        let call = match mem::take(&mut self.ready) {
            true => {
                self.polled = None;
                Oneshot::called(target.call(req))
            }
            false => Oneshot::waiting(target.clone(), req),
        };
        ResponseFuture::new(call, failover, ticket, rule, tells::<Req, _, R>)
    }
}

/// What the calls of a list of targets come to.
type TargetResult<T, Req> = Result<
    <<T as Targets>::Service as Service<Req>>::Response,
    <<T as Targets>::Service as Service<Req>>::Error,
>;

impl<T: Clone, R: Clone> Clone for FailedOver<T, R> {
    fn clone(&self) -> Self {
        Self::new(self.targets.clone(), self.layer.clone())
    }
}
