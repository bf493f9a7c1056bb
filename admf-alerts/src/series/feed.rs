//! What one source says, scrape by scrape.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::{HashMap, HashTable};

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
    /// What the source has numbers for, by these.
    numbered: HashMap<u64, Said>,
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
    /// Of its labels, where it is found by them.
    hash: u64,
    labels: Arc<Labels>,
    /// Whether anybody asks for it: that is decided when it is new, and when others ask.
    wanted: bool,
    /// Its number in the store, which may have let it go since; `None`: it is not there.
    id: Option<SeriesId>,
    /// In which scrape.
    last: u64,
}

/// Says which series are asked for.
pub(crate) trait Wants {
    /// Says whether any with this name may be.
    fn name(&self, name: &str) -> bool;
    /// Says whether one is that has such a name.
    fn series(&self, labels: &Labels) -> bool;
}

/// Asks for all.
struct All;

impl Wants for All {
    fn name(&self, _: &str) -> bool {
        true
    }

    fn series(&self, _: &Labels) -> bool {
        true
    }
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
    wanted: &'f dyn Wants,
}

impl Said {
    /// Takes a sample of it.
    fn take(&mut self, store: &mut Store, scrape: u64, time: i64, value: f64) {
        self.last = scrape;
        if !self.wanted {
            return self.end(store, time);
        }
        // What is refused is counted by the store, and the rest of the scrape is as good as before.
        if let Ok(id) = store.append_to(self.id, &self.labels, time, value) {
            self.id = Some(id);
        }
    }

    /// Marks it as ended, if it is in the store and does not go on there under another number.
    fn end(&mut self, store: &mut Store, time: i64) {
        let id = self.id.and_then(|_| store.ids.get(&self.labels));
        let held = id.and_then(|id| store.series.get(id));
        if held.is_some_and(|it| it.last_time() >= time) {
            return;
        }
        if held.is_some() {
            let _ = store.append(&self.labels, time, f64::from_bits(STALE));
        }
        self.id = None;
    }
}

impl Feed {
    /// Takes what the source said at a time: labels with `__name__`, and a value. What the store refuses
    /// it counts. No samples at all is what a source that cannot be read says. What is missing at a time that is no later
    /// than before has ended at the next that is.
    pub fn scrape<I>(&mut self, store: &mut Store, time: i64, samples: I)
    where
        I: IntoIterator<Item = (Labels, f64)>,
    {
        self.taken(store, time, &All, |to| {
            for (labels, value) in samples {
                to.put(labels.iter(), value);
            }
        });
    }

    /// Does so with what a source gives. A series that it had the last time is found without allocating anything.
    pub fn scrape_from(&mut self, store: &mut Store, time: i64, source: &impl Source) {
        self.scrape_wanted(store, time, source, &All);
    }

    /// Takes the series that are asked for.
    pub(crate) fn scrape_wanted(
        &mut self,
        store: &mut Store,
        time: i64,
        source: &impl Source,
        wanted: &dyn Wants,
    ) {
        self.taken(store, time, wanted, |to| source.give(to));
    }

    /// Decides anew which series are asked for.
    pub(crate) fn decide(&mut self, wanted: &dyn Wants) {
        // What is not in the store is new the next time.
        let mut stays = |said: &mut Said| {
            let name = said.labels.get(NAME).unwrap_or_default();
            said.wanted = wanted.name(name) && wanted.series(&said.labels);
            said.id.is_some()
        };
        self.series.retain(&mut stays);
        self.numbered.retain(|_, said| stays(said));
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
        wanted: &dyn Wants,
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
        let mut stays = |said: &mut Said| {
            if said.last != this {
                said.end(store, time);
            }
            said.last == this
        };
        self.series.retain(&mut stays);
        self.numbered.retain(|_, said| stays(said));
    }
}

impl<'f> Scrape<'f> {
    /// Returns which names samples are taken of: who gives others may as well leave them out.
    pub fn wanted(&self) -> impl Fn(&str) -> bool + use<'f> {
        let wanted = self.wanted;
        |name| wanted.name(name)
    }

    /// Takes a sample: the name of its series, its labels in any order, a value. What the store refuses it counts.
    pub fn sample<'l, L>(&mut self, name: &'l str, labels: L, value: f64)
    where
        L: Iterator<Item = (&'l str, &'l str)> + Clone,
    {
        if self.wanted.name(name) {
            let labels = labels.filter(|(label, _)| *label != NAME);
            self.put(labels.chain([(NAME, name)]), value);
        }
    }

    /// Takes a sample of a series that the source numbers: as it does in each scrape, and no other so. Name and labels are
    /// asked for when it is new, or other series are asked for; without any it is left out until then.
    pub fn numbered<'l, L>(
        &mut self,
        number: u64,
        value: f64,
        series: impl FnOnce() -> Option<(&'l str, L)>,
    ) where
        L: Iterator<Item = (&'l str, &'l str)>,
    {
        let feed = &mut *self.feed;
        if let Some(said) = feed.numbered.get_mut(&number) {
            return said.take(self.store, feed.scrapes, self.time, value);
        }
        let labels = series().filter(|(name, _)| self.wanted.name(name));
        let labels = labels.map(|(name, labels)| {
            let labels = labels.filter(|(label, _)| *label != NAME);
            labels.chain([(NAME, name)]).collect()
        });
        if let Some(said) = self.say_first(0, labels, value) {
            self.feed.numbered.insert(number, said);
        }
    }

    fn put<'l>(&mut self, labels: impl Iterator<Item = (&'l str, &'l str)> + Clone, value: f64) {
        // An empty label is none.
        let labels = labels.filter(|(_, value)| !value.is_empty());
        let feed = &mut *self.feed;
        let hashes = labels.clone().map(|label| feed.hasher.hash_one(label));
        let hash = hashes.fold(0, u64::wrapping_add);
        let same = |said: &Said| {
            let mut all = labels.clone();
            said.hash == hash
                && said.labels.len() == labels.clone().count()
                && all.all(|(name, value)| said.labels.get(name) == Some(value))
        };
        if let Some(said) = feed.series.find_mut(hash, same) {
            return said.take(self.store, feed.scrapes, self.time, value);
        }
        if let Some(said) = self.say_first(hash, Some(labels.collect()), value) {
            self.feed.series.insert_unique(hash, said, |said| said.hash);
        }
    }

    /// Takes the first sample of a series; `None`: the store has no room for it, and it has no end to be marked.
    fn say_first(&mut self, hash: u64, labels: Option<Labels>, value: f64) -> Option<Said> {
        let wanted = labels.as_ref().is_some_and(|it| self.wanted.series(it));
        let mut said = Said {
            hash,
            labels: Arc::new(labels.unwrap_or_default()),
            wanted,
            id: None,
            last: self.feed.scrapes,
        };
        if wanted {
            let _ = self.store.append(&said.labels, self.time, value);
            let (held, &id) = self.store.ids.get_key_value(&said.labels)?;
            (said.labels, said.id) = (Arc::clone(held), Some(id));
        }
        Some(said)
    }
}

impl fmt::Debug for Scrape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scrape = f.debug_struct("Scrape");
        scrape.field("time", &self.time).finish_non_exhaustive()
    }
}
