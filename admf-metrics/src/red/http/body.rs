//! Requests that last as long as the body of their response.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use ::http::header::CONTENT_LENGTH;
use ::http::{HeaderMap, Request, Response, StatusCode};
use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::super::guard::Guard;
use super::series::Series;
use super::{HttpMeasureLayer, HttpMeasured};

/// A layer, or a service that it made, that measures to the end of the response's body.
///
/// Made by [`HttpMeasureLayer::until_body_end`].
///
/// # Cancel safety
///
/// A body that is dropped between its first poll and its end is counted as `_dropped`, one that fails as
/// `_error`, both with the time until then. One that nobody polls, as after a HEAD, ends when it is
/// dropped, with its status.
#[derive(Clone, Debug)]
pub struct UntilBodyEnd<T>(pub(super) T);

impl<S> Layer<S> for UntilBodyEnd<HttpMeasureLayer> {
    type Service = UntilBodyEnd<HttpMeasured<S>>;

    fn layer(&self, inner: S) -> Self::Service {
        UntilBodyEnd(self.0.layer(inner))
    }
}

impl<S, Req, Res> Service<Request<Req>> for UntilBodyEnd<HttpMeasured<S>>
where
    S: Service<Request<Req>, Response = Response<Res>>,
    Res: Body,
{
    type Response = Response<MeasuredBody<Res>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, req: Request<Req>) -> Self::Future {
        ResponseFuture(self.0.call(req))
    }
}

/// Response future of [`UntilBodyEnd`].
#[pin_project]
#[derive(Debug)]
pub struct ResponseFuture<F>(#[pin] super::ResponseFuture<F>);

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<MeasuredBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (response, request) = ready!(self.project().0.poll_head(cx))?;
        let (head, inner) = response.into_parts();
        let held = request.map(|request| Held {
            request: Some(request),
            status: head.status,
            read: false,
            left: declared_length(&head.headers),
        });
        Poll::Ready(Ok(Response::from_parts(
            head,
            MeasuredBody::new(inner, held),
        )))
    }
}

/// Reads the length that a response declares for its body.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body at whose end its request ends.
#[pin_project]
pub struct MeasuredBody<B> {
    #[pin]
    inner: B,
    held: Option<Held>,
}

/// The request of a response whose body is under way.
struct Held {
    request: Option<Guard<Arc<Series>>>,
    status: StatusCode,
    /// Whether anybody began to read the body.
    read: bool,
    /// What is left of the length that the response declares: a server asks no further than that.
    left: Option<u64>,
}

impl Held {
    fn end(&mut self, told: Option<StatusCode>) {
        if let Some(request) = self.request.take() {
            request.end(told);
        }
    }

    /// Counts what a frame brings; says whether the body has come to its declared length.
    fn is_complete_with<D: Buf>(&mut self, frame: &Frame<D>) -> bool {
        let Some(left) = &mut self.left else {
            return false;
        };
        let brought = frame.data_ref().map_or(0, Buf::remaining);
        *left = left.saturating_sub(u64::try_from(brought).unwrap_or(u64::MAX));
        *left == 0
    }
}

impl Drop for Held {
    /// Ends with the status where nobody wanted the body at all.
    fn drop(&mut self) {
        if !self.read {
            self.end(Some(self.status));
        }
    }
}

impl<B: Body> MeasuredBody<B> {
    fn new(inner: B, held: Option<Held>) -> Self {
        // Nobody polls a body that is empty: its request ends here, as one that nobody read.
        let held = held.filter(|_| !inner.is_end_stream());
        Self { inner, held }
    }
}

impl<B: Body> Body for MeasuredBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(held) = this.held else {
            return this.inner.poll_frame(cx);
        };
        held.read = true;
        let Some(request) = held.request.take() else {
            return this.inner.poll_frame(cx);
        };
        let (polled, request) = request.within(|| this.inner.as_mut().poll_frame(cx));
        held.request = Some(request);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                // Nobody polls a body again after its trailers, or after all that was declared.
                let complete = held.is_complete_with(frame);
                if complete || frame.is_trailers() || this.inner.is_end_stream() {
                    held.end(Some(held.status));
                }
            }
            Poll::Ready(None) => held.end(Some(held.status)),
            Poll::Ready(Some(Err(_))) => held.end(None),
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

impl<B: Default> Default for MeasuredBody<B> {
    /// Creates a body of no request, for the answers of layers outside.
    fn default() -> Self {
        let inner = B::default();
        Self { inner, held: None }
    }
}

impl<B: fmt::Debug> fmt::Debug for MeasuredBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredBody")
            .field("inner", &self.inner)
            .field("held", &self.held.is_some())
            .finish()
    }
}
