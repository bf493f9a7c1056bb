//! Which requests have the same answer, and how long it may be kept.

use std::hash::Hash;
use std::time::Duration;

use http::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, COOKIE, EXPIRES, HOST, PRAGMA, RANGE, SET_COOKIE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use resilience_core::Cache;
use resilience_core::cache::Lifetime;

use super::{Failures, mark_stale};
use crate::CacheLayer;
use crate::cache::Plan;

/// What requests with the same answer have in common. The last is `Host`: the address that a server
/// sees may be without one.
pub type CacheKey = (Method, Uri, Option<HeaderValue>);

/// Returns the key of a request whose answer may be shared: method, address and host of a GET or HEAD
/// that shows no `Authorization` or `Cookie`, asks for no `Range`, and does not ask to pass by
/// (`Cache-Control: no-cache` or `no-store`).
///
/// ```
/// use http::Request;
/// use resilience_tower::http::cache_key;
///
/// let quote = Request::get("/quotes/AAPL").body(()).unwrap();
/// assert!(cache_key(&quote).is_some());
/// let order = Request::post("/orders").body(()).unwrap();
/// assert!(cache_key(&order).is_none());
/// ```
#[must_use]
pub fn cache_key<B>(request: &Request<B>) -> Option<CacheKey> {
    let (method, headers) = (request.method(), request.headers());
    let reads = [Method::GET, Method::HEAD].contains(method);
    let own = [AUTHORIZATION, COOKIE, RANGE];
    let own = own.iter().any(|it| headers.contains_key(it));
    let passes = directives(headers).any(|(name, _)| ["no-cache", "no-store"].contains(&&*name));
    let key = || {
        (
            method.clone(),
            request.uri().clone(),
            headers.get(HOST).cloned(),
        )
    };
    (reads && !own && !passes).then(key)
}

/// Says how long a response may be kept for others: a whole 2xx, as its `Cache-Control` says and,
/// where that says nothing, as the cache's config does.
///
/// Not at all with `no-store`, `no-cache` or `private`; nor with `Vary`, `Set-Cookie`, `Expires` or
/// `Pragma`, where `Cache-Control` gives no age: what they say is not looked at more closely.
/// `s-maxage` goes before `max-age`, from both of which the response's `Age` is taken off, and what it
/// is beyond them from the times to be served stale; `must-revalidate` serves nothing stale. For
/// [`CacheLayer::keep`].
///
/// ```
/// use std::time::Duration;
/// use http::Response;
/// use resilience_tower::http::keep;
///
/// let fresh = Response::builder().header("cache-control", "max-age=60").header("age", "20");
/// let lifetime = keep(&fresh.body(()).unwrap()).expect("it may be kept");
/// assert_eq!(lifetime.ttl, Some(Duration::from_secs(40)));
/// let own = Response::builder().header("cache-control", "private, max-age=60");
/// assert_eq!(keep(&own.body(()).unwrap()), None);
/// ```
#[must_use]
pub fn keep<B>(response: &Response<B>) -> Option<Lifetime> {
    let (status, headers) = (response.status(), response.headers());
    let whole = status.is_success() && status != StatusCode::PARTIAL_CONTENT;
    let has = |name: &HeaderName| headers.contains_key(name);
    if !whole || [VARY, SET_COOKIE].iter().any(has) {
        return None;
    }
    let (mut lifetime, mut shared, mut strict) = (Lifetime::default(), None, false);
    for (name, seconds) in directives(headers) {
        match &*name {
            "no-store" | "no-cache" | "private" => return None,
            "must-revalidate" | "proxy-revalidate" => strict = true,
            "s-maxage" => shared = Some(seconds),
            "max-age" => lifetime.ttl = Some(seconds),
            "stale-while-revalidate" => lifetime.stale_while_revalidate = Some(seconds),
            "stale-if-error" => lifetime.stale_if_error = Some(seconds),
            _ => {}
        }
    }
    if strict {
        lifetime.stale_while_revalidate = Some(Duration::ZERO);
        lifetime.stale_if_error = Some(Duration::ZERO);
    }
    lifetime.ttl = shared.or(lifetime.ttl);
    if lifetime.ttl.is_none() && [EXPIRES, PRAGMA].iter().any(has) {
        return None;
    }
    let age = headers.get(AGE).and_then(|age| age.to_str().ok());
    let age = seconds(age.unwrap_or("0"));
    if let Some(ttl) = &mut lifetime.ttl {
        let late = age.saturating_sub(*ttl);
        *ttl = ttl.saturating_sub(age);
        let windows = [
            &mut lifetime.stale_while_revalidate,
            &mut lifetime.stale_if_error,
        ];
        for window in windows.into_iter().flatten() {
            *window = window.saturating_sub(late);
        }
    }
    Some(lifetime)
}

