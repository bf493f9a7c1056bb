//! How a store keeps within its bounds.

use super::limits::Refused;
use super::series::Series;
use super::{SeriesId, Store};

impl Store {
    /// Makes room for a series by letting go one that has ended, or else was idle longest, if one was.
    pub(super) fn evict_idle(&mut self, time: i64) -> Result<(), Refused> {
        let &(rank, id) = self.by_rank.first().ok_or(Refused::Full)?;
        if rank >= self.newest.max(time) {
            return Err(Refused::Full);
        }
        self.remove(id);
        self.counts.evicted += 1;
        Ok(())
    }

    fn remove(&mut self, id: SeriesId) {
        self.take_out(id);
        let Some(series) = self.series.remove(&id) else {
            return;
        };
        self.counts.samples -= series.samples();
        self.index.remove(series.labels(), id);
        self.ids.remove(series.labels());
    }

    /// Puts a series among the others, in all orders: who goes first of what.
    pub(super) fn put_in(&mut self, id: SeriesId) {
        let series = self.series.get(&id).expect("every id has its series");
        self.by_rank.insert((series.rank(), id));
        self.by_start.insert((series.start(), id));
        self.by_end.insert((series.kept_until(), id));
    }

    /// Takes it out of them; before it changes, as it is found by what it is.
    fn take_out(&mut self, id: SeriesId) {
        let series = self.series.get(&id).expect("every id has its series");
        self.by_rank.remove(&(series.rank(), id));
        self.by_start.remove(&(series.start(), id));
        self.by_end.remove(&(series.kept_until(), id));
    }

    /// Drops what is too old, and the oldest of what is too much.
    pub(super) fn trim(&mut self) {
        while let Some(&(end, id)) = self.by_end.first()
            && end < self.newest
        {
            self.drop_from(id, Series::drop_front);
        }
        while self.counts.samples > self.limits.samples {
            let older =
                |it: &&(i64, SeriesId)| self.series.get(&it.1).is_some_and(Series::has_older);
            // There are no more series than samples, so that one of them has more than its last.
            let Some(&(_, id)) = self.by_start.iter().find(older) else {
                break;
            };
            self.counts.dropped += self.drop_from(id, Series::drop_older);
        }
    }

    fn drop_from(&mut self, id: SeriesId, drop: fn(&mut Series) -> usize) -> usize {
        self.take_out(id);
        let series = self.series.get_mut(&id).expect("every id has its series");
        let dropped = drop(series);
        let is_empty = series.is_empty();
        self.counts.samples -= dropped;
        self.put_in(id);
        if is_empty {
            self.remove(id);
        }
        dropped
    }
}
