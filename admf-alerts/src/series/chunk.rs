//! A run of samples of one series.

/// Shows one sample: milliseconds since the Unix epoch, and a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// The value, which may be NaN or infinite.
    pub value: f64,
}

/// How many samples a chunk takes: 12 bytes each, and about 70 bytes of its own.
pub(super) const SAMPLES: usize = 128;

/// Samples in order of time, times as milliseconds since the first.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    start: i64,
    times: Vec<u32>,
    values: Vec<f64>,
}

impl Chunk {
    pub(super) fn new(point: Point) -> Self {
        Self {
            start: point.time,
            times: vec![0],
            values: vec![point.value],
        }
    }

    /// Takes a sample that is later than all it has; `false` where it is full or would span too much.
    pub(super) fn push(&mut self, point: Point, span: i64) -> bool {
        let since = point.time.saturating_sub(self.start);
        let Ok(time) = u32::try_from(since) else {
            return false;
        };
        if self.times.len() == SAMPLES || since > span {
            return false;
        }
        self.times.push(time);
        self.values.push(point.value);
        true
    }

    pub(super) fn start(&self) -> i64 {
        self.start
    }

    /// Moves all samples in time.
    pub(super) fn shift(&mut self, by: i64) {
        self.start = self.start.saturating_add(by);
    }

    pub(super) fn end(&self) -> i64 {
        let last = self.times.last().copied().unwrap_or_default();
        self.start.saturating_add(i64::from(last))
    }

    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// Bytes on the heap, of what is reserved too.
    pub(super) fn bytes(&self) -> usize {
        self.times.capacity() * size_of::<u32>() + self.values.capacity() * size_of::<f64>()
    }

    /// How many samples are not later than `time`.
    fn until(&self, time: i64) -> usize {
        self.times
            .partition_point(|&it| self.start + i64::from(it) <= time)
    }

    fn point(&self, index: usize) -> Point {
        Point {
            time: self.start + i64::from(self.times[index]),
            value: self.values[index],
        }
    }

    /// The last sample that is not later than `time`.
    pub(super) fn last_until(&self, time: i64) -> Option<Point> {
        let index = self.until(time).checked_sub(1)?;
        Some(self.point(index))
    }

    pub(super) fn last(&self) -> Option<Point> {
        let index = self.len().checked_sub(1)?;
        Some(self.point(index))
    }

    /// Drops the older half, and says how many that were; the last sample stays.
    pub(super) fn drop_older(&mut self) -> usize {
        let half = self.len() / 2;
        let first = self.times.get(half).copied().unwrap_or_default();
        self.times.drain(..half);
        self.values.drain(..half);
        self.times.iter_mut().for_each(|time| *time -= first);
        self.start += i64::from(first);
        half
    }

    /// The samples later than `after`, but not than `until`.
    pub(super) fn between(&self, after: i64, until: i64) -> impl Iterator<Item = Point> {
        let from = self.until(after);
        (from..self.until(until).max(from)).map(|index| self.point(index))
    }
}
