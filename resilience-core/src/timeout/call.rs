//! A time limit around a plain async function.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, ready};
use std::time::Duration;

use super::Timeout;
use crate::{Ask, CallError, Elapsed};

impl Timeout {
    /// Calls `op`, and waits for it until `sleep`, which is given the [limit](Self::limit), is over.
    ///
    /// The timer is made when the call first makes its caller wait: one that is there at once costs
    /// none. A call that ends together with the timer is in time.
    ///
    /// # Examples
    ///
    /// `sleep` is that of the caller's runtime, such as `tokio::time::sleep`.
    ///
    /// ```
    /// # use std::{pin::pin, task::{Context, Poll, Waker}};
    /// use std::{future::{pending, ready}, time::Duration};
    /// use resilience_core::{Ask, BoxError, CallError, Env, Timeout, TimeoutConfig};
    ///
    /// let (env, clock) = Env::manual();
    /// let second = Duration::from_secs(1);
    /// let timeout = Timeout::new("order", TimeoutConfig { timeout: 5 * second }, &env)?;
    ///
    /// let sleep = |limit| ready(clock.advance(limit));
    /// let ask = Ask::default();
    /// let call = timeout.call_with(&ask, sleep, pending::<Result<(), BoxError>>);
    /// # let mut call = pin!(call);
    /// # let Poll::Ready(got) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
    /// #     unreachable!("it does not sleep");
    /// # };
    /// # /*
    /// let got = call.await;
    /// # */
    /// assert_eq!(got.unwrap_err().elapsed().map(|it| it.limit), Some(5 * second));
    /// # Ok::<(), resilience_core::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Elapsed`] for a call that takes longer: it may have taken effect. One whose deadline
    /// has passed ends with [`Rejected`](crate::Rejected): `op` was not called.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the call, as the end of the limit does.
    pub fn call_with<T, E, S, F>(
        &self,
        ask: &Ask,
        sleep: impl FnOnce(Duration) -> S,
        op: impl FnOnce() -> F,
    ) -> impl Future<Output = Result<T, E>>
    where
        E: CallError,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        // A future that held the reference could not be sent.
        let ask = ask.clone();
        async move {
            let limit = self.limit(&ask)?;
            self.within(limit, sleep, op).await
        }
    }

    /// Calls `op`, and waits for it until `sleep` of `limit` is over.
    pub(crate) async fn within<T, E, S, F>(
        &self,
        limit: Duration,
        sleep: impl FnOnce(Duration) -> S,
        op: impl FnOnce() -> F,
    ) -> Result<T, E>
    where
        E: CallError,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        let mut call = pin!(op());
        let mut sleep = Some(sleep);
        let mut timer = pin!(None);
        poll_fn(|cx| {
            if let Poll::Ready(result) = call.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            if let Some(sleep) = sleep.take() {
                timer.set(Some(sleep(limit)));
            }
            if let Some(timer) = timer.as_mut().as_pin_mut() {
                ready!(timer.poll(cx));
                self.elapsed();
                return Poll::Ready(Err(Elapsed::new(limit).into()));
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;
    use std::future::{Pending, pending, ready};
    use std::task::{Context, Waker};

    use super::*;
    use crate::{Env, Failed, TimeoutConfig};

    type Called = Result<u32, Failed<()>>;

    /// Runs a call that nothing wakes.
    fn now<T>(call: impl Future<Output = T>) -> Poll<T> {
        pin!(call).poll(&mut Context::from_waker(Waker::noop()))
    }

    fn timeout(env: &Env) -> Timeout {
        let timeout = Duration::from_millis(100);
        Timeout::new("test", TimeoutConfig { timeout }, env).unwrap()
    }

    #[test]
    fn a_call_that_ends_with_the_timer_is_in_time() {
        let (env, _) = Env::manual();
        let timeout = timeout(&env);
        // Both are over when they are polled for the second time.
        let [calls, timers] = [const { Cell::new(0) }; 2];
        let second = |polls: &Cell<u32>| match polls.replace(polls.get() + 1) {
            0 => Poll::Pending,
            _ => Poll::Ready(()),
        };
        let service = || poll_fn(|_| second(&calls).map(|()| Ok(7)));
        let timer = |_| poll_fn(|_| second(&timers));
        let ask = Ask::default();
        let mut call = pin!(timeout.call_with(&ask, timer, service));
        assert!(now(call.as_mut()).is_pending());
        assert_eq!(now(call), Poll::Ready(Called::Ok(7)));
        assert_eq!((timers.get(), timeout.snapshot().elapsed), (1, 0));
    }

    #[test]
    fn a_call_that_hangs_is_cut_short_and_counted() {
        let (env, _) = Env::manual();
        let timeout = timeout(&env);
        let (ask, limit) = (Ask::default(), Duration::from_millis(100));
        let call = timeout.call_with(&ask, |_| ready(()), pending::<Called>);
        assert_eq!(
            now(call),
            Poll::Ready(Err(Failed::Elapsed(Elapsed::new(limit))))
        );
        assert_eq!(timeout.snapshot().elapsed, 1);
    }

    #[test]
    fn an_answer_that_is_there_at_once_costs_no_timer() {
        let (env, _) = Env::manual();
        let no_timer = |_| -> Pending<()> { unreachable!("nobody waits") };
        let (timeout, ask) = (timeout(&env), Ask::default());
        let call = timeout.call_with(&ask, no_timer, || ready(Called::Ok(7)));
        assert_eq!(now(call), Poll::Ready(Ok(7)));
    }

    #[test]
    fn after_the_deadline_nothing_is_called() {
        let (env, clock) = Env::manual();
        clock.advance(Duration::from_secs(1));
        let (timeout, ask) = (timeout(&env), Ask::default().deadline(env.now()));
        let called = Cell::new(false);
        let service = || {
            called.set(true);
            ready(Called::Ok(7))
        };
        let Poll::Ready(Err(Failed::Rejected(_))) =
            now(timeout.call_with(&ask, |_| ready(()), service))
        else {
            panic!("it must be refused")
        };
        assert!(!called.get());
    }
}