/// Returns the directives of `Cache-Control` in lower case, each with its seconds. What is no number
/// is 0: the answer is stale then.
fn directives<'h>(headers: &'h HeaderMap) -> impl Iterator<Item = (String, Duration)> {
    let values = headers.get_all(CACHE_CONTROL).into_iter();
    // What is beside a letter that is not ASCII counts too: it may forbid.
    let split = |value: &'h HeaderValue| value.as_bytes().split(|it| *it == b',');
    values.flat_map(split).map(|directive| {
        let directive = String::from_utf8_lossy(directive);
        let (name, value) = directive.split_once('=').unwrap_or((&directive, ""));
        (name.trim().to_ascii_lowercase(), seconds(value))
    })
}

fn seconds(value: &str) -> Duration {
    let digits = value.trim().trim_matches('"');
    let number = digits.bytes().all(|it| it.is_ascii_digit());
    let seconds = match (number, digits.parse()) {
        (_, Ok(seconds)) => seconds,
        // More than fits is as long as there is.
        (true, Err(_)) if !digits.is_empty() => u64::MAX,
        _ => 0,
    };
    Duration::from_secs(seconds)
}

impl<A, K: Hash + Eq, B, F>
    CacheLayer<Request<A>, Cache<K, Response<B>>, Plan<Response<B>, F, Failures>>
