//! Retries around a plain async function.

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use super::{Attempted, Attempts, Cause, Retry, Verdict};
use crate::{Ask, CallError, Hint, Outcome, Rejected, failed};

/// A call that failed for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted<E> {
    /// Number of attempts that were sent.
    pub attempts: u32,
    /// Why it was not repeated any more; `None` where its last error is none that is repeated.
    pub cause: Option<Cause>,
    /// The error of the last attempt that was sent, or of the last one where none was.
    pub last: E,
}

impl<E> fmt::Display for Exhausted<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempts {
            0 => f.write_str("no attempt was sent"),
            1 => f.write_str("failed after 1 attempt"),
            attempts => write!(f, "failed after {attempts} attempts"),
        }
    }
}

impl<E: Error + 'static> Error for Exhausted<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.last)
    }
}

impl Retry {
    /// Calls `op` until it succeeds or the policy ends the run, and waits in between by `sleep`.
    ///
    /// Every error is a failure. One that is or was caused by a [`Rejected`] of ours is not repeated
    /// unless [`retry_rejected`](super::RetryConfig::retry_rejected) says so. For a rule of your own
    /// or a deadline, see [`Attempts::run`].
    ///
    /// # Examples
    ///
    /// `sleep` is that of the caller's runtime, such as `tokio::time::sleep`.
    ///
    /// ```
    /// # use std::{pin::pin, task::{Context, Poll, Waker}};
    /// use std::{cell::Cell, future::ready, io, time::Duration};
    /// use resilience_core::{BackoffConfig, Env, Retry, RetryConfig, Time};
    ///
    /// let (env, clock) = Env::manual();
    /// let second = Duration::from_secs(1);
    /// let config = RetryConfig { backoff: BackoffConfig::fixed(second), ..Default::default() };
    /// let retry = Retry::new("quotes", config, &env)?;
    ///
    /// let failures = Cell::new(2);
    /// let quote = async || match failures.replace(failures.get() - 1) {
    ///     0 => Ok(42),
    ///     _ => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    /// };
    /// let sleep = |delay| {
    ///     clock.advance(delay);
    ///     ready(())
    /// };
    /// let call = retry.call_with(sleep, quote);
    /// # let Poll::Ready(got) = pin!(call).poll(&mut Context::from_waker(Waker::noop())) else {
    /// #     unreachable!("neither sleeps");
    /// # };
    /// # /*
    /// let got = call.await;
    /// # */
    /// assert_eq!(got.unwrap(), 42);
    /// assert_eq!(env.now(), Time::ZERO.after(2 * second));
    /// # Ok::<(), resilience_core::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt that was sent.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, the run ends, and the retry that it waited for stays taken from the
    /// budget.
    pub async fn call_with<T, E, S, F>(
        &self,
        sleep: impl FnMut(Duration) -> S,
        op: impl FnMut() -> F,
    ) -> Result<T, Exhausted<E>>
    where
        E: Error + 'static,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        let attempts = self.begin(&Ask::default());
        attempts.run(Verdict::of, sleep, op).await
    }

    /// Calls `op`, which blocks, as [`call_with`](Self::call_with) does; `sleep` blocks too, such as
    /// the standard library's.
    ///
    /// ```
    /// use std::{cell::Cell, io, time::Duration};
    /// use resilience_core::{Env, Retry, RetryConfig};
    ///
    /// let (env, clock) = Env::manual();
    /// let retry = Retry::new("quotes", RetryConfig::default(), &env)?;
    /// let tries = Cell::new(0);
    /// let quote = || match tries.replace(tries.get() + 1) {
    ///     0 => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    ///     _ => Ok(42),
    /// };
    /// let got = retry.call_blocking(|delay| clock.advance(delay), quote);
    /// assert_eq!((got.unwrap(), tries.get()), (42, 2));
    /// # Ok::<(), resilience_core::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt that was sent.
    pub fn call_blocking<T, E: Error + 'static>(
        &self,
        sleep: impl FnMut(Duration),
        op: impl FnMut() -> Result<T, E>,
    ) -> Result<T, Exhausted<E>> {
        let attempts = self.begin(&Ask::default());
        attempts.run_blocking(Verdict::of, sleep, op)
    }
}

