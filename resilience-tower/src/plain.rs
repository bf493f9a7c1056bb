//! The policies around plain functions, without tower, on tokio's timers.
//!
//! The methods are those of resilience-core with the `sleep` filled in, and with the deadline of the
//! [current](crate::context::current) call, to which all that waits is clipped. A gate needs none:
//! [`Gate::call`].
//!
#![doc = include_str!("../docs/wrapping.md")]

use std::error::Error;
use std::future::Future;

use resilience_core::{
    Answer, Ask, CallError, Component, Elapsed, Exhausted, Gate, PolicyStack, Rejected, Retry,
    Timeout, Verdict,
};
use tokio::time::sleep;

use crate::Tower;
use crate::context::current_deadline;
use crate::rule::clipped;
use crate::timeout::future::ResponseFuture;

/// Tries an async function again.
pub trait RetryExt: Sized {
    /// Calls the function until it succeeds or `policy` ends the run.
    ///
    /// Every error is a failure but a [`Rejected`] of ours, or what was caused by one. The first attempt
    /// is made though the deadline of the call may have passed.
    ///
    /// ```
    /// use std::io;
    /// use resilience_core::{Env, Exhausted, Retry};
    /// use resilience_tower::RetryExt;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let policy = Retry::new("quotes", Default::default(), &Env::default())?;
    /// let quote = async || Err::<u32, _>(io::Error::other("down"));
    /// let Exhausted { attempts, last, .. } = quote.retry(&policy).await.unwrap_err();
    /// assert_eq!((attempts, last.to_string().as_str()), (3, "down"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt that was sent.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the attempt that is under way, or the wait for the next one; a retry that was
    /// granted stays taken from the budget.
    fn retry<T, E, F>(self, policy: &Retry) -> impl Future<Output = Result<T, Exhausted<E>>>
    where
        Self: FnMut() -> F,
        F: Future<Output = Result<T, E>>,
        E: Error + 'static,
    {
        async move {
            let attempts = policy.begin(&clipped(Ask::default()));
            attempts.run(Verdict::of, sleep, self).await
        }
    }

    /// Calls the function until it succeeds or `policy` ends the run; `rule` says what a result tells,
    /// such as [`Verdict::of_call`] for boxed errors, and `ask` which limits and deadline the call has.
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt that was sent, or a refusal where the deadline has passed.
    ///
    /// # Cancel safety
    ///
    /// As [`retry`](Self::retry).
    fn retry_by<T, E, F>(
        self,
        policy: &Retry,
        ask: Ask,
        rule: impl Fn(&Result<T, E>) -> Verdict,
    ) -> impl Future<Output = Result<T, Exhausted<E>>>
    where
        Self: FnMut() -> F,
        F: Future<Output = Result<T, E>>,
        E: From<Rejected>,
    {
        async move {
            let attempts = match policy.start(&clipped(ask)) {
                Ok(attempts) => attempts,
                Err(refused) => {
                    return Err(Exhausted {
                        attempts: 0,
                        cause: None,
                        last: refused.into(),
                    });
                }
            };
            attempts.run(rule, sleep, self).await
        }
    }
}

impl<O> RetryExt for O {}

/// Bounds the time of a future.
pub trait TimeoutExt: Future + Sized {
    /// Waits for the future as long as `policy` says, from the first time that it makes its caller
    /// wait.
    ///
    /// ```
    /// use std::time::Duration;
    /// use resilience_core::{BoxError, CallError, Env, Timeout, TimeoutConfig};
    /// use resilience_tower::TimeoutExt;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), BoxError> {
    /// let config = TimeoutConfig { timeout: Duration::from_secs(2) };
    /// let policy = Timeout::new("quote", config, &Env::default())?;
    /// let quote = std::future::pending::<Result<u32, BoxError>>();
    /// let error = quote.timeout(&policy).await.unwrap_err();
    /// assert_eq!(error.elapsed().map(|it| it.limit), Some(Duration::from_secs(2)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Ends with [`Elapsed`] where it takes longer: it may have taken effect; or with a refusal where
    /// the deadline of the call has passed.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the future, as the end of the limit does, at that moment.
    fn timeout(self, policy: &Timeout) -> ResponseFuture<Self>
    where
        Self::Output: Answer<Elapsed, Tower> + Answer<Rejected, Tower>,
    {
        let ask = clipped(Ask::default());
        match policy.limit(&ask) {
            Ok(limit) => {
                let since = ask.deadline.map(|_| crate::clock::now());
                ResponseFuture::called(self, policy.clone(), limit, since)
            }
            Err(refused) => ResponseFuture::refused(refused),
        }
    }
}

