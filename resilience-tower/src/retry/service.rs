use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use resilience_core::{Answer, Classify, Rejected};
use tower_service::Service;

use super::RetryLayer;
use super::future::{Again, ResponseFuture};
use crate::rule::{ask, tells};
use crate::{Failures, Tower};

/// A service that makes requests again that failed.
///
/// The first attempt of a call is made by the instance that was made ready. Only a call that comes
/// to a second one clones the inner service: a healthy call does not pay for the depth of the stack.
#[derive(Debug)]
pub struct Retried<S, Req, R = Failures> {
    inner: S,
    /// What the services of repetitions are cloned from; never made ready. A mutex, since a service
    /// need not be `Sync`.
    template: Arc<Mutex<S>>,
    layer: RetryLayer<Req, R>,
}

impl<S, Req, R> Retried<S, Req, R> {
    pub(super) fn new(inner: S, layer: RetryLayer<Req, R>) -> Self
    where
        S: Clone,
    {
        let template = Arc::new(Mutex::new(inner.clone()));
        Self {
            inner,
            template,
            layer,
        }
    }
}

impl<S: Clone, Req, R: Clone> Clone for Retried<S, Req, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            template: self.template.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<S, Req, R> Service<Req> for Retried<S, Req, R>
where
    S: Service<Req> + Clone,
    R: Classify<Req, Result<S::Response, S::Error>> + Clone,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Req, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let RetryLayer {
            retry,
            repeats,
            rule,
            heeds,
        } = &self.layer;
        let mut ask = ask(rule, &req);
        ask.retries = ask.retries.and((repeats.limits)(&req));
        match retry.start(&ask) {
            Err(reason) => ResponseFuture::refused(reason),
            Ok(attempts) => {
                let mut attempts = match heeds {
                    true => attempts,
                    false => attempts.regardless(),
                };
                let again = (repeats.copy)(&req).map(|req| Again {
                    template: self.template.clone(),
                    service: None,
                    req,
                    repeats: *repeats,
                });
                let rule = rule.of_request(&req);
                let future = attempts.step(|| self.inner.call(req));
                ResponseFuture::called(future, again, attempts, rule, tells::<Req, _, R>)
            }
        }
    }
}
