//! Rate, errors and duration of a tower service.

use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::Operation;
use super::future::MeasuredFuture;
use super::rule::{Classify, Errors};

/// Measures the calls of any service, as one operation. All services it makes share the series.
///
/// A call begins with `call`, so that waiting for readiness is no part of it, and ends with its answer.
///
/// ```
/// use admf_metrics::red::{self, MeasureLayer, Operation};
/// use admf_metrics::{Catalogue, Exporter};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new(red::METRICS)?);
/// let venue = ServiceBuilder::new()
///     .layer(MeasureLayer::new(Operation::new(exporter.meter(), "venue")?))
///     .service_fn(|order: u64| async move { Ok::<_, std::io::Error>(order) });
///
/// assert_eq!(venue.oneshot(7).await?, 7);
/// assert!(exporter.render().contains("_count{operation=\"venue\",result=\"success\"} 1\n"));
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
/// Dropping the future drops the call, which is counted as `dropped`, polled or not.
#[derive(Clone, Debug)]
pub struct MeasureLayer<C = Errors> {
    operation: Operation,
    rule: C,
}

impl MeasureLayer {
    /// Creates a layer with the default rule: an `Err` is an error.
    #[must_use]
    pub const fn new(operation: Operation) -> Self {
        let rule = Errors;
        Self { operation, rule }
    }
}

impl<C> MeasureLayer<C> {
    /// Replaces the rule that says what a result tells; calls take copies of it.
    #[must_use]
    pub fn classify<C2>(self, rule: C2) -> MeasureLayer<C2> {
        let operation = self.operation;
        MeasureLayer { operation, rule }
    }
}

impl<S, C: Clone> Layer<S> for MeasureLayer<C> {
    type Service = Measured<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        let layer = self.clone();
        Measured { inner, layer }
    }
}

/// A service whose calls are measured.
#[derive(Clone, Debug)]
pub struct Measured<S, C = Errors> {
    inner: S,
    layer: MeasureLayer<C>,
}

impl<S, C, Req> Service<Req> for Measured<S, C>
where
    S: Service<Req>,
    C: Classify<Result<S::Response, S::Error>> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = MeasuredFuture<S::Future, C>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, req: Req) -> Self::Future {
        let MeasureLayer { operation, rule } = &self.layer;
        let (future, call) = operation.start().within(|| self.inner.call(req));
        MeasuredFuture::begun(future, call, rule.clone())
    }
}
