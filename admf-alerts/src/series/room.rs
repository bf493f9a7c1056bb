//! How a store keeps within its bounds.

use super::limits::Refused;
use super::series::Series;
use super::{SeriesId, Store};

impl Store {
    /// Makes room for a series by letting go the one that was idle longest, if one was.
    pub(super) fn evict_idle(&mut self, time: i64) -> Result<(), Refused> {
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
    pub(super) fn horizon(&self) -> i64 {
        self.newest.saturating_sub(self.limits.age)
    }

    /// Drops what is too old, and the oldest of what is too much.
    pub(super) fn trim(&mut self) {
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
}
