use std::task::{Context, Poll};

use http::Request;
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::ReplayBody;

/// Settings of a [`ReplayBodyLayer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayBodyConfig {
    /// Number of bytes of a body that are kept at most, any number; a longer body is sent once.
    /// Default: 65536.
    pub max_bytes: usize,
}

impl Default for ReplayBodyConfig {
    fn default() -> Self {
        let max_bytes = 64 * 1024;
        Self { max_bytes }
    }
}

/// Keeps the bodies of requests while they are sent, so that the retry layer inside can repeat
/// requests whose bodies cannot be cloned.
///
/// A request whose method or key makes it [repeatable](crate::http::is_repeatable) is repeated as long as
/// its body fits; see [`ReplayBody`].
///
/// ```
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use resilience_core::{BoxError, Env, Retry};
/// use resilience_tower::RetryLayer;
/// use resilience_tower::http::{ReplayBody, ReplayBodyLayer};
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let retry = Retry::new("orders", Default::default(), &Env::default())?;
/// let mut orders = ServiceBuilder::new()
///     .layer(ReplayBodyLayer::default())
///     .layer(RetryLayer::http(retry.clone()))
///     .service_fn(|order: Request<ReplayBody<Full<&'static [u8]>>>| async {
///         let sent = order.into_body().collect().await?.to_bytes();
///         Err::<Response<()>, BoxError>(format!("{} bytes were lost", sent.len()).into())
///     });
/// let order = Request::put("/orders/7").body(Full::new(&b"buy"[..]))?;
/// let error = orders.ready().await?.call(order).await.unwrap_err();
/// assert_eq!(error.to_string(), "3 bytes were lost");
/// assert_eq!(retry.snapshot().sent, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReplayBodyLayer(ReplayBodyConfig);

impl ReplayBodyLayer {
    /// Creates a layer.
    #[must_use]
    pub const fn new(config: ReplayBodyConfig) -> Self {
        Self(config)
    }
}

impl<S> Layer<S> for ReplayBodyLayer {
    type Service = Replayed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let max_bytes = self.0.max_bytes;
        Replayed { inner, max_bytes }
    }
}

/// A service whose requests' bodies are kept while they are sent.
#[derive(Clone, Debug)]
pub struct Replayed<S> {
    inner: S,
    max_bytes: usize,
}

impl<S, B> Service<Request<B>> for Replayed<S>
where
    S: Service<Request<ReplayBody<B>>>,
    B: Body,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        let max_bytes = self.max_bytes;
        self.inner
            .call(req.map(|body| ReplayBody::new(body, max_bytes)))
    }
}
