//! What was recorded, outcome by outcome.

use resilience_core::WindowConfig;

#[derive(Debug, Default)]
pub(crate) struct Log {
    records: Vec<Logged>,
    /// The newest bucket that was seen, which emptying does not change.
    newest: u64,
}

#[derive(Clone, Copy, Debug)]
struct Logged {
    bucket: u64,
    failed: bool,
    slow: bool,
}

impl Log {
    pub(crate) fn push(&mut self, failed: bool, slow: bool) {
        let bucket = self.newest;
        self.records.push(Logged {
            bucket,
            failed,
            slow,
        });
    }

    pub(crate) fn empty(&mut self) {
        self.records.clear();
    }

    /// Begins the bucket of `now` and drops what is too old.
    pub(crate) fn age(&mut self, window: Option<WindowConfig>, created: u64, now: u64) {
        if let Some((time, window)) = window.as_ref().and_then(|it| Some((it.time?, it))) {
            let age = u128::from(now.saturating_sub(created));
            let bucket = age * u128::from(window.buckets) / time.as_nanos();
            self.newest = self.newest.max(bucket as u64);
            let newest = self.newest;
            self.records
                .retain(|it| newest - it.bucket < window.buckets.into());
        }
        self.cut(window);
    }

    /// Drops what is more than the window counts, or all where there is none.
    pub(crate) fn cut(&mut self, window: Option<WindowConfig>) {
        let most = window.map_or(0, |it| it.count.unwrap_or(u32::MAX));
        let extra = self.records.len().saturating_sub(most as usize);
        self.records.drain(..extra);
    }

    /// Returns the numbers of calls, failures and slow calls.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let count =
            |of: fn(&Logged) -> bool| self.records.iter().filter(|it| of(it)).count() as u64;
        (count(|_| true), count(|it| it.failed), count(|it| it.slow))
    }
}