impl<F: Future> TimeoutExt for F {}

/// Calls async functions by a policy.
pub trait CallExt {
    /// What the call of a function that fails with `E` fails with.
    type Error<E>;

    /// Calls `op` as the policy says, on tokio's timers.
    ///
    /// ```
    /// use resilience_core::{BoxError, CircuitBreaker, Env, PolicyStack, Retry};
    /// use resilience_tower::CallExt;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), BoxError> {
    /// let env = Env::default();
    /// let venue = PolicyStack {
    ///     retry: Some(Retry::new("orders", Default::default(), &env)?),
    ///     gates: CircuitBreaker::new("venue", Default::default(), &env)?,
    ///     timeout: None,
    ///     attempt_timeout: None,
    /// };
    /// assert_eq!(venue.call(async || Ok::<_, BoxError>(7)).await?, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns what the policy ends the call with.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the call that is under way, or the wait for the next attempt.
    fn call<T, E, F>(&self, op: impl Fn() -> F) -> impl Future<Output = Result<T, Self::Error<E>>>
    where
        E: CallError,
        F: Future<Output = Result<T, E>>;
}

impl CallExt for Retry {
    type Error<E> = Exhausted<E>;

    fn call<T, E, F>(&self, op: impl Fn() -> F) -> impl Future<Output = Result<T, Exhausted<E>>>
    where
        E: CallError,
        F: Future<Output = Result<T, E>>,
    {
        op.retry_by(self, Ask::default(), Verdict::of_call)
    }
}

impl CallExt for Timeout {
    type Error<E> = E;

    fn call<T, E, F>(&self, op: impl Fn() -> F) -> impl Future<Output = Result<T, E>>
    where
        E: CallError,
        F: Future<Output = Result<T, E>>,
    {
        op().timeout(self)
    }
}

impl<G: Gate> CallExt for PolicyStack<G> {
    type Error<E> = E;

    async fn call<T, E, F>(&self, op: impl Fn() -> F) -> Result<T, E>
    where
        E: CallError,
        F: Future<Output = Result<T, E>>,
    {
        self.call_until(current_deadline(), sleep, op).await
    }
}

/// Calls the operations of a [`Component`].
pub trait ComponentExt {
    /// Calls `op` as the operation of this name, on tokio's timers.
    ///
    /// ```
    /// use resilience_core::{BoxError, Component, Env, OperationsConfig};
    /// use resilience_tower::ComponentExt;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), BoxError> {
    /// let config = OperationsConfig {
    ///     critical_methods: vec!["place_order".into()],
    ///     ..Default::default()
    /// };
    /// let venue = Component::new("venue", config, &Env::default())?;
    /// let placed = venue.call("place_order", async || Ok::<_, BoxError>(7)).await?;
    /// assert_eq!((placed, venue.snapshot().operations["place_order"].successes), (7, 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the refusal of the breaker, or the error of `op`: of the last attempt that was sent.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the call, which is counted as such.
    fn call<T, E, F>(
        &self,
        operation: &str,
        op: impl Fn() -> F,
    ) -> impl Future<Output = Result<T, E>>
    where
        E: CallError,
        F: Future<Output = Result<T, E>>;
}

impl ComponentExt for Component {
    async fn call<T, E, F>(&self, operation: &str, op: impl Fn() -> F) -> Result<T, E>
    where
        E: CallError,
        F: Future<Output = Result<T, E>>,
    {
        let deadline = current_deadline();
        self.call_until(operation, deadline, sleep, op).await
    }
}
