//! One run of attempts.

use std::time::Duration;

use super::Retry;
use super::state::{Run, UsedUp};
use crate::{Hint, Outcome, Time};

/// The attempts of one call.
///
/// A run goes by the time limit and the budget of its beginning and by the attempts, the back-off
/// and the hints of its first failure, whatever [`reconfigure`](Retry::reconfigure) says later.
#[derive(Debug)]
pub struct Attempts {
    retry: Retry,
    run: Run,
    /// Whether the run's request was counted by the budget.
    budgeted: bool,
}

/// What an attempt told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// How it ended; only a failure is repeated.
    pub outcome: Outcome,
    /// Whether a policy of ours refused it, so that nothing was sent. The outcome is then nothing.
    pub rejected: bool,
    /// What the callee asked of a repetition.
    pub hint: Hint,
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            rejected: false,
            hint: Hint::None,
        }
    }
}

impl Attempts {
    #[inline]
    pub(super) fn new(retry: Retry, until: Option<Time>, budgeted: bool) -> Self {
        let run = Run::new(until);
        Self {
            retry,
            run,
            budgeted,
        }
    }

    /// Returns how long to wait before the next attempt, or `None` where the run ends.
    ///
    /// `outcome`, `rejected` and `hint` are what the attempt told that just ended: see [`Verdict`].
    /// What is granted is taken from the budget, so ask only where another attempt can be made, and
    /// do make it.
    ///
    /// # Cancel safety
    ///
    /// A retry that was granted and then not made, because the caller went away while it waited, is
    /// not given back to the budget.
    #[inline]
    pub fn next(&mut self, outcome: Outcome, rejected: bool, hint: Hint) -> Option<Duration> {
        self.run.count(rejected);
        let repeatable = match rejected {
            true => self.retry.0.refused(),
            false => outcome == Outcome::Failure,
        };
        match repeatable && hint != Hint::DoNotRetry {
            true => self.again(hint),
            false => None,
        }
    }

    /// Says whether the attempt that was granted may still begin, where it had to wait for something
    /// else than its time, such as a service to be ready. Where it may not, the run has given up.
    #[must_use]
    pub fn may_begin(&mut self) -> bool {
        let policy = &self.retry.0;
        let late = self
            .run
            .until
            .is_some_and(|until| policy.env().now() >= until);
        if late {
            policy.withdraw(self.run.sent);
        }
        !late
    }

    /// Returns the number of attempts that were sent and have ended.
    #[must_use]
    pub const fn sent(&self) -> u32 {
        self.run.sent
    }

    #[cold]
    fn again(&mut self, hint: Hint) -> Option<Duration> {
        let next = self.try_again(hint);
        self.retry.0.count(next.err(), self.run.sent);
        next.ok()
    }

    fn try_again(&mut self, hint: Hint) -> Result<Duration, UsedUp> {
        let Self {
            retry,
            run,
            budgeted,
        } = self;
        let (policy, env) = (&retry.0, retry.0.env());
        let delay = run.delay(hint, || policy.settings(), env.chance())?;
        if run.until.is_some() {
            run.fits(delay, env.now())?;
        }
        let budget = budgeted.then(|| policy.budget.any()).flatten();
        match budget.is_none_or(super::RetryBudget::try_withdraw) {
            true => Ok(delay),
            false => Err(UsedUp::Budget),
        }
    }
}

/// The result of an attempt, and whether it was sent.
///
/// What a run ends with is the result of the last attempt that was sent: a refusal after it says
/// that nothing was sent, which is no longer true. Only where none was sent it is the last refusal.
/// Whoever makes several attempts for one call keeps to this by [`after`](Self::after).
///
/// ```
/// use resilience_core::retry::Attempted;
///
/// let sent = Attempted { result: "timed out", rejected: false };
/// let refused = Attempted { result: "circuit open", rejected: true };
/// assert_eq!(refused.clone().after(Some(sent.clone())), sent);
/// assert_eq!(sent.clone().after(Some(refused.clone())), sent);
/// assert_eq!(refused.clone().after(None), refused);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempted<T> {
    /// What came of it.
    pub result: T,
    /// Whether a policy of ours refused it, so that nothing was sent.
    pub rejected: bool,
}

impl<T> Attempted<T> {
    /// Returns what stands once this attempt followed `earlier` ones, given what stood before.
    #[inline]
    #[must_use]
    pub fn after(self, earlier: Option<Self>) -> Self {
        match earlier {
            Some(sent) if self.rejected && !sent.rejected => sent,
            _ => self,
        }
    }
}
