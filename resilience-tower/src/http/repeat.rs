//! Which requests are safe to repeat.

use http::{Extensions, HeaderMap, Method, Request};
use resilience_core::RetryLimits;

use super::ReplayBody;
use crate::Repeat;

/// Says whether repeating a request cannot do harm: its method is GET, HEAD, PUT, DELETE or OPTIONS,
/// or it carries an `Idempotency-Key` that is not empty.
///
/// ```
/// use http::{HeaderMap, Method};
/// use resilience_tower::http::is_repeatable;
///
/// let mut headers = HeaderMap::new();
/// assert!(is_repeatable(&Method::PUT, &headers));
/// assert!(!is_repeatable(&Method::POST, &headers));
/// headers.insert("idempotency-key", "7f3c".parse().unwrap());
/// assert!(is_repeatable(&Method::POST, &headers));
/// ```
#[must_use]
pub fn is_repeatable(method: &Method, headers: &HeaderMap) -> bool {
    let safe = [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let key = headers.get("idempotency-key");
    safe.contains(method) || key.is_some_and(|it| !it.is_empty())
}

impl<B: Clone> Repeat for Request<B> {
    /// Copies what [`is_repeatable`].
    fn repeat(&self) -> Option<Self> {
        is_repeatable(self.method(), self.headers()).then(|| self.clone())
    }

    /// Returns the [`RetryLimits`] in the request's extensions.
    fn limits(&self) -> RetryLimits {
        limits(self.extensions())
    }
}

impl<B> Repeat for Request<ReplayBody<B>> {
    /// Copies what [`is_repeatable`] as long as all of the body that was read is kept.
    fn repeat(&self) -> Option<Self> {
        if !is_repeatable(self.method(), self.headers()) {
            return None;
        }
        let mut copy = Self::new(self.body().replay()?);
        copy.method_mut().clone_from(self.method());
        copy.uri_mut().clone_from(self.uri());
        *copy.version_mut() = self.version();
        copy.headers_mut().clone_from(self.headers());
        copy.extensions_mut().clone_from(self.extensions());
        Some(copy)
    }

    fn is_repeatable_still(&self) -> bool {
        self.body().is_replayable()
    }

    /// Returns the [`RetryLimits`] in the request's extensions.
    fn limits(&self) -> RetryLimits {
        limits(self.extensions())
    }
}

fn limits(extensions: &Extensions) -> RetryLimits {
    extensions.get().copied().unwrap_or_default()
}
