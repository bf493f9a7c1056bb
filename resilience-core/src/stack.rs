//! Several policies around a plain function.

use std::future::Future;
use std::time::Duration;

use crate::call::through;
use crate::{Ask, CallError, Deadline, Gate, Retry, RetryLimits, Timeout, Verdict};

/// Policies that belong together, in the order in which they make sense: a time limit for all, retries,
/// and for each attempt the gates and a time limit of its own. Each may be left out.
///
/// For a [`Fallback`](crate::Fallback), call all this inside its [`call`](crate::Fallback::call). With
/// tokio, `resilience_tower::CallExt` spares the `sleep`.
///
/// ```
/// use std::{cell::Cell, time::Duration};
/// use resilience_core::{BoxError, CircuitBreaker, Env, PolicyStack, Retry};
///
/// let (env, clock) = Env::manual();
/// let venue = PolicyStack {
///     retry: Some(Retry::new("orders", Default::default(), &env)?),
///     gates: CircuitBreaker::new("venue", Default::default(), &env)?,
///     timeout: None,
///     attempt_timeout: None,
/// };
/// let tries = Cell::new(0);
/// let order = || match tries.replace(tries.get() + 1) {
///     0 => Err(BoxError::from("down")),
///     _ => Ok(7),
/// };
/// let placed = venue.call_blocking(|wait| clock.advance(wait), order)?;
/// assert_eq!((placed, tries.get()), (7, 2));
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PolicyStack<G = ()> {
    /// Bounds all attempts and the waits between them together.
    pub timeout: Option<Timeout>,
    /// Tries again.
    pub retry: Option<Retry>,
    /// What each attempt passes: a gate, a tuple of gates, an `Option` of one, or `()`.
    pub gates: G,
    /// Bounds one attempt.
    pub attempt_timeout: Option<Timeout>,
}

impl<G: Gate> PolicyStack<G> {
    /// Creates policies of gates alone.
    #[must_use]
    pub const fn new(gates: G) -> Self {
        Self {
            timeout: None,
            retry: None,
            gates,
            attempt_timeout: None,
        }
    }

    /// Calls `op`, an async function, by the policies, and waits by `sleep`, which is that of the
    /// caller's runtime.
    ///
    /// An `Err` is a failure; one that is or was caused by a refusal of a policy's says nothing.
    ///
    /// # Errors
    ///
    /// Returns the refusal or the end of the time of one of the policies, or the error of `op`: of the
    /// last attempt that was sent.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the attempt that is under way, or the wait for the next one; see the policies
    /// for what that teaches them.
    pub async fn call_with<T, E, S, F>(
        &self,
        sleep: impl Fn(Duration) -> S,
        op: impl Fn() -> F,
    ) -> Result<T, E>
    where
        E: CallError,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        self.call_until(None, sleep, op).await
    }

    /// Calls `op` as [`call_with`](Self::call_with) does; the time limits and the retries keep to
    /// `deadline` too.
    ///
    /// # Errors
    ///
    /// As [`call_with`](Self::call_with), and a refusal where the deadline has passed.
    ///
    /// # Cancel safety
    ///
    /// As [`call_with`](Self::call_with).
    pub async fn call_until<T, E, S, F>(
        &self,
        deadline: Option<Deadline>,
        sleep: impl Fn(Duration) -> S,
        op: impl Fn() -> F,
    ) -> Result<T, E>
    where
        E: CallError,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        let (sleep, op) = (&sleep, &op);
        let all = || self.call_repeatedly(deadline, sleep, op);
        match &self.timeout {
            None => all().await,
            Some(timeout) => {
                let limit = timeout.limit(&ask_by(deadline))?;
                timeout.within(limit, sleep, all).await
            }
        }
    }

    async fn call_repeatedly<T, E, S, F>(
        &self,
        deadline: Option<Deadline>,
        sleep: &impl Fn(Duration) -> S,
        op: &impl Fn() -> F,
    ) -> Result<T, E>
    where
        E: CallError,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        let (gates, rule) = (&self.gates, Verdict::of_call);
        let once = || self.call_once(deadline, sleep, op);
        let attempt = || through(gates, ask_by(deadline), rule, once);
        match &self.retry {
            None => attempt().await,
            Some(retry) => {
                let attempts = retry.start(&ask_by(deadline))?;
                let ended = attempts.run(Verdict::of_call, sleep, attempt).await;
                ended.map_err(|exhausted| exhausted.last)
            }
        }
    }

    async fn call_once<T, E, S, F>(
        &self,
        deadline: Option<Deadline>,
        sleep: &impl Fn(Duration) -> S,
        op: &impl Fn() -> F,
    ) -> Result<T, E>
    where
        E: CallError,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        match &self.attempt_timeout {
            None => op().await,
            Some(timeout) => {
                let limit = timeout.limit(&ask_by(deadline))?;
                timeout.within(limit, sleep, op).await
            }
        }
    }

    /// Calls `op`, a function that blocks, as [`call_with`](Self::call_with) does; `sleep` blocks too.
    ///
    /// Nothing can cut short what blocks. The time limit for all keeps attempts from beginning after
    /// it; the one for an attempt does nothing: give the client's own the same number.
    ///
    /// # Errors
    ///
    /// As [`call_with`](Self::call_with).
    pub fn call_blocking<T, E: CallError>(
        &self,
        sleep: impl FnMut(Duration),
        mut op: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut attempt = || self.gates.call_blocking(&mut op);
        let Some(retry) = &self.retry else {
            return attempt();
        };
        let mut limits = RetryLimits::default();
        if let Some(timeout) = &self.timeout {
            limits.max_total = timeout.limit(&Ask::default())?;
        }
        let attempts = retry.start(&Ask::default().retries(limits))?;
        let ended = attempts.run_blocking(Verdict::of_call, sleep, attempt);
        ended.map_err(|exhausted| exhausted.last)
    }
}

fn ask_by(deadline: Option<Deadline>) -> Ask {
    let mut ask = Ask::default();
    ask.deadline = deadline;
    ask
}
