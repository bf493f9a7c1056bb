//! How a store keeps within its bounds.

use super::limits::Refused;
use super::series::Series;
use super::{SeriesId, Store};

impl Store {
    /// Makes room for a series by letting go one that has ended, or else was idle longest, if one was.
    pub(super) fn evict_idle(&mut self, time: i64) -> Result<(), Refused> {
        let &(rank, id) = self.by_last.first().ok_or(Refused::Full)?;
        if rank >= self.newest.max(time).saturating_sub(self.limits.idle) {
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
        self.by_last.remove(&(series.rank(), id));
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
        while let Some(&(start, id)) = self.by_start.first()
            && start < before
        {
            self.drop_from(start, id, Series::drop_front);
        }
        while self.counts.samples > self.limits.samples {
            let older =
                |it: &&(i64, SeriesId)| self.series.get(&it.1).is_some_and(Series::has_older);
            // There are no more series than samples, so that one of them has more than its last.
            let Some(&(start, id)) = self.by_start.iter().find(older) else {
                break;
            };
            self.counts.dropped += self.drop_from(start, id, Series::drop_older);
        }
    }

    fn drop_from(&mut self, start: i64, id: SeriesId, drop: fn(&mut Series) -> usize) -> usize {
        self.by_start.remove(&(start, id));
        let series = self.series.get_mut(&id).expect("every id has its series");
        let rank = series.rank();
        let dropped = drop(series);
        self.counts.samples -= dropped;
        match series.start() {
            Some(start) => {
                self.by_start.insert((start, id));
            }
            None => {
                self.by_last.remove(&(rank, id));
                self.remove(id);
            }
        }
        dropped
    }
}
