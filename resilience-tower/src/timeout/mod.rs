//! Middleware that stops waiting for a response after a time limit.

pub mod future;

use std::task::{Context, Poll};

use resilience_core::{Answer, Classify, Elapsed, Rejected, Timeout};
use tower_layer::Layer;
use tower_service::Service;

use self::future::ResponseFuture;
use crate::rule::ask;
use crate::{Failures, Tower};

/// Applies a time limit, or the request's deadline where that is earlier, to every request.
///
/// The limit counts from the first time that the response makes its caller wait: one that is there
/// at once costs no timer. Where the request has a deadline, by the rule's [`ask`](Classify::ask) or
/// by that of the [call](crate::context) that it is part of, both count from the call. All services it makes share the timeout.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{BoxError, CallError, Env, Timeout, TimeoutConfig};
/// use resilience_tower::TimeoutLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let config = TimeoutConfig { timeout: Duration::from_secs(2) };
/// let timeout = Timeout::new("venue", config, &Env::default())?;
/// let mut venue = ServiceBuilder::new()
///     .layer(TimeoutLayer::new(timeout))
///     .service_fn(|()| std::future::pending::<Result<(), BoxError>>());
///
/// let error = venue.ready().await?.call(()).await.unwrap_err();
/// assert_eq!(error.elapsed().map(|it| it.limit), Some(Duration::from_secs(2)));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// A call that takes longer ends with [`Elapsed`]: it may have taken effect. One whose deadline has
/// passed before it is made ends with [`Rejected`]: nothing was sent.
///
/// # Cancel safety
///
/// Dropping the future drops the call, as the end of the limit does, at that moment.
#[derive(Clone, Debug)]
pub struct TimeoutLayer<R = Failures> {
    timeout: Timeout,
    rule: R,
}

impl TimeoutLayer {
    /// Creates a layer with the default rule, for requests without deadlines of their own.
    #[must_use]
    pub const fn new(timeout: Timeout) -> Self {
        let rule = Failures;
        Self { timeout, rule }
    }
}

impl<R> TimeoutLayer<R> {
    /// Replaces the rule that says which deadline requests have.
    #[must_use]
    pub fn classify<R2>(self, rule: R2) -> TimeoutLayer<R2> {
        let timeout = self.timeout;
        TimeoutLayer { timeout, rule }
    }
}

impl<S, R: Clone> Layer<S> for TimeoutLayer<R> {
    type Service = Timed<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let layer = self.clone();
        Timed { inner, layer }
    }
}

/// A service whose responses have a time limit.
#[derive(Clone, Debug)]
pub struct Timed<S, R = Failures> {
    inner: S,
    layer: TimeoutLayer<R>,
}

impl<S, R, Req> Service<Req> for Timed<S, R>
where
    S: Service<Req>,
    R: Classify<Req, Result<S::Response, S::Error>>,
    Result<S::Response, S::Error>: Answer<Elapsed, Tower> + Answer<Rejected, Tower>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let TimeoutLayer { timeout, rule } = &self.layer;
        let ask = ask(rule, &req);
        match timeout.limit(&ask) {
            Err(reason) => ResponseFuture::refused(reason),
            Ok(limit) => {
                // A deadline does not move with the first poll.
                let since = ask.deadline.map(|_| crate::clock::now());
                ResponseFuture::called(self.inner.call(req), timeout.clone(), limit, since)
            }
        }
    }
}
