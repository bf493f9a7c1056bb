//! What a call wants.

use std::cell::Cell;
use std::time::Duration;

use crate::{Deadline, Env, Time};

/// What a call wants of the gates it passes, and the time at which it asks.
///
/// The clock is read when the first gate needs the time, and not again for the gates after it: an ask
/// is for one moment. Make a new one where time has passed, such as after a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// How much the call takes of what is metered; 0 takes nothing. Default: 1.
    pub cost: u32,
    /// How much the call matters: for gates of the caller's own, none of this crate looks at it.
    pub priority: Priority,
    /// When the answer stops being of use, on the clock of the policies. Bulkheads, queues, retries and
    /// timeouts look at it; a circuit breaker, and a limiter by `try_acquire`, do not. Default: never.
    pub deadline: Option<Deadline>,
    /// How far the call may be repeated. Default: as far as the policy says.
    pub retries: RetryLimits,
    /// The time, and which clock it was read from.
    read: Cell<Option<(usize, Time)>>,
}

/// How much a call matters, from the first to be shed to the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Can be left out without harm.
    Sheddable,
    /// Matters as much as most.
    #[default]
    Normal,
    /// Is let through as long as anything is.
    Critical,
}

/// How far one call may be repeated. Where a policy allows less, the policy's number holds.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Ask, Env, Hint, Outcome, Retry, RetryLimits};
///
/// let (env, clock) = Env::manual();
/// let retry = Retry::new("quotes", Default::default(), &env)?;
/// let fail = |ask: Ask| retry.start(&ask).unwrap().next(Outcome::Failure, false, Hint::None);
/// assert!(fail(Ask::default()).is_some());
/// assert!(fail(Ask::default().retries(RetryLimits::NONE)).is_none());
///
/// let soon = RetryLimits { max_total: Duration::from_millis(100), ..Default::default() };
/// assert!(fail(Ask::default().retries(soon)).is_none());
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RetryLimits {
    /// Number of attempts including the first, which is made in any case. Default: no limit.
    pub max_attempts: u32,
    /// Time from the call's beginning after which no attempt begins but the first. Default: no limit.
    pub max_total: Duration,
}

impl RetryLimits {
    /// No repetition at all.
    pub const NONE: Self = Self {
        max_attempts: 1,
        max_total: Duration::MAX,
    };

    /// Returns the smaller of each two limits.
    #[inline]
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            max_attempts: self.max_attempts.min(other.max_attempts),
            max_total: self.max_total.min(other.max_total),
        }
    }
}

impl Default for RetryLimits {
    #[inline]
    fn default() -> Self {
        Self {
            max_attempts: u32::MAX,
            max_total: Duration::MAX,
        }
    }
}

impl Default for Ask {
    #[inline]
    fn default() -> Self {
        Self {
            cost: 1,
            priority: Priority::default(),
            deadline: None,
            retries: RetryLimits::default(),
            read: Cell::new(None),
        }
    }
}

impl Ask {
    /// Asks for `cost` in place of 1.
    #[must_use]
    pub fn cost(self, cost: u32) -> Self {
        Self { cost, ..self }
    }

    /// Sets how much the call matters.
    #[must_use]
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Sets when the answer stops being of use.
    #[must_use]
    pub fn deadline(self, deadline: impl Into<Deadline>) -> Self {
        Self {
            deadline: Some(deadline.into()),
            ..self
        }
    }

    /// Sets how far the call may be repeated.
    #[must_use]
    pub fn retries(self, retries: RetryLimits) -> Self {
        Self { retries, ..self }
    }

    /// Says whether the deadline has passed, on `env`'s clock; without one, never.
    pub fn is_late(&self, env: &Env) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline.has_passed(self.now(env)))
    }

    /// Returns the time of the asking, read from `env`'s clock at the first call.
    ///
    /// Clocks have different origins, so gates of different clocks read once each.
    #[inline]
    pub fn now(&self, env: &Env) -> Time {
        let clock = env.clock_id();
        match self.read.get() {
            Some((of, time)) if of == clock => time,
            _ => {
                let time = env.now();
                self.read.set(Some((clock, time)));
                time
            }
        }
    }
}
