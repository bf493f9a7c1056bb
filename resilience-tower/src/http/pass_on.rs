//! Answers that tell callers in other processes that a retry gave up.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderName, HeaderValue, Response};
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::retry::{Reported, report_of};

/// The header, `x-do-not-retry`, of a response that asks its caller for no repetition, whatever its
/// value.
pub const DO_NOT_RETRY: HeaderName = HeaderName::from_static("x-do-not-retry");

/// Marks the answers of a server that failed after a retry inside it gave up, so that its callers do
/// not repeat what was repeated already: of k services that call each other only one retries.
///
/// An answer that is a 4xx or 5xx gets the header [`DO_NOT_RETRY`]. [`hint`](super::hint), and with
/// it every rule of this crate, obeys it. What a task or a buffer does on behalf of the request is
/// not heard.
///
/// ```
/// use http::{Response, StatusCode};
/// use resilience_core::{BoxError, Env, Retry};
/// use resilience_tower::RetryLayer;
/// use resilience_tower::http::{DO_NOT_RETRY, PassOnLayer};
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let retry = Retry::new("venue", Default::default(), &Env::default())?;
/// let venue = ServiceBuilder::new()
///     .layer(RetryLayer::new(retry))
///     .service_fn(|_: u64| async { Err::<(), BoxError>("down".into()) });
/// let mut server = ServiceBuilder::new().layer(PassOnLayer).service_fn(move |order: u64| {
///     let venue = venue.clone();
///     async move {
///         let mut response = Response::new(());
///         if venue.oneshot(order).await.is_err() {
///             *response.status_mut() = StatusCode::BAD_GATEWAY;
///         }
///         Ok::<_, BoxError>(response)
///     }
/// });
/// let response = server.ready().await?.call(7).await?;
/// assert!(response.headers().contains_key(DO_NOT_RETRY));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct PassOnLayer;

impl<S> Layer<S> for PassOnLayer {
    type Service = PassedOn<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PassedOn(inner)
    }
}

/// A service whose failed answers tell that a retry inside gave up.
#[derive(Clone, Debug)]
pub struct PassedOn<S>(S);

impl<S, Req, B> Service<Req> for PassedOn<S>
where
    S: Service<Req, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = PassedOnFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        PassedOnFuture(report_of(|| self.0.call(req)))
    }
}

/// Response future of [`PassedOn`].
#[pin_project]
#[derive(Debug)]
pub struct PassedOnFuture<F>(#[pin] Reported<F>);

impl<F, B, E> Future for PassedOnFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut result, given_up) = ready!(self.project().0.poll(cx));
        if let (Ok(response), Some(_)) = (&mut result, given_up) {
            let status = response.status();
            if status.is_client_error() || status.is_server_error() {
                let marked = HeaderValue::from_static("1");
                response.headers_mut().insert(DO_NOT_RETRY, marked);
            }
        }
        Poll::Ready(result)
    }
}
