//! What each integration was told last, and whether it is to be told again.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alert::{Alert, Fingerprint};
use super::integration::IntegrationId;
use super::kept::Kept;

/// Names an integration of a receiver, as far as it tells of a group: what a log entry is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogKey {
    /// The key of the group.
    pub group: String,
    /// The receiver's name.
    pub receiver: String,
    /// The integration of the receiver.
    pub integration: IntegrationId,
}

/// Holds what an integration was told last of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The alerts that fired.
    pub firing: BTreeSet<Fingerprint>,
    /// The alerts that had ended, and those told of once.
    pub resolved: BTreeSet<Fingerprint>,
    /// The alerts of which it was told before that they fire, and that were kept quiet: where ends are told after that.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub quiet: BTreeSet<Fingerprint>,
    /// When that was.
    pub at: Duration,
    /// When the flush began that it was told in: what has ended since is of a later episode.
    #[serde(default)]
    pub flushed: Duration,
    /// When it is forgotten.
    pub expires: Duration,
}

impl Entry {
    /// Takes what a batch tells of: nothing of times.
    pub fn of<'a>(alerts: impl IntoIterator<Item = &'a Alert>) -> Self {
        let mut entry = Self::default();
        for alert in alerts {
            let set = match alert.ends_at {
                None if !alert.once => &mut entry.firing,
                _ => &mut entry.resolved,
            };
            set.insert(alert.fingerprint());
        }
        entry
    }

    /// Says whether it was told that all of these fire.
    #[must_use]
    pub fn knows_firing(&self, alerts: &BTreeSet<Fingerprint>) -> bool {
        alerts.is_subset(&self.firing)
    }

    /// Says whether it was told that all of these have ended.
    #[must_use]
    pub fn knows_resolved(&self, alerts: &BTreeSet<Fingerprint>) -> bool {
        alerts.is_subset(&self.resolved)
    }
}

/// Says why a group is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing was told, or that nothing fires any more.
    First,
    /// Alerts fire that did not.
    Added,
    /// Alerts have ended, and others fire.
    SomeResolved,
    /// All that fired has ended.
    AllResolved,
    /// It was told long ago.
    Repeat,
    /// Something happened that is told of once, and nothing else changed.
    Happened,
}

impl Reason {
    /// Returns it in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first notification",
            Self::Added => "new alerts added",
            Self::SomeResolved => "some alerts resolved",
            Self::AllResolved => "all alerts resolved",
            Self::Repeat => "repeat interval elapsed",
            Self::Happened => "something happened",
        }
    }
}

/// Decides whether an integration is told of what fires and has ended at `now`, the start of a flush.
///
/// `repeat` is how long until what did not change is told again.
#[must_use]
pub fn decide(
    entry: Option<&Entry>,
    told: &Entry,
    send_resolved: bool,
    repeat: Duration,
    now: Duration,
) -> Option<Reason> {
    let (firing, resolved) = (&told.firing, &told.resolved);
    let Some(entry) = entry else {
        return (!firing.is_empty()).then_some(Reason::First);
    };
    if !entry.knows_firing(firing) {
        return Some(match entry.firing.is_empty() {
            true => Reason::First,
            false => Reason::Added,
        });
    }
    if firing.is_empty() {
        // Without `send_resolved` too, so that the log forgets what fired.
        return (!entry.firing.is_empty()).then_some(Reason::AllResolved);
    }
    if send_resolved && !entry.knows_resolved(resolved) {
        return Some(Reason::SomeResolved);
    }
    (entry.at.saturating_add(repeat) < now).then_some(Reason::Repeat)
}

/// Holds the newest entry of each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    pub(super) entries: Kept<LogKey, Entry>,
}

impl Log {
    /// Returns how long an entry is kept: no longer than two repeats, if it is repeated at all.
    #[must_use]
    pub fn lifetime(retention: Duration, repeat: Duration) -> Duration {
        match repeat.is_zero() {
            true => retention,
            false => retention.min(repeat.saturating_mul(2)),
        }
    }

    /// Returns the entry of a key.
    #[must_use]
    pub fn get(&self, key: &LogKey) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Takes what was told now: it is what the other side knows, whatever the clock said when it was told before.
    pub fn put(&mut self, key: LogKey, entry: Entry) {
        self.entries.insert(key, entry);
    }

    /// Keeps an entry until a time at least.
    pub(super) fn keep(&mut self, key: &LogKey, until: Duration) {
        if self.entries.get(key).is_some_and(|it| it.expires < until)
            && let Some(entry) = self.entries.change(key)
        {
            entry.expires = until;
        }
    }

    /// Takes what another log knows: what has not expired and is newer.
    pub fn merge(&mut self, other: Self, now: Duration) {
        for (key, entry) in other.entries.iter() {
            let known = self.entries.get(key);
            if entry.expires > now && known.is_none_or(|known| known.at < entry.at) {
                self.entries.insert(key.clone(), entry.clone());
            }
        }
    }

    /// Forgets what has expired.
    pub fn collect(&mut self, now: Duration) {
        self.entries.retain(|_, entry| entry.expires > now);
    }

    /// Lists all entries.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&LogKey, &Entry)> {
        self.entries.iter()
    }
}
