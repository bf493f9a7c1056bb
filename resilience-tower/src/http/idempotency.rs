//! What makes a request safe to repeat that is not by its method.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::{HeaderName, HeaderValue, Request};
use tower_layer::Layer;
use tower_service::Service;

use super::is_repeatable;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Gives each request that is not [repeatable](is_repeatable) as it is, such as a POST, a fresh
/// `Idempotency-Key`, so that the retry layer inside may repeat it.
///
/// It belongs outside the retry layer: all attempts of one call bear the same key. A key that the
/// request has already stays. Only put it before servers that know such keys: to others a repetition
/// is a second order.
///
/// A key is 128 random bits of the layer and a number that counts up: no two are the same, and none is
/// a secret. Clones of a layer share both.
///
/// ```
/// use http::{Request, Response};
/// use resilience_core::{BoxError, Env, Retry};
/// use resilience_tower::RetryLayer;
/// use resilience_tower::http::IdempotencyKeyLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let retry = Retry::new("orders", Default::default(), &Env::default())?;
/// let mut keys = Vec::new();
/// let venue = tower::service_fn(|order: Request<&'static str>| {
///     let key = order.headers()["idempotency-key"].clone();
///     async move { Err::<Response<()>, BoxError>(key.to_str()?.into()) }
/// });
/// let mut orders = ServiceBuilder::new()
///     .layer(IdempotencyKeyLayer::new())
///     .layer(RetryLayer::http(retry.clone()))
///     .service(venue);
/// for _ in 0..2 {
///     let order = Request::post("/orders").body("buy")?;
///     keys.push(orders.ready().await?.call(order).await.unwrap_err().to_string());
/// }
/// assert_ne!(keys[0], keys[1]);
/// assert_eq!(retry.snapshot().sent, 6);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct IdempotencyKeyLayer(Arc<Keys>);

#[derive(Debug)]
struct Keys {
    random: u128,
    next: AtomicU64,
}

impl IdempotencyKeyLayer {
    /// Creates a layer with keys of its own.
    #[must_use]
    pub fn new() -> Self {
        let half = || u128::from(RandomState::new().hash_one("idempotency key"));
        Self(Arc::new(Keys {
            random: (half() << 64) | half(),
            next: AtomicU64::new(0),
        }))
    }
}

impl Default for IdempotencyKeyLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl Keys {
    fn fresh(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let key = format!("{:032x}-{number}", self.random);
        HeaderValue::try_from(key).expect("digits and a hyphen are a header's value")
    }
}

impl<S> Layer<S> for IdempotencyKeyLayer {
    type Service = IdempotencyKeyed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let keys = self.0.clone();
        IdempotencyKeyed { inner, keys }
    }
}

/// A service whose requests are all safe to repeat.
#[derive(Clone, Debug)]
pub struct IdempotencyKeyed<S> {
    inner: S,
    keys: Arc<Keys>,
}

impl<S, B> Service<Request<B>> for IdempotencyKeyed<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut req: Request<B>) -> Self::Future {
        if !is_repeatable(req.method(), req.headers()) {
            let key = self.keys.fresh();
            req.headers_mut().insert(KEY, key);
        }
        self.inner.call(req)
    }
}
