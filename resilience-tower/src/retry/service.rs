use std::task::{Context, Poll};

use resilience_core::{Answer, Classify, Rejected};
use tower_service::Service;

use super::RetryLayer;
use super::future::{Again, ResponseFuture};
use crate::rule::tells;
use crate::{Failures, Tower};

/// A service that makes requests again that failed.
///
/// Each call of a request that can be repeated clones the inner service once, for the attempts after
/// the first.
#[derive(Debug)]
pub struct Retried<S, Req, R = Failures> {
    inner: S,
    layer: RetryLayer<Req, R>,
}

impl<S, Req, R> Retried<S, Req, R> {
    pub(super) const fn new(inner: S, layer: RetryLayer<Req, R>) -> Self {
        Self { inner, layer }
    }
}

impl<S: Clone, Req, R: Clone> Clone for Retried<S, Req, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.layer.clone())
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
        let RetryLayer { retry, copy, rule } = &self.layer;
        match retry.start(&rule.ask(&req)) {
            Err(reason) => ResponseFuture::refused(reason),
            Ok(attempts) => {
                // The instance that is ready is called; the clone is made ready when it is needed.
                let again = copy(&req).map(|req| Again {
                    service: self.inner.clone(),
                    req,
                    copy: *copy,
                });
                let future = self.inner.call(req);
                let rule = rule.clone();
                ResponseFuture::called(future, again, attempts, rule, tells::<Req, _, R>)
            }
        }
    }
}
