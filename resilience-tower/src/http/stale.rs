//! Answers that say that they are a fallback.

use http::Response;
use http::header::AGE;
use resilience_core::fallback::Rescued;

/// Marks a response that a fallback gave: where it comes from, a
/// [`Source`](resilience_core::fallback::Source), is in its extensions, and its age in whole seconds
/// in its `Age` header. For [`FallbackLayer::mark`](crate::FallbackLayer::mark).
///
/// ```
/// use std::time::Duration;
/// use http::Response;
/// use resilience_core::fallback::{Rescued, Source};
///
/// let source = Source::LastGood { age: Duration::from_millis(2_500) };
/// let rescued = Rescued { value: Response::new("AAPL 187.15"), source };
/// let response = resilience_tower::http::mark_stale(rescued);
/// assert_eq!(response.headers()["age"], "2");
/// assert_eq!(response.extensions().get(), Some(&source));
/// ```
#[must_use]
pub fn mark_stale<B>(rescued: Rescued<Response<B>>) -> Response<B> {
    let age = rescued.age();
    let Rescued {
        value: mut response,
        source,
    } = rescued;
    if let Some(age) = age {
        response.headers_mut().insert(AGE, age.as_secs().into());
    }
    response.extensions_mut().insert(source);
    response
}