impl Attempts {
    /// Calls `op` until the run ends, waiting in between by `sleep`; `rule` says what each result
    /// tells.
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt that was sent, or of the last one where none was.
    ///
    /// # Cancel safety
    ///
    /// As [`next`](Self::next).
    pub async fn run<T, E, S, F>(
        mut self,
        rule: impl Fn(&Result<T, E>) -> Verdict,
        mut sleep: impl FnMut(Duration) -> S,
        mut op: impl FnMut() -> F,
    ) -> Result<T, Exhausted<E>>
    where
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        let mut earlier = None;
        loop {
            let result = {
                let mut call = pin!(self.step(&mut op));
                poll_fn(|cx| self.step(|| call.as_mut().poll(cx))).await
            };
            match self.judge(&rule, result, &mut earlier) {
                Ok(delay) => sleep(delay).await,
                Err(stands) => return self.close(stands),
            }
            // A timer may be late, and the next attempt with it.
            if !self.may_begin() {
                return self.close_late(earlier);
            }
        }
    }

    /// Calls `op`, which blocks, as [`run`](Self::run) does; `sleep` blocks too.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_blocking<T, E>(
        mut self,
        rule: impl Fn(&Result<T, E>) -> Verdict,
        mut sleep: impl FnMut(Duration),
        mut op: impl FnMut() -> Result<T, E>,
    ) -> Result<T, Exhausted<E>> {
        let mut earlier = None;
        loop {
            let result = self.step(&mut op);
            match self.judge(&rule, result, &mut earlier) {
                Ok(delay) => sleep(delay),
                Err(stands) => return self.close(stands),
            }
            if !self.may_begin() {
                return self.close_late(earlier);
            }
        }
    }

    /// Returns how long to wait for the next attempt, or what stands where there is none.
    fn judge<R>(
        &mut self,
        rule: impl Fn(&R) -> Verdict,
        result: R,
        earlier: &mut Option<Attempted<R>>,
    ) -> Result<Duration, R> {
        let verdict = rule(&result);
        let rejected = verdict.rejected;
        let delay = self.after(verdict);
        let stands = Attempted { result, rejected }.after(earlier.take());
        match delay {
            Some(delay) => {
                *earlier = Some(stands);
                Ok(delay)
            }
            None => Err(stands.result),
        }
    }

    fn close_late<T, E>(
        &self,
        earlier: Option<Attempted<Result<T, E>>>,
    ) -> Result<T, Exhausted<E>> {
        let stands = earlier.expect("a wait follows an attempt");
        self.close(stands.result)
    }

    fn close<T, E>(&self, stands: Result<T, E>) -> Result<T, Exhausted<E>> {
        stands.map_err(|last| Exhausted {
            attempts: self.sent(),
            cause: self.gave_up(),
            last,
        })
    }
}

impl Verdict {
    /// Judges a result whose every error is a failure, except for what is or was caused by a
    /// refusal of ours: that was not sent.
    pub fn of<T, E: Error + 'static>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Outcome::Success.into(),
            Err(error) => Self::of_error(failed::find(error)),
        }
    }

    /// Judges a result whose error says itself whether it is a refusal of ours.
    pub fn of_call<T, E: CallError>(result: &Result<T, E>) -> Self {
        match result {
            Ok(_) => Outcome::Success.into(),
            Err(error) => Self::of_error(error.rejected()),
        }
    }

    /// Judges an error by the refusal that it is or was caused by, such as
    /// [`CallError::rejected`](crate::CallError::rejected) tells.
    #[must_use]
    pub fn of_error(rejected: Option<&Rejected>) -> Self {
        let Some(rejected) = rejected else {
            return Outcome::Failure.into();
        };
        Self {
            outcome: Outcome::Ignored,
            rejected: true,
            hint: rejected.retry_after().map_or(Hint::None, Hint::After),
            cost: 1,
        }
    }
}
