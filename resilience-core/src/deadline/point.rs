use std::time::Duration;

use crate::Time;

/// The moment from which on an answer is of no use.
///
/// It is absolute, so that it means the same after every wait: whoever passes it on need not reckon
/// what was used up on the way. At the very moment it has passed.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Deadline, Time};
///
/// let (second, now) = (Duration::from_secs(1), Time::ZERO);
/// let inherited = Deadline::within(3 * second, now);
/// let own = Deadline::within(5 * second, now);
/// let deadline = Deadline::earliest([inherited, own]).unwrap();
/// assert_eq!(deadline.left(now.after(second)), 2 * second);
/// assert!(deadline.has_passed(now.after(3 * second)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(Time);

impl Deadline {
    /// Creates the deadline at `time`.
    #[must_use]
    pub const fn at(time: Time) -> Self {
        Self(time)
    }

    /// Creates the deadline `left` after `now`, at the latest at the end of the clock.
    #[must_use]
    pub fn within(left: Duration, now: Time) -> Self {
        Self(now.after(left))
    }

    /// Returns the first of several; of none, none.
    pub fn earliest(deadlines: impl IntoIterator<Item = Self>) -> Option<Self> {
        deadlines.into_iter().min()
    }

    /// Returns the moment.
    #[must_use]
    pub const fn time(self) -> Time {
        self.0
    }

    /// Returns how long an answer is still of use at `now`; zero where it is not any more.
    #[must_use]
    pub fn left(self, now: Time) -> Duration {
        self.0.since(now)
    }

    /// Says whether an answer at `now` comes too late.
    #[must_use]
    pub fn has_passed(self, now: Time) -> bool {
        self.0 <= now
    }
}

impl From<Time> for Deadline {
    fn from(time: Time) -> Self {
        Self(time)
    }
}
