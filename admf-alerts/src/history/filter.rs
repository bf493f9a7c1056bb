//! Which entries somebody asks for.

use std::collections::BTreeSet;
use std::time::Duration;

use super::event::Kind;
use super::log::Entry;
use crate::series::Matcher;

/// Says which entries are asked for. Default: all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// From when on.
    pub since: Option<Duration>,
    /// Before when.
    pub until: Option<Duration>,
    /// Of which kinds; empty: of all.
    pub kinds: BTreeSet<Kind>,
    /// What their labels are like; a label that is not there is empty.
    pub matchers: Vec<Matcher>,
    /// How many, of the newest; `None`: all.
    pub limit: Option<usize>,
}

impl Filter {
    /// Says whether an entry is asked for. One that happened several times is, if any part of that time is.
    #[must_use]
    pub fn takes(&self, entry: &Entry) -> bool {
        let event = &entry.event;
        self.since.is_none_or(|since| since <= entry.last)
            && self.until.is_none_or(|until| entry.first < until)
            && (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && self.matchers.iter().all(|it| it.matches(&event.labels))
    }
}
