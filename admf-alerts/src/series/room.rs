//! How a store keeps within its bounds.

use super::limits::Refused;
use super::series::Series;
use super::{SeriesId, Store};

impl Store {
    /// Makes room for a series by letting go one that has ended, or else was idle longest, if one was.
    pub(super) fn evict_idle(&mut self, time: i64) -> Result<(), Refused> {
        let now = self.newest.max(time);
        while let Some(&(ranked, id)) = self.by_rank.first()
            && ranked < now
        {
            // Samples came since, most likely. Each is looked at once for each time that it is in the way.
            if self.rank(id) == ranked {
                self.remove(id);
                self.counts.evicted += 1;
                return Ok(());
            }
        }
        Err(Refused::Full)
    }

    /// Puts a series where it is by what it is now.
    pub(super) fn rank(&mut self, id: SeriesId) -> i64 {
        let series = self.series.get_mut(&id).expect("every id has its series");
        let rank = series.rank();
        if rank != series.ranked {
            self.by_rank.remove(&(series.ranked, id));
            self.by_rank.insert((rank, id));
            series.ranked = rank;
        }
        rank
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
        self.by_rank.insert((series.ranked, id));
        self.by_start.insert((series.start(), id));
        self.by_end.insert((series.kept_until(), id));
    }

    /// Puts all in anew.
    pub(super) fn put_all_in(&mut self) {
        self.by_rank.clear();
        self.by_end.clear();
        self.by_start.clear();
        for (&id, series) in &mut self.series {
            series.ranked = series.rank();
            self.by_rank.insert((series.ranked, id));
            self.by_start.insert((series.start(), id));
            self.by_end.insert((series.kept_until(), id));
        }
    }

    /// The time as of which samples are too old.
    pub(super) fn aged_by(&self) -> i64 {
        self.newest.min(self.looked.unwrap_or(i64::MAX))
    }

    /// Takes it out of them; before it changes, as it is found by what it is.
    fn take_out(&mut self, id: SeriesId) {
        let series = self.series.get(&id).expect("every id has its series");
        self.by_rank.remove(&(series.ranked, id));
        self.by_start.remove(&(series.start(), id));
        self.by_end.remove(&(series.kept_until(), id));
    }

    /// Drops what is too old, and the oldest of what is too much.
    pub(super) fn trim(&mut self) {
        while let Some(&(end, id)) = self.by_end.first()
            && end < self.aged_by()
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::{Limits, NAME, STALE, Store};
    use crate::labels::Labels;

    fn labels(id: u8) -> Labels {
        Labels::from_iter([(NAME, "m".to_owned()), ("id", id.to_string())])
    }

    proptest! {
        /// Of all series that are idle the one goes that ended, or else was idle first.
        #[test]
        fn who_makes_room_is_who_was_idle_first_however_often_others_were_heard_of(
            steps in prop::collection::vec((0_u8..12, 1_i64..120_000, prop::bool::weighted(0.1)), 1..300),
        ) {
            let limits = Limits::default().series(4).idle(Duration::from_secs(60));
            let mut store = Store::new(limits).unwrap();
            // The time of the last sample, and whether that was a mark of the end; in the order in which they came.
            let mut naive: Vec<(u8, i64, bool)> = vec![];
            let mut now = 0;
            for (id, step, ends) in steps {
                now += step;
                let value = if ends { f64::from_bits(STALE) } else { 1.0 };
                let taken = store.append(&labels(id), now, value).is_ok();
                if let Some(known) = naive.iter_mut().find(|it| it.0 == id) {
                    *known = (id, now, ends);
                } else {
                    if naive.len() == 4 {
                        let first = naive.iter().copied().enumerate();
                        let (at, first) = first.min_by_key(|(at, it)| (!it.2, if it.2 { 0 } else { it.1 }, *at)).unwrap();
                        prop_assert_eq!(taken, first.2 || first.1 + 60_000 < now);
                        if taken {
                            naive.remove(at);
                        }
                    }
                    naive.extend(taken.then_some((id, now, ends)));
                }
                let mut expected: Vec<u8> = naive.iter().map(|it| it.0).collect();
                let mut found: Vec<u8> =
                    store.select(&[]).iter().map(|it| it.labels().get("id").unwrap().parse().unwrap()).collect();
                expected.sort_unstable();
                found.sort_unstable();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
