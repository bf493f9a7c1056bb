//! Answers that say that they are a fallback.

use http::Response;
use http::header::AGE;
use resilience_core::fallback::Rescued;

/// Marks a response that a fallback gave: where it comes from, a
/// [`Source`](resilience_core::fallback::Source), is in its extensions, and its age in whole seconds
/// in its `Age` header, with the one that it came with. For
/// [`FallbackLayer::mark`](crate::FallbackLayer::mark).
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
        let headers = response.headers_mut();
        let came_with = headers.get(AGE).and_then(|it| it.to_str().ok());
        let came_with: u64 = came_with.and_then(|it| it.parse().ok()).unwrap_or(0);
        let age = age.as_secs().saturating_add(came_with);
        headers.insert(AGE, age.into());
    }
    response.extensions_mut().insert(source);
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use resilience_core::fallback::Source;

    use super::*;

    #[test]
    fn the_age_that_it_came_with_is_added() {
        for (came_with, age) in [
            ("4", "6"),
            ("soon", "2"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            let value = Response::builder().header(AGE, came_with).body(()).unwrap();
            let source = Source::LastGood {
                age: Duration::from_secs(2),
            };
            let marked = mark_stale(Rescued { value, source });
            assert_eq!(marked.headers()[AGE], age, "{came_with}");
        }
    }
}
