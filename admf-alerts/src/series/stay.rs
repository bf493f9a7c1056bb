//! For how long series stay, metric by metric.

use std::collections::HashMap;
use std::time::Duration;

use super::NAME;
use super::chunk::Chunk;
use super::limits::{Limits, millis};
use crate::labels::Labels;

/// For how long one series stays, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    /// How long its samples are kept, counted back from the newest of the store.
    age: i64,
    /// How long it is without a sample before it makes room for another.
    idle: i64,
}

impl Stay {
    /// The longest time a chunk may span.
    pub(super) fn span(self) -> i64 {
        self.age / 8
    }

    /// The time before which no sample need be kept.
    pub(super) fn horizon(self, newest: i64) -> i64 {
        newest.saturating_sub(self.age)
    }

    /// The newest time up to which a chunk is kept: later all of its samples are too old, those too that may join it.
    pub(super) fn kept_until(self, chunk: &Chunk) -> i64 {
        let full = chunk.start().saturating_add(self.span());
        full.max(chunk.end()).saturating_add(self.age)
    }

    /// The newest time up to which a series is not idle that has its last sample at a time.
    pub(super) fn busy_until(self, last: i64) -> i64 {
        last.saturating_add(self.idle)
    }
}

/// For how long the series of each metric stay.
#[derive(Clone, Debug)]
pub(super) struct Stays {
    others: Stay,
    named: HashMap<String, Stay>,
}

impl Stays {
    /// All stay as the limits say.
    pub(super) fn new(limits: &Limits) -> Self {
        let &Limits { age, idle, .. } = limits;
        Self {
            others: Stay { age, idle },
            named: HashMap::new(),
        }
    }

    /// Each metric stays for as long as it is looked back at, the others for another time. None is idle while it is seen.
    pub(super) fn by_name<'n>(
        limits: &Limits,
        others: Duration,
        named: impl IntoIterator<Item = (&'n str, Duration)>,
    ) -> Self {
        let stay = |age| {
            let age = millis(age);
            let idle = limits.idle.max(age);
            Stay { age, idle }
        };
        let named = named.into_iter();
        Self {
            others: stay(others),
            named: named
                .map(|(name, age)| (name.to_owned(), stay(age)))
                .collect(),
        }
    }

    pub(super) fn of(&self, labels: &Labels) -> Stay {
        let named = labels.get(NAME).and_then(|name| self.named.get(name));
        named.copied().unwrap_or(self.others)
    }
}
