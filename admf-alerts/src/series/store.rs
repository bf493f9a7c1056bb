//! The store.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap as QuickMap;

use super::SeriesId;
use super::chunk::Point;
use super::index::Index;
use super::limits::{Counts, Limits, LimitsError, Refused};
use super::matcher::Matcher;
use super::series::{Push, Series};
use super::stay::Stays;
use crate::labels::Labels;

/// Holds the latest samples of many series, bounded in series, samples and age.
///
/// A sample of an hour at 15 seconds costs 14.7 bytes, and a series its labels and their index. The store knows no clock: its
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
    pub(super) limits: Limits,
    stays: Stays,
    /// The numbers are its own: whoever sends labels has no say in where a series is.
    pub(super) series: QuickMap<SeriesId, Series>,
    pub(super) ids: HashMap<Arc<Labels>, SeriesId>,
    pub(super) index: Index,
    /// By what was their [rank](Series::rank) once, and is no more than that now: what has ended first, then what is idle
    /// first.
    pub(super) by_rank: BTreeSet<(i64, SeriesId)>,
    /// By [how long](Series::kept_until) the oldest chunk is kept.
    pub(super) by_end: BTreeSet<(i64, SeriesId)>,
    /// By the time of the first sample: the oldest chunk first.
    pub(super) by_start: BTreeSet<(i64, SeriesId)>,
    pub(super) newest: i64,
    /// What time it is for whoever looks at it: nothing is too old for him that was not when he last looked.
    pub(super) looked: Option<i64>,
    /// After which times nobody looked for a while, in order.
    pub(super) breaks: Vec<i64>,
    pub(super) next: SeriesId,
    pub(super) counts: Counts,
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
            stays: Stays::new(&limits),
            limits,
            series: QuickMap::new(),
            ids: HashMap::new(),
            index: Index::default(),
            by_rank: BTreeSet::new(),
            by_end: BTreeSet::new(),
            by_start: BTreeSet::new(),
            newest: i64::MIN,
            looked: None,
            breaks: Vec::new(),
            next: 0,
            counts: Counts::default(),
        })
    }

    /// Keeps the samples of each of these metrics for a length of time from now on, and all others for another. None is
    /// idle for less than that.
    pub(crate) fn keep<'n>(
        &mut self,
        others: Duration,
        named: impl IntoIterator<Item = (&'n str, Duration)>,
    ) {
        self.stays = Stays::by_name(&self.limits, others, named);
        for series in self.series.values_mut() {
            series.stay = self.stays.of(series.labels());
        }
        self.put_all_in();
    }

    /// Takes a sample: the labels with the name as `__name__`, milliseconds since the Unix epoch, a value.
    ///
    /// # Errors
    ///
    /// What is not later than the series' last sample, or older than the store keeps, or of a new series
    /// while there is room for none. It is counted, and the store stays as it was.
    pub fn append(&mut self, labels: &Labels, time: i64, value: f64) -> Result<(), Refused> {
        self.append_to(None, labels, time, value).map(drop)
    }

    /// Does so with a series that was found before, where it is still there: labels are compared only where it is not.
    pub(super) fn append_to(
        &mut self,
        id: Option<SeriesId>,
        labels: &Labels,
        time: i64,
        value: f64,
    ) -> Result<SeriesId, Refused> {
        let taken = self.take(id, labels, Point { time, value });
        match taken {
            Ok(_) => self.counts.appended += 1,
            Err(refused) => self.counts.refuse(refused),
        }
        taken
    }

    fn take(
        &mut self,
        id: Option<SeriesId>,
        labels: &Labels,
        point: Point,
    ) -> Result<SeriesId, Refused> {
        let known = id.and_then(|id| self.extend(id, point));
        let known = known.or_else(|| self.extend(*self.ids.get(labels)?, point));
        let id = match known {
            Some(taken) => taken?,
            None => self.open(labels, point)?,
        };
        self.counts.samples += 1;
        if point.time > self.newest {
            self.newest = point.time;
        }
        self.trim();
        Ok(id)
    }

    /// Adds a sample to a series, where it is still there.
    fn extend(&mut self, id: SeriesId, point: Point) -> Option<Result<SeriesId, Refused>> {
        let aged_by = self.aged_by();
        let series = self.series.get_mut(&id)?;
        if point.time < series.stay.horizon(aged_by) {
            return Some(Err(Refused::TooOld));
        }
        if let Push::OutOfOrder = series.push(point) {
            return Some(Err(Refused::OutOfOrder));
        }
        if series.rank() < series.ranked {
            self.rank(id);
        }
        Some(Ok(id))
    }

    fn open(&mut self, labels: &Labels, point: Point) -> Result<SeriesId, Refused> {
        let stay = self.stays.of(labels);
        if point.time < stay.horizon(self.aged_by()) {
            return Err(Refused::TooOld);
        }
        // Each has its last sample at least.
        if self.series.len() >= self.limits.series.min(self.limits.samples) {
            self.evict_idle(point.time)?;
        }
        let id = self.next;
        self.next += 1;
        let labels = Arc::new(labels.clone());
        self.index.insert(&labels, id);
        self.ids.insert(Arc::clone(&labels), id);
        let series = Series::new(labels, point, stay);
        self.series.insert(id, series);
        self.put_in(id);
        Ok(id)
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
