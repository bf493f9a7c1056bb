//! How many attempts a response took.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::retry::{Retried, future::ResponseFuture};

/// Number of attempts that were sent for a response, in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attempts(pub u32);

/// A retry layer, or a service that it made, whose responses tell how many [`Attempts`] they took, and
/// the [`Cause`](resilience_core::retry::Cause) where no more were made in spite of a failure.
///
/// Made by [`RetryLayer::tell_attempts`](crate::RetryLayer::tell_attempts).
#[derive(Clone, Debug)]
pub struct TellAttempts<T>(pub(crate) T);

impl<S, L: Layer<S>> Layer<S> for TellAttempts<L> {
    type Service = TellAttempts<L::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        TellAttempts(self.0.layer(inner))
    }
}

impl<S, Req, R, B> Service<Req> for TellAttempts<Retried<S, Req, R>>
where
    S: Service<Req, Response = Response<B>>,
    Retried<S, Req, R>:
        Service<Req, Response = Response<B>, Error = S::Error, Future = ResponseFuture<S, Req, R>>,
    ResponseFuture<S, Req, R>: Future<Output = Result<Response<B>, S::Error>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = TellAttemptsFuture<ResponseFuture<S, Req, R>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        TellAttemptsFuture(self.0.call(req))
    }
}

/// Response future of [`TellAttempts`].
#[pin_project]
#[derive(Debug)]
pub struct TellAttemptsFuture<F>(#[pin] F);

impl<S, Req, R, B> Future for TellAttemptsFuture<ResponseFuture<S, Req, R>>
where
    S: Service<Req, Response = Response<B>>,
    ResponseFuture<S, Req, R>: Future<Output = Result<Response<B>, S::Error>>,
{
    type Output = Result<Response<B>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.project().0;
        let mut result = ready!(inner.as_mut().poll(cx));
        if let Ok(response) = &mut result {
            let attempts = Attempts(inner.sent());
            response.extensions_mut().insert(attempts);
            if let Some(cause) = inner.gave_up() {
                response.extensions_mut().insert(cause);
            }
        }
        Poll::Ready(result)
    }
}
