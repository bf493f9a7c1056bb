//! How long the stack waits for what.

use std::time::Duration;

/// The times of the stack, in real time.
///
/// A scripted day passes twenty times faster than the day it stands for, and so do these: an attempt
/// that a real service would give two seconds has 100 ms here. What brings a venue back is quicker
/// still, because bars are replayed at full speed: a calm month between two bad ones lasts no longer
/// than its few orders, some ten milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    /// How long a venue may take to answer one attempt.
    pub(crate) attempt: Duration,
    /// How long an order may take in all, with every attempt, wait and question.
    pub(crate) order: Duration,
    /// How long a venue is asked at a stretch what became of an order in doubt: who goes on waiting
    /// keeps all other orders of the day waiting, and the engine asks again on the next one.
    pub(crate) doubt: Duration,
    /// How long a quote may take in all, before the last good one is served.
    pub(crate) quote: Duration,
    /// How long a quote is fresh: less than the quickest feed takes from one to the next.
    pub(crate) fresh: Duration,
    /// The first and the longest wait between two attempts.
    pub(crate) backoff: [Duration; 2],
    /// The first and the longest wait between two questions about an order in doubt, and before an
    /// order is brought once more to venues that both refused it.
    pub(crate) patience: [Duration; 2],
    /// The longest wait that a venue is believed: `retry-after-ms` is exact and shorter, a
    /// `Retry-After` in whole seconds is of another time scale.
    pub(crate) hint_max: Duration,
    /// How long a circuit stays open at first, and at most while probes fail.
    pub(crate) open: [Duration; 2],
    /// How long a venue may take to say that it is well.
    pub(crate) health: Duration,
    /// How often a venue that has failed is asked for its health.
    pub(crate) probe_every: Duration,
    /// How long the budget remembers requests and retries.
    pub(crate) budget: Duration,
}

/// What the stack's limit leaves of the caller's: so it is the stack that says what became of an
/// order, and not the caller who ran out of patience.
const MARGIN: Duration = Duration::from_millis(50);

/// How long a venue that is well may take to answer.
pub(super) const WELL: Duration = Duration::from_millis(20);

impl Times {
    /// Returns the times of a service whose orders are given up after `order_timeout`.
    pub(crate) fn new(order_timeout: Duration) -> Self {
        let ms = Duration::from_millis;
        let order = order_timeout.saturating_sub(MARGIN).max(ms(1));
        Self {
            attempt: ms(100),
            order,
            doubt: order / 2,
            quote: ms(250),
            fresh: ms(5),
            backoff: [ms(4), ms(50)],
            patience: [ms(5), ms(80)],
            hint_max: ms(50),
            open: [ms(15), ms(60)],
            health: WELL,
            probe_every: ms(4),
            budget: ms(500),
        }
    }
}
