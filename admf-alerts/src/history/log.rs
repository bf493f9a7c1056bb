//! The entries.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::filter::Filter;
use super::kind::Kind;
use super::limits::Limits;
use crate::notify::IntegrationId;
use crate::notify::kept::Kept;

/// What an entry takes beside its texts, in bytes.
const ENTRY: usize = 128;

/// Holds what happened, once or several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Tells it from all others; what happened later has a greater one.
    pub number: u64,
    /// When it happened first, since the Unix epoch.
    pub first: Duration,
    /// When it happened last.
    pub last: Duration,
    /// How often.
    pub count: u64,
    /// What happened; of several times, the last.
    pub event: Event,
}

impl Entry {
    fn bytes(&self) -> usize {
        ENTRY + self.event.bytes()
    }
}

/// Tells apart what is added up: kind, receiver, channel, group.
type Story = (Kind, String, Option<IntegrationId>, String);

fn story(kind: Kind, event: &Event) -> Story {
    let (receiver, group) = (event.receiver.clone(), event.group.clone());
    (kind, receiver, event.integration.clone(), group)
}

/// Holds what happened, as long as there is room for it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::history::{Event, Filter, History, Kind};
///
/// let mut history = History::default();
/// for second in 0..60 {
///     let mut failed = Event::new(Kind::NoticeFailed, "connection refused");
///     failed.receiver = "team".to_owned();
///     history.note(Duration::from_secs(second), failed);
/// }
/// history.note(Duration::from_secs(60), Event::new(Kind::ConfigReloaded, "3 routes"));
///
/// let all = Filter::default();
/// let newest: Vec<_> = history.select(&all).collect();
/// assert_eq!(newest.len(), 2);
/// assert_eq!(newest[0].event.kind, Kind::ConfigReloaded);
/// assert_eq!((newest[1].count, newest[1].last), (60, Duration::from_secs(59)));
/// ```
#[derive(Debug)]
pub struct History {
    limits: Limits,
    entries: Kept<u64, Entry>,
    next: u64,
    bytes: usize,
    /// The entry that the next one like it is added to.
    open: BTreeMap<Story, u64>,
    /// Whether somebody holds all but what is noted as changed.
    watched: bool,
}

/// Holds what changed in a [`History`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Changes {
    /// Whether this is all there is, so that nothing that was kept before counts.
    pub whole: bool,
    /// The entries, by number; what is `None` is gone.
    pub entries: BTreeMap<u64, Option<Entry>>,
    /// The number of the next one.
    pub next: u64,
}

impl Default for History {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl History {
    /// Begins with nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: Kept::default(),
            next: 1,
            bytes: 0,
            open: BTreeMap::new(),
            watched: false,
        }
    }

    /// Takes what happened at `now`, and returns its number.
    ///
    /// What failed again in the same way, with no success since, is no entry of its own: the one before is counted up,
    /// says what was said last, and takes the new number.
    pub fn note(&mut self, now: Duration, event: Event) -> u64 {
        let event = event.within(self.limits.entry_bytes);
        let before = event.kind.repeats().then(|| story(event.kind, &event));
        let before = before.and_then(|it| self.open.get(&it).copied());
        let before = before.and_then(|number| self.remove(number));
        let number = self.next;
        self.next = number.saturating_add(1);
        let (first, count) = before.map_or((now, 0), |it| (it.first, it.count));
        self.insert(Entry {
            number,
            first: first.min(now),
            last: now,
            count: count.saturating_add(1),
            event,
        });
        self.collect(now);
        number
    }

    fn insert(&mut self, entry: Entry) {
        let event = &entry.event;
        for kind in event.kind.ends() {
            self.open.remove(&story(*kind, event));
        }
        if event.kind.repeats() {
            self.open.insert(story(event.kind, event), entry.number);
        }
        self.bytes += entry.bytes();
        self.entries.insert(entry.number, entry);
    }

    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.entries.remove(&number)?;
        self.bytes -= entry.bytes();
        if entry.event.kind.repeats() {
            let story = story(entry.event.kind, &entry.event);
            if self.open.get(&story) == Some(&number) {
                self.open.remove(&story);
            }
        }
        Some(entry)
    }

    /// Forgets what is too old, or too much.
    pub fn collect(&mut self, now: Duration) {
        while let Some((&number, oldest)) = self.entries.first_key_value() {
            let limits = &self.limits;
            let much = self.entries.len() > limits.entries || self.bytes > limits.bytes;
            if !much && now < oldest.last.saturating_add(limits.age) {
                return;
            }
            self.remove(number);
        }
    }

    /// Takes other limits.
    pub fn limit(&mut self, limits: Limits, now: Duration) {
        self.limits = limits;
        self.collect(now);
    }

    /// Lists what a filter asks for, the newest first.
    pub fn select<'h>(&'h self, filter: &'h Filter) -> impl Iterator<Item = &'h Entry> + use<'h> {
        let newest = self.entries.values().rev();
        let taken = newest.filter(|entry| filter.takes(entry));
        taken.take(filter.limit.unwrap_or(usize::MAX))
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes over what a store holds, and the next number; whatever was there before is gone.
    pub fn restore(&mut self, entries: impl IntoIterator<Item = Entry>, next: u64, now: Duration) {
        *self = Self::new(self.limits.clone());
        self.next = next.max(1);
        for entry in entries {
            self.next = self.next.max(entry.number.saturating_add(1));
            self.insert(entry);
        }
        self.watched = true;
        self.entries.take(|_| ());
        self.collect(now);
    }

    /// Returns what changed since the last time, for a store that holds the rest; all, if nobody has asked yet.
    pub fn take_changes(&mut self) -> Changes {
        Changes {
            whole: !std::mem::replace(&mut self.watched, true),
            entries: self.entries.take(Clone::clone),
            next: self.next,
        }
    }

    /// Notes no changes until somebody asks for them again, and gets all: for a store that lost some.
    pub fn forget_changes(&mut self) {
        self.watched = false;
        self.entries.forget_changes();
    }
}

impl Changes {
    /// Says whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.whole && self.entries.is_empty()
    }
}
