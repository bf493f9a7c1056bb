//! The layer of http services.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use ::http::{Request, Response};
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::super::guard::Guard;
use super::body::UntilBodyEnd;
use super::series::{Family, Series};
use super::{CLIENT_METRICS, Route, SERVER_METRICS};
use crate::clock::Clock;
use crate::meter::{HandleError, Meter};

/// Measures requests by method, route and status. All services it makes share the series.
///
/// | label | says |
/// |---|---|
/// | `method` | one of the nine standard methods, else `_other` |
/// | `route` | the template that `route` finds, for the first 100 of them, else `_other`; `_unmatched` where there is none |
/// | `code` | the status; without an answer `_error` (of the service itself), `_panic`, `_dropped` (whoever asked went away) |
///
/// A catalogue may declare `http_request_duration_seconds` itself, with these labels, buckets of its own and
/// another bound on the routes.
///
/// A request ends with the head of its response, or with the body: [`until_body_end`](Self::until_body_end).
/// A request that looks like an earlier one allocates nothing; it takes two read locks and reads the clock
/// twice.
///
/// # Examples
///
/// With axum, as the last layer of the router. Around the router instead of in it, no route is known yet.
///
/// ```
/// use admf_metrics::red::http::{HttpMeasureLayer, SERVER_METRICS};
/// use admf_metrics::{Catalogue, Exporter};
/// use axum::extract::MatchedPath;
/// use axum::{Router, routing::get};
/// use http::{Extensions, Request};
/// use tower::ServiceExt;
///
/// fn template(extensions: &Extensions) -> Option<&str> {
///     extensions.get::<MatchedPath>().map(MatchedPath::as_str)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new(SERVER_METRICS)?);
/// let app: Router = Router::new()
///     .route("/api/quotes/{symbol}", get(async || "101.5"))
///     .layer(HttpMeasureLayer::server(exporter.meter(), template)?);
///
/// app.oneshot(Request::get("/api/quotes/IBM").body(String::new())?).await?;
/// assert!(exporter.render().contains(
///     "http_request_duration_seconds_count{method=\"GET\",route=\"/api/quotes/{symbol}\",code=\"200\"} 1\n",
/// ));
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// Where the service does: the panic is counted, and not caught.
///
/// # Cancel safety
///
/// Dropping the future drops the request, which is counted as `_dropped`, polled or not.
#[derive(Clone)]
pub struct HttpMeasureLayer {
    family: Arc<Family>,
}

impl HttpMeasureLayer {
    /// Creates a layer for requests that are answered here, into [`SERVER_METRICS`].
    ///
    /// # Errors
    ///
    /// The catalogue of the meter lacks them, or declares them with other kinds or labels.
    pub fn server(meter: &Meter, route: Route) -> Result<Self, HandleError> {
        let family = Arc::new(Family::new(meter, SERVER_METRICS, route)?);
        Ok(Self { family })
    }

    /// Creates a layer for requests that are sent from here, into [`CLIENT_METRICS`]; the caller leaves
    /// the template of the route in their extensions.
    ///
    /// # Errors
    ///
    /// The catalogue of the meter lacks them, or declares them with other kinds or labels.
    pub fn client(meter: &Meter, route: Route) -> Result<Self, HandleError> {
        let family = Arc::new(Family::new(meter, CLIENT_METRICS, route)?);
        Ok(Self { family })
    }

    /// Measures by another clock than the operating system's; clones made before keep theirs, and the
    /// series that they found.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        let family = Arc::new(self.family.with_clock(clock));
        Self { family }
    }

    /// Measures to the end of the body instead of that of the head.
    #[must_use]
    pub fn until_body_end(self) -> UntilBodyEnd<Self> {
        UntilBodyEnd(self)
    }
}

impl<S> Layer<S> for HttpMeasureLayer {
    type Service = HttpMeasured<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let layer = self.clone();
        HttpMeasured { inner, layer }
    }
}

impl fmt::Debug for HttpMeasureLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMeasureLayer").finish_non_exhaustive()
    }
}

/// An http service whose requests are measured.
#[derive(Clone, Debug)]
pub struct HttpMeasured<S> {
    inner: S,
    layer: HttpMeasureLayer,
}

impl<S, Req, Res> Service<Request<Req>> for HttpMeasured<S>
where
    S: Service<Request<Req>, Response = Response<Res>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Request<Req>) -> Self::Future {
        let request = self.layer.family.start(req.method(), req.extensions());
        let (future, request) = request.within(|| self.inner.call(req));
        ResponseFuture {
            future: Some(future),
            request: Some(request),
        }
    }
}

/// Response future of [`HttpMeasured`].
#[pin_project]
pub struct ResponseFuture<F> {
    /// Until it gave its answer: what it holds is given back then.
    #[pin]
    future: Option<F>,
    /// Until the request has ended.
    request: Option<Guard<Arc<Series>>>,
}

/// A response, and its request that goes on until the guard ends.
type Head<B> = (Response<B>, Option<Guard<Arc<Series>>>);

impl<F> ResponseFuture<F> {
    /// Polls for the response; an error ends the request.
    #[inline]
    pub(super) fn poll_head<B, E>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Head<B>, E>>
    where
        F: Future<Output = Result<Response<B>, E>>,
    {
        let mut this = self.project();
        let future = this.future.as_mut().as_pin_mut();
        let future = future.expect("polled after completion");
        let (polled, request) = match this.request.take() {
            Some(request) => {
                let (polled, request) = request.within(|| future.poll(cx));
                (polled, Some(request))
            }
            // It panicked before, and that was its end.
            None => (future.poll(cx), None),
        };
        let Poll::Ready(result) = polled else {
            *this.request = request;
            return Poll::Pending;
        };
        this.future.set(None);
        match (result, request) {
            (Ok(response), request) => Poll::Ready(Ok((response, request))),
            (Err(error), request) => {
                if let Some(request) = request {
                    request.end(None);
                }
                Poll::Ready(Err(error))
            }
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (response, request) = ready!(self.poll_head(cx))?;
        if let Some(request) = request {
            request.end(Some(response.status()));
        }
        Poll::Ready(Ok(response))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
