//! What a store has, moved in time.

use super::Store;
use super::series::Series;

impl Store {
    /// Says what time it is for whoever looks at it. From then on samples are too old by that, or by the newest one where
    /// that is older, so that none goes because the clock jumped since.
    pub(crate) fn look_at(&mut self, time: i64) {
        self.looked = Some(time);
    }

    /// Nobody looked for `by` after `since`: what there was until then goes ahead by that, as if it had come so much later.
    /// `false` where samples came all the same meanwhile; then all stays as it is.
    pub(crate) fn skip(&mut self, since: i64, by: i64) -> bool {
        let end = since.saturating_add(by);
        let mut first = self.series.values().filter_map(|it| it.first_after(since));
        if first.any(|time| time <= end) {
            return false;
        }
        self.shift(since, by);
        self.breaks.push(end);
        let oldest = self.by_start.first().map_or(i64::MAX, |it| it.0);
        self.breaks.retain(|time| *time >= oldest);
        true
    }

    /// The clock that all times are of was set back.
    pub(crate) fn set_back(&mut self, by: i64) {
        self.shift(i64::MAX, by.saturating_neg());
    }

    /// Returns after which times nobody looked for a while.
    pub(crate) fn breaks(&self) -> &[i64] {
        &self.breaks
    }

    fn shift(&mut self, until: i64, by: i64) {
        for series in self.series.values_mut() {
            series.shift(until, by);
        }
        for time in &mut self.breaks {
            *time = time.saturating_add(by);
        }
        self.put_all_in();
        let last = self.series.values().map(Series::last_time).max();
        self.newest = last.unwrap_or(self.newest);
    }
}
