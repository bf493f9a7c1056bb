//! The waits that headers ask for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use resilience_core::Hint;

/// Reads how long a response that failed asks to be left alone, or that it asks for no repetition.
///
/// The first of these that is there and can be read:
///
/// - [`x-do-not-retry`](super::DO_NOT_RETRY), whatever its value: forbids a repetition;
/// - `grpc-retry-pushback-ms`: milliseconds; what is negative or no number forbids a repetition;
/// - `x-amz-retry-after`, `retry-after-ms`: milliseconds;
/// - `retry-after`: seconds, or a date;
/// - `x-ratelimit-reset`, with a 429 or 503: seconds since 1970; a time that has passed, as where a
///   server means seconds from now, says nothing.
///
/// Points in time count from the response's own `date`, so that no clock is read and none need
/// agree with the callee's; without it they say nothing. How much of a wait is believed is for the
/// retry policy and the circuit breaker to say: both cap it.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, StatusCode, header};
/// use resilience_core::Hint;
///
/// let mut headers = HeaderMap::new();
/// headers.insert(header::DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
/// headers.insert(header::RETRY_AFTER, "Sun, 06 Nov 1994 08:49:52 GMT".parse().unwrap());
/// let hint = resilience_tower::http::hint(StatusCode::SERVICE_UNAVAILABLE, &headers);
/// assert_eq!(hint, Hint::After(Duration::from_secs(15)));
/// ```
#[must_use]
pub fn hint(status: StatusCode, headers: &HeaderMap) -> Hint {
    if headers.contains_key(super::DO_NOT_RETRY) {
        return Hint::DoNotRetry;
    }
    if headers.contains_key("grpc-retry-pushback-ms") {
        let pushback = whole(headers, "grpc-retry-pushback-ms");
        return pushback.map_or(Hint::DoNotRetry, |it| {
            Hint::After(Duration::from_millis(it))
        });
    }
    let limited = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ]
    .contains(&status);
    let wait = whole(headers, "x-amz-retry-after")
        .or_else(|| whole(headers, "retry-after-ms"))
        .map(Duration::from_millis)
        .or_else(|| whole(headers, RETRY_AFTER.as_str()).map(Duration::from_secs))
        .or_else(|| since_sent(headers, date(headers, RETRY_AFTER.as_str())?))
        .or_else(|| match limited {
            true => {
                let reset = Duration::from_secs(whole(headers, "x-ratelimit-reset")?);
                since_sent(headers, UNIX_EPOCH.checked_add(reset)?).filter(|it| !it.is_zero())
            }
            false => None,
        });
    wait.map_or(Hint::None, Hint::After)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Reads a whole number; one that is too large for the type is the largest there is.
fn whole(headers: &HeaderMap, name: &str) -> Option<u64> {
    let text = text(headers, name)?;
    let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

fn date(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, name)?).ok()
}

/// Returns the time from the sending of the response to `then`; what has passed is no wait.
fn since_sent(headers: &HeaderMap, then: SystemTime) -> Option<Duration> {
    let sent = date(headers, DATE.as_str())?;
    Some(then.duration_since(sent).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");

    fn read(status: StatusCode, pairs: &[(&'static str, &str)]) -> Hint {
        let pairs = pairs.iter().map(|&(name, value)| {
            let value = value.parse().unwrap();
            (http::HeaderName::from_static(name), value)
        });
        hint(status, &pairs.collect())
    }

    fn after(pairs: &[(&'static str, &str)]) -> Option<u64> {
        let hint = read(StatusCode::TOO_MANY_REQUESTS, pairs);
        hint.after()
            .map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
    }

    #[test]
    fn seconds_and_milliseconds_are_whole_numbers() {
        assert_eq!(after(&[("retry-after", "15")]), Some(15_000));
        assert_eq!(after(&[("x-amz-retry-after", "15")]), Some(15));
        for bad in ["", "-1", "+1", "1.5", "1s", "soon", "0x10"] {
            assert_eq!(after(&[("retry-after", bad)]), None, "{bad}");
            assert_eq!(after(&[("x-amz-retry-after", bad)]), None, "{bad}");
        }
    }

    #[test]
    fn trap_16_a_wait_of_a_year_or_of_ages_is_passed_on_to_be_capped() {
        assert_eq!(
            after(&[("retry-after", "31536000")]),
            Some(31_536_000 * 1_000)
        );
        let ages = "99999999999999999999999999";
        assert_eq!(after(&[("retry-after", ages)]), Some(u64::MAX));
        assert_eq!(after(&[SENT, ("x-ratelimit-reset", ages)]), None);
    }

    #[test]
    fn a_date_counts_from_the_responses_own() {
        let later = ("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT");
        assert_eq!(after(&[SENT, later]), Some(60_000));
        assert_eq!(after(&[later]), None);
        let earlier = ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT");
        assert_eq!(after(&[SENT, earlier]), Some(0));
    }

    #[test]
    fn the_end_of_a_rate_limit_is_read_only_where_one_was_hit() {
        let reset = ("x-ratelimit-reset", "784111787");
        assert_eq!(after(&[SENT, reset]), Some(10_000));
        let broken = StatusCode::INTERNAL_SERVER_ERROR;
        assert_eq!(read(broken, &[SENT, reset]), Hint::None);
        assert_eq!(
            after(&[SENT, reset, ("retry-after", "1")]),
            Some(1_000),
            "the plain wait comes first"
        );
    }

    #[test]
    fn a_response_that_forbids_a_repetition_may_say_no_wait_beside_it() {
        let pairs = [("x-do-not-retry", "1"), ("retry-after", "1")];
        let hint = read(StatusCode::SERVICE_UNAVAILABLE, &pairs);
        assert_eq!(hint, Hint::DoNotRetry);
    }

    #[test]
    fn a_pushback_that_is_no_wait_forbids_a_repetition() {
        assert_eq!(after(&[("grpc-retry-pushback-ms", "250")]), Some(250));
        for never in ["-1", "", "soon"] {
            let pairs = [("grpc-retry-pushback-ms", never), ("retry-after", "1")];
            let hint = read(StatusCode::SERVICE_UNAVAILABLE, &pairs);
            assert_eq!(hint, Hint::DoNotRetry, "{never}");
        }
    }
}
