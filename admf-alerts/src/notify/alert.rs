//! Alerts as they are handed over, by an engine or by a Prometheus.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::state;
use crate::labels::Labels;

/// Names a label set by 64 bits, as Alertmanager does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// Computes FNV-1a over name, 0xff, value, 0xff of each label.
    ///
    /// They must come sorted by name. An empty value counts as any other.
    pub fn of<'l>(labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut take = |text: &str| {
            for byte in text.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for (name, value) in labels {
            take(name);
            take(value);
        }
        Self(hash)
    }
}

/// 16 digits of base 16.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Holds an alert as it was posted; what it does not say is filled in when it is [taken](super::Notifier::post).
///
/// Times are the length of time since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// What tells it from others; at least one.
    pub labels: Labels,
    /// What it says to people.
    pub annotations: BTreeMap<String, String>,
    /// When it began; now, or its end, if it does not say.
    pub starts_at: Option<Duration>,
    /// When it ended or will be held for ended; after the resolve timeout if it does not say.
    pub ends_at: Option<Duration>,
    /// Where it comes from.
    pub generator_url: String,
}

/// As an engine shows it: while it fires, it ends unless it is posted again.
impl From<crate::engine::Notice> for Posted {
    fn from(notice: crate::engine::Notice) -> Self {
        Self {
            labels: notice.alert.labels,
            annotations: notice.alert.annotations,
            starts_at: Some(notice.starts_at),
            ends_at: Some(notice.ends_at),
            generator_url: String::new(),
        }
    }
}

/// Holds an alert that is known: it fires until its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Alert {
    /// What tells it from others.
    #[serde(with = "state::labels")]
    pub labels: Labels,
    /// What it says to people.
    pub annotations: BTreeMap<String, String>,
    /// When it began.
    pub starts_at: Duration,
    /// When it ends. In a batch `None` says that it fires, whatever becomes of it while the batch is sent.
    pub ends_at: Option<Duration>,
    /// When it was last posted.
    pub updated_at: Duration,
    /// When it was first posted with this beginning and this end.
    #[serde(default)]
    pub learned_at: Duration,
    /// Whether its end was given by nobody: it ends unless it is posted again.
    pub timeout: bool,
    /// Whether it is told of once, as something that happened: it never fires, and nobody waits for its end.
    pub once: bool,
    /// Where it comes from.
    pub generator_url: String,
}

impl Alert {
    /// Fills in what a post does not say.
    #[must_use]
    pub fn new(posted: Posted, now: Duration, resolve_timeout: Duration) -> Self {
        Self {
            starts_at: posted.starts_at.or(posted.ends_at).unwrap_or(now),
            ends_at: Some(
                posted
                    .ends_at
                    .unwrap_or(now.saturating_add(resolve_timeout)),
            ),
            timeout: posted.ends_at.is_none(),
            once: false,
            updated_at: now,
            learned_at: now,
            labels: posted.labels,
            annotations: posted.annotations,
            generator_url: posted.generator_url,
        }
    }

    /// Names its label set; with its time, if it is told of once.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let time = self.once.then(|| self.starts_at.as_nanos().to_string());
        let time = time.iter().map(|it| ("", it.as_str()));
        Fingerprint::of(self.labels.iter().chain(time))
    }

    /// Says whether it has ended at `now`; at the very end it has.
    #[must_use]
    pub fn is_resolved(&self, now: Duration) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    /// Takes `newer`, an alert of the same labels: one alert if they overlap, else `newer` alone.
    #[must_use]
    pub fn followed_by(self, newer: Self, now: Duration) -> Self {
        let (start, end) = (self.starts_at, self.ends_at);
        let within = |time: Duration| time > start && end.is_none_or(|end| time < end);
        if newer.ends_at.is_some_and(within) || within(newer.starts_at) {
            return self.merged(newer, now);
        }
        newer
    }

    /// Merges two alerts of the same labels. The one that was updated last, the other one if both were at one time,
    /// says what it is; it began with the first. The later end counts where neither or both have ended, unless it is
    /// a timeout of the older one.
    #[must_use]
    pub fn merged(self, other: Self, now: Duration) -> Self {
        if other.updated_at < self.updated_at {
            return other.merged(self, now);
        }
        let (old, mut new) = (self, other);
        let later = old
            .ends_at
            .is_none_or(|old| new.ends_at.is_some_and(|new| old > new));
        let counts = match new.is_resolved(now) {
            true => old.is_resolved(now),
            false => !old.timeout,
        };
        if later && counts {
            new.ends_at = old.ends_at;
        }
        new.starts_at = new.starts_at.min(old.starts_at);
        new
    }
}
