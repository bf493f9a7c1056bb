//! What one source says, scrape by scrape.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;

use super::{NAME, STALE, SeriesId, Store};
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
    series: HashTable<Said>,
    /// Seeded, because labels come from outside.
    hasher: RandomState,
    /// The number of the scrape.
    scrapes: u64,
    /// The time of the latest one.
    latest: Option<i64>,
    /// Nobody looked before the next scrape: what is missing in it may come yet.
    is_waking: bool,
}

/// A series that the source had when it was last asked.
#[derive(Clone, Debug)]
struct Said {
    hash: u64,
    labels: Arc<Labels>,
    /// Its number in the store, which may have let it go since.
    id: SeriesId,
    /// In which scrape.
    last: u64,
}

/// Gives samples, such as those of a scrape: each series once.
///
/// [`Samples`](crate::Samples) does, and with the feature `metrics` an `admf_metrics::Exporter`, whose hooks run for it.
pub trait Source {
    /// Gives all samples that there are now.
    fn give(&self, to: &mut Scrape<'_>);
}

/// Takes the samples of one scrape.
pub struct Scrape<'f> {
    feed: &'f mut Feed,
    store: &'f mut Store,
    time: i64,
    wanted: &'f dyn Fn(&str) -> bool,
}

impl Feed {
    /// Takes what the source said at a time: labels with `__name__`, and a value. What the store refuses
    /// it counts. No samples at all is what a source that cannot be read says. What is missing at a time that is no later
    /// than before has ended at the next that is.
    pub fn scrape<I>(&mut self, store: &mut Store, time: i64, samples: I)
    where
        I: IntoIterator<Item = (Labels, f64)>,
    {
        self.taken(store, time, &|_| true, |to| {
            for (labels, value) in samples {
                to.put(labels.iter(), value);
            }
        });
    }

    /// Does so with what a source gives. A series that it had the last time is found without allocating anything.
    pub fn scrape_from(&mut self, store: &mut Store, time: i64, source: &impl Source) {
        self.scrape_wanted(store, time, source, &|_| true);
    }

    /// Takes the series with these names alone.
    pub(crate) fn scrape_wanted(
        &mut self,
        store: &mut Store,
        time: i64,
        source: &impl Source,
        wanted: &dyn Fn(&str) -> bool,
    ) {
        self.taken(store, time, wanted, |to| source.give(to));
    }

    /// Says whether it took nothing yet.
    pub(crate) fn is_unused(&self) -> bool {
        self.latest.is_none()
    }

    /// Says whether all it took was before a time.
    pub(crate) fn is_before(&self, time: i64) -> bool {
        self.latest.is_none_or(|latest| latest < time)
    }

    /// Moves the time of what it took, as that was moved in the store.
    pub(crate) fn shift(&mut self, by: i64) {
        self.latest = self.latest.map(|latest| latest.saturating_add(by));
    }

    /// Says that nobody looked before the next scrape: what is missing in that has not ended for it.
    pub(crate) fn wake(&mut self) {
        self.is_waking = true;
    }

    fn taken(
        &mut self,
        store: &mut Store,
        time: i64,
        wanted: &dyn Fn(&str) -> bool,
        give: impl FnOnce(&mut Scrape<'_>),
    ) {
        self.scrapes = self.scrapes.wrapping_add(1);
        give(&mut Scrape {
            feed: self,
            store,
            time,
            wanted,
        });
        if !self.is_before(time) {
            return;
        }
        self.latest = Some(time);
        if std::mem::take(&mut self.is_waking) {
            return;
        }
        let this = self.scrapes;
        self.series.retain(|said| {
            if said.last == this {
                return true;
            }
            if store.ids.contains_key(&said.labels) {
                let _ = store.append(&said.labels, time, f64::from_bits(STALE));
            }
            false
        });
    }
}

impl<'f> Scrape<'f> {
    /// Returns which names samples are taken of: who gives others may as well leave them out.
    pub fn wanted(&self) -> &'f dyn Fn(&str) -> bool {
        self.wanted
    }

    /// Takes a sample: the name of its series, its labels in any order, a value. What the store refuses it counts.
    pub fn sample<'l, L>(&mut self, name: &'l str, labels: L, value: f64)
    where
        L: Iterator<Item = (&'l str, &'l str)> + Clone,
    {
        if (self.wanted)(name) {
            let labels = labels.filter(|(label, _)| *label != NAME);
            self.put(labels.chain([(NAME, name)]), value);
        }
    }

    fn put<'l>(&mut self, labels: impl Iterator<Item = (&'l str, &'l str)> + Clone, value: f64) {
        // An empty label is none.
        let labels = labels.filter(|(_, value)| !value.is_empty());
        let Feed {
            series,
            hasher,
            scrapes,
            ..
        } = &mut *self.feed;
        let hashes = labels.clone().map(|label| hasher.hash_one(label));
        let hash = hashes.fold(0, u64::wrapping_add);
        let same = |said: &Said| {
            let mut all = labels.clone();
            said.hash == hash
                && said.labels.len() == labels.clone().count()
                && all.all(|(name, value)| said.labels.get(name) == Some(value))
        };
        if let Some(said) = series.find_mut(hash, same) {
            said.last = *scrapes;
            // Counted by the store, and the rest of the scrape is as good as before.
            let taken = self
                .store
                .append_to(Some(said.id), &said.labels, self.time, value);
            said.id = taken.unwrap_or(said.id);
            return;
        }
        let labels: Labels = labels.collect();
        let _ = self.store.append(&labels, self.time, value);
        // What the store has no room for has no end to be marked.
        let Some((held, &id)) = self.store.ids.get_key_value(&labels) else {
            return;
        };
        let said = Said {
            hash,
            labels: Arc::clone(held),
            id,
            last: *scrapes,
        };
        series.insert_unique(hash, said, |said| said.hash);
    }
}

impl fmt::Debug for Scrape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scrape = f.debug_struct("Scrape");
        scrape.field("time", &self.time).finish_non_exhaustive()
    }
}
