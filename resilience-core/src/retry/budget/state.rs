//! What a budget holds: requests and retries of the latest time.

use crate::Time;
use crate::clock::nanos;
use crate::retry::RetryBudgetConfig;
use crate::window::{Mark, TimeWindow, Totals};

/// Number of parts that a window leaves in.
const BUCKETS: u32 = 10;

/// One retry in the unit of all sums, 10⁻¹⁸ of one: the product of a rate in billionths of a second
/// and a time in nanoseconds is whole.
const RETRY: i128 = 1_000_000_000_000_000_000;

/// Requests and retries of the latest time, by a count of all requests that its owner keeps.
#[derive(Debug)]
pub(super) struct State {
    created: Time,
    config: RetryBudgetConfig,
    terms: Terms,
    /// Its records are the requests, and a failure among them is a retry.
    counts: TimeWindow,
    /// Number of retries refused so far.
    pub(super) refused: u64,
}

/// What a window is worth, in 10⁻¹⁸ of a retry.
#[derive(Debug)]
struct Terms {
    floor: i128,
    /// For each request.
    share: i128,
}

impl Terms {
    fn new(config: &RetryBudgetConfig) -> Self {
        let floor = billionths(config.floor_per_second);
        let floor = floor.saturating_mul(i128::from(nanos(config.window)));
        Self {
            // With at most 2⁶³ requests beside it, no sum overflows, nor does the number of retries.
            floor: floor.min(RETRY * i128::from(i64::MAX)),
            share: billionths(config.ratio) * 1_000_000_000,
        }
    }

    fn balance(&self, totals: Totals) -> i128 {
        let earned = self.share * i128::from(totals.calls);
        self.floor + earned - RETRY * i128::from(totals.failures)
    }
}

impl State {
    pub(super) fn new(config: &RetryBudgetConfig, created: Time) -> Self {
        Self {
            created,
            config: config.clone(),
            terms: Terms::new(config),
            counts: TimeWindow::new(config.window, BUCKETS, created),
            refused: 0,
        }
    }

    pub(super) const fn config(&self) -> &RetryBudgetConfig {
        &self.config
    }

    /// Brings the window up to `now`, when there were `requests` requests, and returns when it has
    /// to be brought up again.
    pub(super) fn advance(&mut self, requests: u64, now: Time) -> Time {
        self.counts.advance(requests, now);
        self.counts.next_bucket()
    }

    /// Takes `cost` retries, if there are so many.
    pub(super) fn try_withdraw(&mut self, requests: u64, cost: u32) -> bool {
        let balance = self.terms.balance(self.counts.totals(requests));
        let granted = cost == 0 || balance >= RETRY * i128::from(cost);
        match granted {
            true => self.counts.note_times(A_RETRY, cost.into()),
            false => self.refused += 1,
        }
        granted
    }

    /// Returns the whole retries that would be granted, and what is in the window.
    pub(super) fn read(&self, requests: u64) -> (u64, Totals) {
        let totals = self.counts.totals(requests);
        let whole = self.terms.balance(totals).max(0) / RETRY;
        (u64::try_from(whole).unwrap_or(u64::MAX), totals)
    }

    /// Replaces the numbers. What is in the window stays, and where the window's length changes,
    /// counts as if it had just come.
    pub(super) fn reconfigure(&mut self, config: &RetryBudgetConfig, requests: u64, now: Time) {
        self.terms = Terms::new(config);
        let window = std::mem::replace(&mut self.config, config.clone()).window;
        if config.window == window {
            return;
        }
        let held = self.counts.totals(requests);
        self.counts = TimeWindow::new(config.window, BUCKETS, self.created);
        self.counts.advance(0, now);
        self.counts.clear(requests - held.calls);
        self.counts.note_times(A_RETRY, held.failures);
    }
}

const A_RETRY: Mark = Mark {
    failed: true,
    slow: false,
};

/// Returns `number`, which is not negative, in billionths: exact for nine decimals as long as it
/// is below a few millions.
fn billionths(number: f64) -> i128 {
    // The cast saturates.
    (number * 1e9).round() as i128
}
