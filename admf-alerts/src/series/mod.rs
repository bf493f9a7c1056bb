//! What was measured lately: a bounded store of series.

mod chunk;
mod feed;
#[cfg(test)]
mod feed_tests;
mod index;
mod limits;
mod matcher;
mod room;
#[expect(
    clippy::module_inception,
    reason = "one series is what it holds, and the folder holds many"
)]
mod series;
mod shift;
mod source;
mod stay;
mod store;
#[cfg(test)]
mod tests;

pub use chunk::Point;
pub(crate) use feed::Wants;
pub use feed::{Feed, Scrape, Source};
pub use limits::{Counts, Limits, LimitsError, Refused};
pub use matcher::{MatchOp, Matcher};
pub use series::Series;
pub use store::Store;

/// The label that holds a series' name.
pub const NAME: &str = "__name__";

/// The NaN that says a series has ended: it is no value.
pub const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Says whether a value is the mark of a series' end.
#[must_use]
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE
}

/// Numbers series in the order in which they came; no number is used twice.
type SeriesId = u64;
