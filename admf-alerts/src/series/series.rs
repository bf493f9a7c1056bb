//! One series: its labels and its samples.

use std::collections::VecDeque;
use std::sync::Arc;

use super::chunk::{Chunk, Point};
use super::is_stale;
use super::stay::Stay;
use crate::labels::Labels;

/// Shows one series of a [`Store`](super::Store).
#[derive(Debug)]
pub struct Series {
    labels: Arc<Labels>,
    chunks: VecDeque<Chunk>,
    last: i64,
    pub(super) stay: Stay,
    /// What its rank was once.
    pub(super) ranked: i64,
}

/// What became of a sample.
pub(super) enum Push {
    Joined,
    Opened,
    OutOfOrder,
}

impl Series {
    pub(super) fn new(labels: Arc<Labels>, point: Point, stay: Stay) -> Self {
        let mut series = Self {
            labels,
            chunks: VecDeque::from([Chunk::new(point)]),
            last: point.time,
            stay,
            ranked: 0,
        };
        series.ranked = series.rank();
        series
    }

    /// Returns the labels, the name as `__name__` among them.
    #[must_use]
    pub fn labels(&self) -> &Arc<Labels> {
        &self.labels
    }

    /// Returns the time of the last sample, stale or not.
    #[must_use]
    pub fn last_time(&self) -> i64 {
        self.last
    }

    /// Returns the last sample at or before `time`, unless it is later than `after` no more, or stale.
    #[must_use]
    pub fn at(&self, time: i64, after: i64) -> Option<Point> {
        let index = self.chunks.partition_point(|chunk| chunk.start() <= time);
        let point = self.chunks.get(index.checked_sub(1)?)?.last_until(time)?;
        (point.time > after && !is_stale(point.value)).then_some(point)
    }

    /// Adds the samples later than `after` and not later than `until` to `points`, without stale ones.
    pub fn read(&self, after: i64, until: i64, points: &mut Vec<Point>) {
        let from = self.chunks.partition_point(|chunk| chunk.end() <= after);
        for chunk in self.chunks.range(from..) {
            if chunk.start() > until {
                break;
            }
            let found = chunk.between(after, until);
            points.extend(found.filter(|point| !is_stale(point.value)));
        }
    }

    pub(super) fn push(&mut self, point: Point) -> Push {
        if point.time <= self.last {
            return Push::OutOfOrder;
        }
        self.last = point.time;
        let last = self.chunks.back_mut();
        if last.is_some_and(|chunk| chunk.push(point, self.stay.span())) {
            return Push::Joined;
        }
        self.chunks.push_back(Chunk::new(point));
        Push::Opened
    }

    /// When its first sample after a time is.
    pub(super) fn first_after(&self, time: i64) -> Option<i64> {
        let at = self.chunks.partition_point(|chunk| chunk.end() <= time);
        let chunk = self.chunks.get(at)?;
        let point = chunk.between(time, i64::MAX).next()?;
        Some(point.time)
    }

    /// Moves the samples that are not later than `until` in time; none may overtake another.
    pub(super) fn shift(&mut self, until: i64, by: i64) {
        self.last = i64::MIN;
        for mut chunk in std::mem::take(&mut self.chunks) {
            if chunk.end() <= until {
                chunk.shift(by);
                self.last = chunk.end();
                self.chunks.push_back(chunk);
                continue;
            }
            for point in chunk.between(i64::MIN, i64::MAX) {
                let moved = if point.time <= until { by } else { 0 };
                self.push(Point {
                    time: point.time.saturating_add(moved),
                    ..point
                });
            }
        }
    }

    /// Until when it is not idle: one that has ended is before all others.
    pub(super) fn rank(&self) -> i64 {
        let last = self.chunks.back().and_then(Chunk::last);
        match last.is_some_and(|point| is_stale(point.value)) {
            true => i64::MIN,
            false => self.stay.busy_until(self.last),
        }
    }

    /// Says whether there are samples besides the last one.
    pub(super) fn has_older(&self) -> bool {
        self.chunks.len() > 1 || self.chunks.front().is_some_and(|chunk| chunk.len() > 1)
    }

    /// Drops the oldest samples but never the last one, and says how many.
    pub(super) fn drop_older(&mut self) -> usize {
        match self.chunks.len() {
            0 => 0,
            1 => self.chunks[0].drop_older(),
            _ => self.drop_front(),
        }
    }

    /// Says whether it has no sample left.
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The time of its first sample.
    pub(super) fn start(&self) -> i64 {
        self.chunks.front().map_or(self.last, Chunk::start)
    }

    /// Until when its oldest chunk is kept.
    pub(super) fn kept_until(&self) -> i64 {
        let oldest = self.chunks.front();
        oldest.map_or(self.last, |chunk| self.stay.kept_until(chunk))
    }

    /// Drops the oldest chunk and says how many samples it had.
    pub(super) fn drop_front(&mut self) -> usize {
        self.chunks.pop_front().map_or(0, |chunk| chunk.len())
    }

    pub(super) fn samples(&self) -> usize {
        self.chunks.iter().map(Chunk::len).sum()
    }

    pub(super) fn bytes(&self) -> usize {
        let chunks = self.chunks.capacity() * size_of::<Chunk>();
        chunks + self.chunks.iter().map(Chunk::bytes).sum::<usize>()
    }
}
