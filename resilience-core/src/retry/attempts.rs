//! One run of attempts.

use std::time::Duration;

use super::Retry;
use super::state::{Cause, Run};
use super::told::{self, GivenUp};
use crate::{Hint, Outcome};

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
    /// What a retry inside the attempt that is under way told when it gave up.
    told: Option<GivenUp>,
    gave_up: Option<Cause>,
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
    /// How many retries a repetition takes from the budget, 1 for most; 0 takes nothing.
    ///
    /// What costs the callee much, such as a call that was timed out and may be at work still, should
    /// cost more than what costs it nothing, such as one that it throttled.
    pub cost: u32,
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            rejected: false,
            hint: Hint::None,
            cost: 1,
        }
    }
}

impl Attempts {
    #[inline]
    pub(super) const fn new(retry: Retry, run: Run, budgeted: bool) -> Self {
        Self {
            retry,
            run,
            budgeted,
            told: None,
            gave_up: None,
        }
    }

    /// Runs a step of the attempt that is under way, such as one poll of it, and hears of a retry that
    /// gives up in there: then the attempt is not repeated should it fail, so that retries happen at
    /// one layer only.
    #[inline]
    pub fn step<T>(&mut self, step: impl FnOnce() -> T) -> T {
        let (out, told) = told::listen(step);
        self.told = told.or(self.told);
        out
    }

    /// Returns how long to wait before the next attempt, or `None` where the run ends: what
    /// [`after`](Self::after) says, at a cost of 1.
    ///
    /// # Cancel safety
    ///
    /// As [`after`](Self::after).
    #[inline]
    pub fn next(&mut self, outcome: Outcome, rejected: bool, hint: Hint) -> Option<Duration> {
        self.after(Verdict {
            outcome,
            rejected,
            hint,
            cost: 1,
        })
    }

    /// Returns how long to wait before the next attempt, given what the one told that just ended, or
    /// `None` where the run ends.
    ///
    /// What is granted is taken from the budget, so ask only where another attempt can be made, and
    /// do make it; where none can be made, [`end`](Self::end) the run instead.
    ///
    /// # Cancel safety
    ///
    /// A retry that was granted and then not made, because the caller went away while it waited, is
    /// not given back to the budget.
    #[inline]
    pub fn after(&mut self, verdict: Verdict) -> Option<Duration> {
        let Verdict {
            outcome, rejected, ..
        } = verdict;
        self.run.count(rejected);
        let repeatable = match rejected {
            true => self.retry.0.refused(),
            false => outcome == Outcome::Failure,
        };
        match repeatable {
            true => self.again(verdict),
            false => {
                self.pass_on(outcome);
                None
            }
        }
    }

    /// Ends the run with an attempt that cannot be repeated, whatever the policy says. That is no
    /// giving up.
    #[inline]
    pub fn end(&mut self, verdict: Verdict) {
        self.run.count(verdict.rejected);
        if verdict.rejected {
            self.retry.0.refused();
        }
        self.pass_on(verdict.outcome);
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
            self.give_up(Cause::Time);
        }
        !late
    }

    /// Returns why the run gave up, once it has.
    #[must_use]
    pub const fn gave_up(&self) -> Option<Cause> {
        self.gave_up
    }

    /// Returns the number of attempts that were sent and have ended.
    #[must_use]
    pub const fn sent(&self) -> u32 {
        self.run.sent
    }

    /// Tells those further out of a retry further in that gave up, unless all went well in the end.
    #[inline]
    fn pass_on(&mut self, outcome: Outcome) {
        if let (Some(told), true) = (self.told.take(), outcome != Outcome::Success) {
            told::tell(told);
        }
    }

    /// Remembers and tells why the run gave up; where one further in did, it tells its own cause.
    fn give_up(&mut self, cause: Cause) {
        self.gave_up = Some(cause);
        let attempts = self.run.sent;
        let own = GivenUp { attempts, cause };
        told::tell(self.told.take().unwrap_or(own));
    }

    #[cold]
    fn again(&mut self, verdict: Verdict) -> Option<Duration> {
        let next = self.try_again(verdict);
        self.retry.0.count(next.err(), self.run.sent);
        match next {
            Ok(_) => self.told = None,
            Err(cause) => self.give_up(cause),
        }
        next.ok()
    }

    fn try_again(&mut self, Verdict { hint, cost, .. }: Verdict) -> Result<Duration, Cause> {
        if self.told.is_some() || hint == Hint::DoNotRetry {
            return Err(Cause::DoNotRetry);
        }
        let Self {
            retry,
            run,
            budgeted,
            ..
        } = self;
        let (policy, env) = (&retry.0, retry.0.env());
        let delay = run.delay(hint, || policy.settings(), env.chance())?;
        if run.until.is_some() {
            run.fits(delay, env.now())?;
        }
        let budget = budgeted.then(|| policy.budget.any()).flatten();
        match budget.is_none_or(|it| it.try_withdraw_cost(cost)) {
            true => Ok(delay),
            false => Err(Cause::Budget),
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