where
    F: Fn(&Request<A>) -> Option<K>,
{
    /// Creates a layer over an http client or routes: a 5xx or 429 response is a failure too, a
    /// response is [kept](keep) as its headers say, and one that is stale says its `Age`
    /// ([`mark_stale`]). [`cache_key`] is a key function for it.
    #[must_use]
    pub fn http(cache: Cache<K, Response<B>>, key: F) -> Self {
        CacheLayer::new(cache, key)
            .classify(Failures)
            .keep(keep)
            .mark(mark_stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(status: u16, headers: &[(&str, &str)]) -> Option<Lifetime> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        keep(&response.body(()).unwrap())
    }

    fn control(value: &str) -> Option<Lifetime> {
        kept(200, &[("cache-control", value)])
    }

    fn secs(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn only_a_whole_2xx_is_kept() {
        for (status, keeps) in [
            (200, true),
            (204, true),
            (206, false),
            (304, false),
            (404, false),
            (503, false),
        ] {
            assert_eq!(kept(status, &[]).is_some(), keeps, "{status}");
        }
    }

    #[test]
    fn what_is_not_for_others_is_not_kept() {
        for refused in [
            "no-store",
            "private",
            "no-cache",
            "Max-Age=9, PRIVATE",
            "private=\"x\"",
        ] {
            assert_eq!(control(refused), None, "{refused}");
        }
        for refused in ["vary", "set-cookie", "expires", "pragma"] {
            assert_eq!(kept(200, &[(refused, "x")]), None, "{refused}");
        }
        let lines = [
            ("cache-control", "max-age=9"),
            ("cache-control", "no-store"),
        ];
        assert_eq!(kept(200, &lines), None);
        let dated = [("expires", "0"), ("cache-control", "max-age=9")];
        assert_eq!(kept(200, &dated).unwrap().ttl, secs(9));
    }

    #[test]
    fn what_is_beside_a_letter_that_is_not_ascii_is_read() {
        let value = http::HeaderValue::from_bytes(b"private, x=\"\xe9\"").unwrap();
        let response = Response::builder().header(CACHE_CONTROL, &value);
        assert_eq!(keep(&response.body(()).unwrap()), None);
        let value = http::HeaderValue::from_bytes(b"no-store, x=\"\xe9\"").unwrap();
        let request = Request::get("/").header(CACHE_CONTROL, &value);
        assert_eq!(cache_key(&request.body(()).unwrap()), None);
    }

    #[test]
    fn two_hosts_of_one_server_share_no_key() {
        let key = |host: &str| {
            let request = Request::get("/quotes").header("host", host);
            cache_key(&request.body(()).unwrap()).expect("it reads")
        };
        assert_eq!(key("a.example"), key("a.example"));
        assert_ne!(key("a.example"), key("b.example"));
    }

    #[test]
    fn the_times_are_read_and_what_is_not_said_is_left_to_the_config() {
        assert_eq!(kept(200, &[]), Some(Lifetime::default()));
        assert_eq!(control("public").unwrap().ttl, None);
        let said = control("max-age=5, stale-while-revalidate=6 ,STALE-IF-ERROR=\"7\"").unwrap();
        let expected = Lifetime {
            ttl: secs(5),
            stale_while_revalidate: secs(6),
            stale_if_error: secs(7),
        };
        assert_eq!(said, expected);
        assert_eq!(control("s-maxage=3, max-age=5").unwrap().ttl, secs(3));
        for (strange, ttl) in [
            ("max-age", 0),
            ("max-age=", 0),
            ("max-age=-1", 0),
            ("max-age=1e3", 0),
            ("max-age=99999999999999999999", u64::MAX),
        ] {
            assert_eq!(control(strange).unwrap().ttl, secs(ttl), "{strange}");
        }
        let strict = control("max-age=5, stale-if-error=9, must-revalidate").unwrap();
        assert_eq!(
            (strict.stale_while_revalidate, strict.stale_if_error),
            (secs(0), secs(0))
        );
    }

    #[test]
    fn the_age_that_it_came_with_is_taken_off() {
        for (age, ttl) in [("4", 6), ("10", 0), ("11", 0), ("soon", 10)] {
            let headers = [("age", age), ("cache-control", "max-age=10")];
            assert_eq!(kept(200, &headers).unwrap().ttl, secs(ttl), "{age}");
        }
    }

    #[test]
    fn what_came_stale_is_served_stale_for_less() {
        for (age, windows) in [("10", (5, 20)), ("13", (2, 17)), ("40", (0, 0))] {
            let times = "max-age=10, stale-while-revalidate=5, stale-if-error=20";
            let kept = kept(200, &[("age", age), ("cache-control", times)]).unwrap();
            let seen = (kept.stale_while_revalidate, kept.stale_if_error);
            assert_eq!(kept.ttl, secs(0), "{age}");
            assert_eq!(seen, (secs(windows.0), secs(windows.1)), "{age}");
        }
    }

    #[test]
    fn what_is_one_callers_own_or_asks_to_pass_by_has_no_key() {
        let key = |method: &str, header: &str, value: &str| {
            let request = Request::builder().method(method).uri("/quotes?a=1");
            cache_key(&request.header(header, value).body(()).unwrap())
        };
        assert_eq!(
            key("GET", "accept", "*/*"),
            Some((Method::GET, "/quotes?a=1".parse().unwrap(), None))
        );
        assert_ne!(key("HEAD", "accept", "*/*"), key("GET", "accept", "*/*"));
        assert_eq!(key("POST", "accept", "*/*"), None);
        for (header, value) in [
            ("authorization", "x"),
            ("cookie", "session=x"),
            ("range", "bytes=0-1"),
            ("cache-control", "no-cache"),
            ("cache-control", "max-age=0, no-store"),
        ] {
            assert_eq!(key("GET", header, value), None, "{header}");
        }
    }
}
