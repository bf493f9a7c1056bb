//! The headers themselves.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use resilience_core::deadline::{format_grpc_timeout, parse_grpc_timeout};

use crate::CorrelationId;

const GRPC_TIMEOUT: &str = "grpc-timeout";

/// Names of the headers that a call's context travels in; `grpc-timeout` is always read and written
/// besides.
///
/// A malformed header is as good as none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextHeaders {
    /// Says how many whole milliseconds are left. Default: `x-timeout-ms`.
    pub timeout_ms: HeaderName,
    /// May say the correlation id; the first that is there and fit to be one counts, and the first
    /// in the list is written. With none, ids neither come in nor go out. Default:
    /// `x-correlation-id`, `x-request-id`.
    pub correlation_ids: Vec<HeaderName>,
}

impl Default for ContextHeaders {
    fn default() -> Self {
        Self {
            timeout_ms: HeaderName::from_static("x-timeout-ms"),
            correlation_ids: vec![
                HeaderName::from_static("x-correlation-id"),
                HeaderName::from_static("x-request-id"),
            ],
        }
    }
}

impl ContextHeaders {
    /// Reads how much is left, the least of all that can be read.
    pub(super) fn left(&self, headers: &HeaderMap) -> Option<Duration> {
        let texts = |name| {
            headers
                .get_all(name)
                .iter()
                .filter_map(|it| it.to_str().ok())
        };
        let grpc = texts(GRPC_TIMEOUT).filter_map(parse_grpc_timeout);
        let plain = texts(self.timeout_ms.as_str()).filter_map(whole_millis);
        grpc.chain(plain).min()
    }

    /// Writes how much is left, rounded down: nobody is promised more.
    pub(super) fn write_left(&self, left: Duration, headers: &mut HeaderMap) {
        let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        headers.insert(self.timeout_ms.clone(), millis.into());
        if let Ok(text) = HeaderValue::try_from(format_grpc_timeout(left)) {
            headers.insert(GRPC_TIMEOUT, text);
        }
    }

    /// Reads the correlation id.
    pub(super) fn correlation_id(&self, headers: &HeaderMap) -> Option<CorrelationId> {
        let values = self.correlation_ids.iter().filter_map(|it| headers.get(it));
        let mut texts = values.filter_map(|it| it.to_str().ok());
        texts.find_map(CorrelationId::new)
    }

    /// Writes the correlation id.
    pub(super) fn write_correlation_id(&self, id: &CorrelationId, headers: &mut HeaderMap) {
        if let (Some(name), Ok(value)) = (
            self.correlation_ids.first(),
            HeaderValue::from_str(id.as_str()),
        ) {
            headers.insert(name.clone(), value);
        }
    }
}

/// Reads a whole number of milliseconds; one that is too large for the type is the largest there is.
fn whole_millis(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| Duration::from_millis(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    fn left(pairs: &[(&'static str, &[u8])]) -> Option<u128> {
        let left = ContextHeaders::default().left(&map(pairs));
        left.map(|it| it.as_nanos())
    }

    #[test]
    fn of_both_headers_and_of_repeated_ones_the_least_counts() {
        assert_eq!(left(&[]), None);
        assert_eq!(left(&[("grpc-timeout", b"250u")]), Some(250_000));
        assert_eq!(left(&[("x-timeout-ms", b"3")]), Some(3_000_000));
        let both: [(_, &[u8]); 2] = [("grpc-timeout", b"2S"), ("x-timeout-ms", b"3")];
        assert_eq!(left(&both), Some(3_000_000));
        let twice: [(_, &[u8]); 2] = [("x-timeout-ms", b"7"), ("x-timeout-ms", b"5")];
        assert_eq!(left(&twice), Some(5_000_000));
        assert_eq!(left(&[("x-timeout-ms", b"0")]), Some(0));
    }

    #[test]
    fn a_malformed_header_is_none_and_a_huge_one_is_cut() {
        for bad in [
            &b""[..],
            b"-1",
            b"+1",
            b"1.5",
            b"1ms",
            b" ",
            b"1e3",
            b"\xff",
            b"0x1",
        ] {
            assert_eq!(left(&[("x-timeout-ms", bad)]), None, "{bad:?}");
            assert_eq!(left(&[("grpc-timeout", bad)]), None, "{bad:?}");
        }
        let good: [(_, &[u8]); 2] = [("grpc-timeout", b"soon"), ("x-timeout-ms", b"3")];
        assert_eq!(left(&good), Some(3_000_000));
        let huge = left(&[("x-timeout-ms", b"99999999999999999999999")]);
        assert_eq!(huge, Some(u128::from(u64::MAX) * 1_000_000));
    }

    #[test]
    fn what_is_written_is_rounded_down() {
        let mut headers = map(&[("x-timeout-ms", b"9")]);
        ContextHeaders::default().write_left(Duration::from_nanos(1_999_999), &mut headers);
        assert_eq!(headers["x-timeout-ms"], "1");
        assert_eq!(headers["grpc-timeout"], "1999999n");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn the_first_id_that_is_fit_counts() {
        let read = |pairs: &[(&'static str, &[u8])]| {
            let id = ContextHeaders::default().correlation_id(&map(pairs));
            id.map(|it| it.to_string())
        };
        let both: [(_, &[u8]); 2] = [("x-request-id", b"b"), ("x-correlation-id", b"a")];
        assert_eq!(read(&both).as_deref(), Some("a"));
        let unfit: [(_, &[u8]); 2] = [("x-request-id", b"b"), ("x-correlation-id", b"a b")];
        assert_eq!(read(&unfit).as_deref(), Some("b"));
        assert_eq!(read(&[("x-correlation-id", b"\xff")]), None);
    }
}
