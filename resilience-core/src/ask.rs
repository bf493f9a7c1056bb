//! What a call wants.

use std::cell::Cell;

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

impl Default for Ask {
    #[inline]
    fn default() -> Self {
        Self {
            cost: 1,
            priority: Priority::default(),
            deadline: None,
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
