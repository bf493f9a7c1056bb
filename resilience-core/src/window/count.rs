//! The last N records, known by the positions of the failures and slow calls among them.

use std::collections::VecDeque;

use super::{Mark, Totals};

/// What is not a plain success among the last `size` records.
#[derive(Clone, Debug)]
pub(crate) struct CountWindow {
    size: u64,
    /// Position of the first record that counts at all.
    base: u64,
    /// Oldest first.
    marks: VecDeque<Marked>,
    failures: u64,
    slow: u64,
}

/// A position and what is there, in one word: `position | slow | failed`.
#[derive(Clone, Copy, Debug)]
struct Marked(u64);

impl Marked {
    fn new(position: u64, mark: Mark) -> Self {
        Self(position << 2 | u64::from(mark.slow) << 1 | u64::from(mark.failed))
    }

    fn position(self) -> u64 {
        self.0 >> 2
    }

    fn mark(self) -> Mark {
        Mark {
            failed: self.0 & 1 != 0,
            slow: self.0 & 2 != 0,
        }
    }
}

impl CountWindow {
    pub(super) fn new(size: u32) -> Self {
        Self {
            size: size.into(),
            base: 0,
            // All there will ever be, so that a failure allocates nothing.
            marks: VecDeque::with_capacity(size as usize),
            failures: 0,
            slow: 0,
        }
    }

    pub(super) fn note(&mut self, position: u64, mark: Mark) {
        self.forget(position + 1);
        self.failures += u64::from(mark.failed);
        self.slow += u64::from(mark.slow);
        self.marks.push_back(Marked::new(position, mark));
    }

    pub(super) fn totals(&mut self, records: u64) -> Totals {
        self.forget(records);
        Totals {
            calls: (records - self.base).min(self.size),
            failures: self.failures,
            slow: self.slow,
        }
    }

    pub(super) fn clear(&mut self, records: u64) {
        self.base = records;
        self.marks.clear();
        self.failures = 0;
        self.slow = 0;
    }

    pub(super) fn renumber(&mut self, from: u64, to: u64) {
        self.forget(from);
        self.base = self.base.max(from.saturating_sub(self.size));
        for it in &mut self.marks {
            *it = Marked::new(to - (from - it.position()), it.mark());
        }
        self.base = to - (from - self.base);
    }

    /// Takes the size of `wanted` and keeps the latest records that fit both sizes, of `records`.
    pub(crate) fn resize(&mut self, wanted: Self, records: u64) {
        self.forget(records);
        let kept = self.totals(records).calls.min(wanted.size);
        self.size = wanted.size;
        self.base = records - kept;
        self.forget(records);
        let missing = usize::try_from(self.size).unwrap_or(usize::MAX);
        self.marks
            .reserve_exact(missing.saturating_sub(self.marks.len()));
    }

    /// Returns the number of records from which on a plain success changes nothing, until the next
    /// mark.
    pub(crate) fn unchanged_from(&self) -> u64 {
        let full = self.base + self.size;
        let latest = self.marks.back();
        let clean = latest.map_or(0, |it| it.position() + self.size + 1);
        full.max(clean)
    }

    pub(super) fn filled_to(&self, calls: u64) -> u64 {
        self.base + calls
    }

    /// Drops what is not among the latest of `records` records.
    fn forget(&mut self, records: u64) {
        let first = records.saturating_sub(self.size).max(self.base);
        while let Some(oldest) = self.marks.front().filter(|it| it.position() < first) {
            self.failures -= u64::from(oldest.mark().failed);
            self.slow -= u64::from(oldest.mark().slow);
            self.marks.pop_front();
        }
    }
}
