//! What is left of a rate, told in every response.
//!
#![doc = include_str!("../../docs/rate_limit_headers.md")]

use std::cmp::Reverse;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, HeaderName, HeaderValue, Response};
use pin_project::pin_project;
use resilience_core::{Metered, Quota};
use tower_layer::Layer;
use tower_service::Service;

use super::answer::whole_seconds;
use crate::gate::AsksGate;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A limiter's layer, or a service that it made, that tells in every response what is left.
///
/// Made by [`GateLayer::rate_limit_headers`](crate::GateLayer::rate_limit_headers) and
/// [`QueueLayer::rate_limit_headers`](crate::QueueLayer::rate_limit_headers).
#[derive(Clone, Debug)]
pub struct RateLimitHeaders<T>(pub(crate) T);

impl<S, L: Layer<S>> Layer<S> for RateLimitHeaders<L> {
    type Service = RateLimitHeaders<L::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimitHeaders(self.0.layer(inner))
    }
}

impl<S, Req, B> Service<Req> for RateLimitHeaders<S>
where
    S: AsksGate<Req, Gate: Metered> + Service<Req, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, S::Gate>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        let (inner, limiter) = self.0.call_asking(req);
        ResponseFuture { inner, limiter }
    }
}

/// Response future of [`RateLimitHeaders`].
#[pin_project]
#[derive(Debug)]
pub struct ResponseFuture<F, M> {
    #[pin]
    inner: F,
    /// Of this call; `None` where the request has none.
    limiter: Option<M>,
}

impl<F, M, B, E> Future for ResponseFuture<F, M>
where
    F: Future<Output = Result<Response<B>, E>>,
    M: Metered,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut result = ready!(this.inner.poll(cx));
        if let (Ok(response), Some(limiter)) = (&mut result, this.limiter) {
            // Asked now and not when it let the call through: answers to calls that were made at once
            // may come in another order, and each tells what all of them have left.
            tell(response.headers_mut(), limiter.quota());
        }
        Poll::Ready(result)
    }
}

/// Writes what is left; where a limiter further in has less, what it says stays.
fn tell(headers: &mut HeaderMap, quota: Quota) {
    let Quota {
        limit,
        window,
        remaining,
        reset_after,
    } = quota;
    let reset = whole_seconds(reset_after);
    let seconds = whole_seconds(window);
    if let Ok(policy) = HeaderValue::try_from(format!("{limit};w={seconds}")) {
        headers.append(POLICY, policy);
    }
    let less = |(left, until)| (left, Reverse(until)) < (u64::from(remaining), Reverse(reset));
    if said(headers).is_some_and(less) {
        return;
    }
    headers.insert(LIMIT, limit.into());
    headers.insert(REMAINING, remaining.into());
    headers.insert(RESET, reset.into());
}

/// Reads what a limiter further in said is left, and until when.
fn said(headers: &HeaderMap) -> Option<(u64, u64)> {
    let whole = |name| headers.get(name)?.to_str().ok()?.parse().ok();
    Some((whole(REMAINING)?, whole(RESET)?))
}
