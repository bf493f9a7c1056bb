//! What a limiter lets its callers know.

use std::sync::Arc;
use std::time::Duration;

use super::RateLimiter;
use crate::Gate;

/// What is left of a rate at one moment: the numbers of `RateLimit` headers.
///
/// Who is the only caller, and makes up to `remaining` calls or waits for `reset_after`, is not
/// refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Number of permits that can be taken at once after a quiet time.
    pub limit: u32,
    /// Length of time in which as many come back.
    pub window: Duration,
    /// Number of permits that could be taken now, those who wait having had their turn.
    pub remaining: u32,
    /// Time until all permits are back, if nobody else comes.
    pub reset_after: Duration,
}

/// What knows its [`Quota`]: a rate limiter, and a tuple of gates of which the last is one.
pub trait Metered {
    /// Returns what is left now.
    fn quota(&self) -> Quota;
}

impl Metered for RateLimiter {
    fn quota(&self) -> Quota {
        self.quota()
    }
}

impl<M: Metered + ?Sized> Metered for Arc<M> {
    fn quota(&self) -> Quota {
        (**self).quota()
    }
}

impl<M: Metered + ?Sized> Metered for &M {
    fn quota(&self) -> Quota {
        (**self).quota()
    }
}

impl<A: Gate, M: Metered> Metered for (A, M) {
    fn quota(&self) -> Quota {
        self.1.quota()
    }
}

impl<A: Gate, B: Gate, M: Metered> Metered for (A, B, M) {
    fn quota(&self) -> Quota {
        self.2.quota()
    }
}

impl<A: Gate, B: Gate, C: Gate, M: Metered> Metered for (A, B, C, M) {
    fn quota(&self) -> Quota {
        self.3.quota()
    }
}
