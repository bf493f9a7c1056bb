//! What was measured lately: a bounded store of series.

mod chunk;
mod feed;
mod index;
mod limits;
mod matcher;
#[expect(
    clippy::module_inception,
    reason = "one series is what it holds, and the folder holds many"
)]
mod series;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::labels::Labels;
pub use chunk::Point;
pub use feed::Feed;
use index::Index;
pub use limits::{Counts, Limits, LimitsError, Refused};
pub(crate) use matcher::anchored;
pub use matcher::{MatchOp, Matcher};
use series::Push;
pub use series::Series;

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

/// Holds the latest samples of many series, bounded in series, samples and age.
///
/// A sample costs 12 bytes, and a series about 100 bytes beside its labels. The store knows no clock: its
/// time is that of the newest sample it was given. What would exceed a bound takes the place of what
/// was idle longest, or is refused; both are counted.
///
/// # Examples
///
/// ```
/// use admf_alerts::Labels;
/// use admf_alerts::series::{Limits, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut store = Store::new(Limits::default())?;
/// let up = Labels::from_iter([("__name__", "up"), ("job", "api")]);
/// store.append(&up, 15_000, 1.0)?;
/// assert!(store.append(&up, 10_000, 0.0).is_err()); // out of order
/// assert_eq!(store.counts().out_of_order, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Store {
    limits: Limits,
    series: HashMap<SeriesId, Series>,
    ids: HashMap<Arc<Labels>, SeriesId>,
    index: Index,
    /// By the time of the last sample: the longest idle first.
    by_last: BTreeSet<(i64, SeriesId)>,
    /// By the time of the first sample: the oldest chunk first.
    by_start: BTreeSet<(i64, SeriesId)>,
    newest: i64,
    next: SeriesId,
    counts: Counts,
}

impl Store {
    /// Creates an empty store.
    ///
    /// # Errors
    ///
    /// A limit of 0.
    pub fn new(limits: Limits) -> Result<Self, LimitsError> {
        limits.check()?;
        Ok(Self {
            limits,
            series: HashMap::new(),
            ids: HashMap::new(),
            index: Index::default(),
            by_last: BTreeSet::new(),
            by_start: BTreeSet::new(),
            newest: i64::MIN,
            next: 0,
            counts: Counts::default(),
        })
    }

    /// Takes a sample: the labels with the name as `__name__`, milliseconds since the Unix epoch, a value.
    ///
    /// # Errors
    ///
    /// What is not later than the series' last sample, or older than the store keeps, or of a new series
    /// while there is room for none. It is counted, and the store stays as it was.
    pub fn append(&mut self, labels: &Labels, time: i64, value: f64) -> Result<(), Refused> {
        let taken = self.take(labels, Point { time, value });
        match taken {
            Ok(()) => self.counts.appended += 1,
            Err(refused) => self.counts.refuse(refused),
        }
        taken
    }

    fn take(&mut self, labels: &Labels, point: Point) -> Result<(), Refused> {
        if point.time < self.horizon() {
            return Err(Refused::TooOld);
        }
        match self.ids.get(labels) {
            Some(&id) => self.extend(id, point)?,
            None => self.open(labels, point)?,
        }
        self.counts.samples += 1;
        if point.time > self.newest {
            self.newest = point.time;
        }
        self.trim();
        Ok(())
    }

    fn extend(&mut self, id: SeriesId, point: Point) -> Result<(), Refused> {
        let series = self.series.get_mut(&id).expect("every id has its series");
        let last = series.last_time();
        if let Push::OutOfOrder = series.push(point, self.limits.span()) {
            return Err(Refused::OutOfOrder);
        }
        self.by_last.remove(&(last, id));
        self.by_last.insert((point.time, id));
        Ok(())
    }

    fn open(&mut self, labels: &Labels, point: Point) -> Result<(), Refused> {
        if self.series.len() == self.limits.series {
            self.evict_idle(point.time)?;
        }
        let id = self.next;
        self.next += 1;
        let labels = Arc::new(labels.clone());
        self.index.insert(&labels, id);
        self.ids.insert(Arc::clone(&labels), id);
        self.series.insert(id, Series::new(labels, point));
        self.by_last.insert((point.time, id));
        self.by_start.insert((point.time, id));
        Ok(())
    }

    /// Makes room for a series by letting go the one that was idle longest, if one was.
    fn evict_idle(&mut self, time: i64) -> Result<(), Refused> {
        let &(last, id) = self.by_last.first().ok_or(Refused::Full)?;
        let now = self.newest.max(time);
        let idle = last < now.saturating_sub(self.limits.idle);
        let ended = self.series.get(&id).is_some_and(Series::is_stale);
        if !idle && !ended {
            return Err(Refused::Full);
        }
        self.remove(id);
        self.counts.evicted += 1;
        Ok(())
    }

    fn remove(&mut self, id: SeriesId) {
        let Some(series) = self.series.remove(&id) else {
            return;
        };
        self.counts.samples -= series.samples();
        if let Some(start) = series.start() {
            self.by_start.remove(&(start, id));
        }
        self.by_last.remove(&(series.last_time(), id));
        self.index.remove(series.labels(), id);
        self.ids.remove(series.labels());
    }

    /// The time before which nothing need be kept.
    fn horizon(&self) -> i64 {
        self.newest.saturating_sub(self.limits.age)
    }

    /// Drops what is too old, and the oldest of what is too much.
    fn trim(&mut self) {
        // A chunk spans no more than this, so that one that begins before has all its samples too old.
        let before = self.horizon().saturating_sub(self.limits.span());
        while let Some(&(start, id)) = self.by_start.first() {
            let crowded = self.counts.samples > self.limits.samples;
            if start >= before && !crowded {
                break;
            }
            let dropped = self.drop_front(start, id);
            if start >= before {
                self.counts.dropped += dropped;
            }
        }
    }

    fn drop_front(&mut self, start: i64, id: SeriesId) -> usize {
        self.by_start.remove(&(start, id));
        let series = self.series.get_mut(&id).expect("every id has its series");
        let dropped = series.drop_front();
        self.counts.samples -= dropped;
        match series.start() {
            Some(start) => {
                self.by_start.insert((start, id));
            }
            None => self.remove(id),
        }
        dropped
    }

    /// Finds the series that all matchers match, in the order in which they came.
    #[must_use]
    pub fn select(&self, matchers: &[Matcher]) -> Vec<&Series> {
        let ids = self.index.candidates(matchers).unwrap_or_else(|| {
            let mut all: Vec<_> = self.series.keys().copied().collect();
            all.sort_unstable();
            all
        });
        let series = ids.iter().filter_map(|id| self.series.get(id));
        let fits = |it: &&Series| matchers.iter().all(|matcher| matcher.matches(it.labels()));
        series.filter(fits).collect()
    }

    /// Returns how many series there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Returns the time of the newest sample it was given, if any.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        (self.newest != i64::MIN).then_some(self.newest)
    }

    /// Returns what was taken, refused and let go since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns the bytes that samples take, of what is reserved too; labels and index come on top.
    #[must_use]
    pub fn sample_bytes(&self) -> usize {
        self.series.values().map(Series::bytes).sum()
    }
}
