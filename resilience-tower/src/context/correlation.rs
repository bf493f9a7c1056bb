use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// What one call is called wherever it leaves a trace: in headers, spans, events and error reports.
///
/// There are as many of them as calls, so that they are no label of a metric: each would be a series
/// of its own. It is safe to print: one to 128 visible ASCII characters, those of a token of http.
///
/// ```
/// use resilience_tower::CorrelationId;
///
/// let id = CorrelationId::new("order-7.retry_2").unwrap();
/// assert_eq!(id.to_string(), "order-7.retry_2");
/// assert_eq!(CorrelationId::new("a\nforged line"), None);
/// assert_eq!(CorrelationId::random().as_str().len(), 32);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    /// Number of characters of the longest.
    pub const MOST: usize = 128;

    /// Takes `text` over, if it is fit to be one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=Self::MOST).contains(&text.len()) && text.bytes().all(is_token);
        fits.then(|| Self(text.into()))
    }

    /// Makes one that no other call has: 128 bits, in 32 hex digits.
    #[must_use]
    pub fn random() -> Self {
        // Numbers in order, under a keyed hash whose key is the process's own.
        static KEYS: OnceLock<RandomState> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let keys = KEYS.get_or_init(RandomState::new);
        let [high, low] = [0u8, 1].map(|half| keys.hash_one((number, half)));
        Self(format!("{high:016x}{low:016x}").into())
    }

    /// Returns it as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_of_1_to_128_characters_is_taken() {
        for good in ["7", "a-b_c.d~e", "!#$%&'*+-.^_`|~", &"x".repeat(128)] {
            let taken = CorrelationId::new(good);
            assert_eq!(taken.as_ref().map(CorrelationId::as_str), Some(good));
        }
        let long = "x".repeat(129);
        for bad in [
            "", &long, " a", "a b", "a\n", "a\0", "a;b", "a=b", "é", "\"a\"", "{a}", "a/b",
        ] {
            assert_eq!(CorrelationId::new(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn those_that_are_made_are_fit_and_differ() {
        let all: std::collections::HashSet<_> = (0..1_000)
            .map(|_| CorrelationId::random().to_string())
            .collect();
        assert_eq!(all.len(), 1_000);
        for made in all {
            assert!(
                made.len() == 32 && CorrelationId::new(&made).is_some(),
                "{made}"
            );
        }
    }
}
