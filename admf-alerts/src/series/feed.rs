//! What one source says, scrape by scrape.

use std::collections::HashSet;

use super::{STALE, Store};
use crate::labels::Labels;

/// Feeds a [`Store`] from one source, and marks the series that the source no longer has as ended.
///
/// # Examples
///
/// ```
/// use admf_alerts::Labels;
/// use admf_alerts::series::{Feed, Limits, Matcher, MatchOp, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut store = Store::new(Limits::default())?;
/// let mut feed = Feed::default();
/// let up = Labels::from_iter([("__name__", "up")]);
/// feed.scrape(&mut store, 15_000, [(up, 1.0)]);
/// feed.scrape(&mut store, 30_000, []);
/// let named = Matcher::new("__name__", MatchOp::Equal, "up", true)?;
/// assert!(store.select(&[named])[0].at(30_000, 0).is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Feed {
    last: HashSet<Labels>,
}

impl Feed {
    /// Takes what the source said at a time: labels with `__name__`, and a value. What the store refuses
    /// it counts. No samples at all is what a source that cannot be read says.
    pub fn scrape<I>(&mut self, store: &mut Store, time: i64, samples: I)
    where
        I: IntoIterator<Item = (Labels, f64)>,
    {
        let mut seen = HashSet::with_capacity(self.last.len());
        for (labels, value) in samples {
            // Counted by the store, and the rest of the scrape is as good as before.
            let _ = store.append(&labels, time, value);
            seen.insert(labels);
        }
        for gone in self.last.difference(&seen) {
            if store.ids.contains_key(gone) {
                let _ = store.append(gone, time, f64::from_bits(STALE));
            }
        }
        self.last = seen;
    }
}
