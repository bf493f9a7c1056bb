//! Permits that last as long as the response's body.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;
use resilience_core::{Bulkhead, Gate, Hint, Outcome, Permit};
use tower_layer::Layer;
use tower_service::Service;

use crate::gate::future::{Answered, HoldsPermit};
use crate::{Failures, GateLayer, QueueLayer};

/// A gate's layer, or a service that it made, that keeps permits to the end of the response's body.
///
/// Made by [`GateLayer::until_body_end`] and [`QueueLayer::until_body_end`].
///
/// ```
/// use http::Response;
/// use resilience_core::{BoxError, Bulkhead, BulkheadConfig, Env};
/// use resilience_tower::http::BulkheadLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let config = BulkheadConfig { max_in_flight: 1, ..Default::default() };
/// let bulkhead = Bulkhead::new("files", config, &Env::default())?;
/// let mut files = ServiceBuilder::new()
///     .layer(BulkheadLayer::new(bulkhead))
///     .service_fn(|()| async { Ok::<_, BoxError>(Response::new(String::from("long"))) });
///
/// let response = files.ready().await?.call(()).await?;
/// assert!(files.ready().await?.call(()).await.is_err());
/// drop(response);
/// assert!(files.ready().await?.call(()).await.is_ok());
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// A body that is dropped between its first poll and its end is a call given up, unless the response
/// already told a failure. One that nobody polls leaves it at what the response told.
#[derive(Clone, Debug)]
pub struct UntilBodyEnd<T>(pub(crate) T);

/// Bounds the requests in flight, to the end of their bodies, and refuses what is above it.
pub type BulkheadLayer<R = Failures> = UntilBodyEnd<GateLayer<Bulkhead, R>>;

/// Bounds the requests in flight, to the end of their bodies, and makes wait what is above it.
pub type BulkheadQueueLayer<R = Failures> = UntilBodyEnd<QueueLayer<Bulkhead, R>>;

impl<G> UntilBodyEnd<GateLayer<G>> {
    /// Creates a layer with the default rule, which refuses what the gate does not let through.
    pub fn new(gate: G) -> Self {
        Self(GateLayer::new(gate))
    }
}

impl<Q> UntilBodyEnd<QueueLayer<Q>> {
    /// Creates a layer with the default rule, which makes wait what the gate does not let through.
    pub fn new(gate: Q) -> Self {
        Self(QueueLayer::new(gate))
    }
}

impl<S, L: Layer<S>> Layer<S> for UntilBodyEnd<L> {
    type Service = UntilBodyEnd<L::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        UntilBodyEnd(self.0.layer(inner))
    }
}

impl<S, Req, B, G> Service<Req> for UntilBodyEnd<S>
where
    S: Service<Req, Response = Response<B>>,
    S::Future: HoldsPermit<Gate = G>,
    B: Body,
    G: Gate,
{
    type Response = Response<PermitBody<B, G>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, req: Req) -> Self::Future {
        ResponseFuture(self.0.call(req))
    }
}

/// Response future of [`UntilBodyEnd`].
#[pin_project]
#[derive(Debug)]
pub struct ResponseFuture<F>(#[pin] F);

impl<F, B, E> Future for ResponseFuture<F>
where
    F: HoldsPermit<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<PermitBody<B, F::Gate>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (result, answered) = ready!(self.project().0.poll_answered(cx));
        Poll::Ready(match result {
            Ok(response) => {
                let length = declared_length(response.headers());
                Ok(response.map(|body| PermitBody::new(body, length, answered)))
            }
            Err(error) => {
                if let Some(answered) = answered {
                    answered.settle();
                }
                Err(error)
            }
        })
    }
}

/// A body that keeps the permit of its call to its end.
#[pin_project]
pub struct PermitBody<B, G: Gate> {
    #[pin]
    inner: B,
    held: Option<Held<G>>,
}

/// The permit of a response whose body is under way.
struct Held<G: Gate> {
    permit: Option<Permit<G>>,
    outcome: Outcome,
    hint: Hint,
    /// Whether anybody began to read the body.
    read: bool,
    /// What is left of the length that the response declares: a server asks no further than that.
    left: Option<u64>,
}

/// Reads the length that a response declares for its body.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl<B: Body, G: Gate> PermitBody<B, G> {
    fn new(inner: B, length: Option<u64>, answered: Option<Answered<G>>) -> Self {
        let mut held = answered.map(|it| {
            let (permit, outcome, hint) = it.into_parts();
            Held {
                permit: Some(permit),
                outcome,
                hint,
                read: false,
                left: length,
            }
        });
        // Nobody polls a body that is empty.
        if inner.is_end_stream() {
            finish(&mut held);
        }
        Self { inner, held }
    }
}

/// Settles the permit of a body that has come to its end.
fn finish<G: Gate>(held: &mut Option<Held<G>>) {
    if let Some(mut held) = held.take() {
        held.settle();
    }
}

impl<G: Gate> Held<G> {
    /// Counts what a frame brings; says whether the body has come to its declared length.
    fn is_complete_with<D: Buf>(&mut self, frame: &Frame<D>) -> bool {
        let Some(left) = &mut self.left else {
            return false;
        };
        let brought = frame.data_ref().map_or(0, Buf::remaining);
        *left = left.saturating_sub(u64::try_from(brought).unwrap_or(u64::MAX));
        *left == 0
    }

    fn settle(&mut self) {
        if let Some(permit) = self.permit.take() {
            permit.record_hinted(self.outcome, self.hint.after());
        }
    }
}

impl<G: Gate> Drop for Held<G> {
    /// Settles as told where the response told a failure, though nobody read its body to the end, and
    /// where nobody wanted the body at all, as after a HEAD: that tells nothing against the response.
    fn drop(&mut self) {
        if self.outcome == Outcome::Failure || !self.read {
            self.settle();
        }
    }
}

impl<B: Body, G: Gate> Body for PermitBody<B, G> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let permit = this.held.as_mut().and_then(|held| {
            held.read = true;
            held.permit.as_mut()
        });
        let Some(permit) = permit else {
            return this.inner.poll_frame(cx);
        };
        let polled = permit.step(|| this.inner.as_mut().poll_frame(cx));
        match &polled {
            Poll::Pending => permit.waiting(),
            Poll::Ready(Some(Ok(frame))) => {
                let held = this.held.as_mut();
                let complete = held.is_some_and(|held| held.is_complete_with(frame));
                // Nobody polls a body again after its trailers, or after all that was declared.
                if complete || frame.is_trailers() || this.inner.is_end_stream() {
                    finish(this.held);
                }
            }
            Poll::Ready(None) => finish(this.held),
            Poll::Ready(Some(Err(_))) => {
                if let Some(held) = this.held {
                    held.outcome = Outcome::Failure;
                }
                finish(this.held);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Default, G: Gate> Default for PermitBody<B, G> {
    /// Creates a body that holds nothing, for the answers of layers outside.
    fn default() -> Self {
        let inner = B::default();
        Self { inner, held: None }
    }
}

impl<B: fmt::Debug, G: Gate> fmt::Debug for PermitBody<B, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitBody")
            .field("inner", &self.inner)
            .field("held", &self.held.is_some())
            .finish()
    }
}
