//! Which requests are safe to repeat.

use http::{HeaderMap, Method, Request};

use crate::Repeat;

/// Says whether repeating a request cannot do harm: its method is GET, HEAD, PUT, DELETE or OPTIONS,
/// or it carries an `Idempotency-Key`.
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
    safe.contains(method) || headers.contains_key("idempotency-key")
}

impl<B: Clone> Repeat for Request<B> {
    /// Copies what [`is_repeatable`].
    fn repeat(&self) -> Option<Self> {
        is_repeatable(self.method(), self.headers()).then(|| self.clone())
    }
}
