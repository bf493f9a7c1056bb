//! A plain function whose failures are answered otherwise.

use std::future::Future;

use super::Fallback;

impl<V: Clone + Send + Sync + 'static> Fallback<V> {
    /// Calls `op`, an async function, keeps its answer for `key`, and answers otherwise where it fails.
    /// Use [`succeed`](Self::succeed) and [`rescue`](Self::rescue) to learn where an answer is from.
    ///
    /// ```
    /// # use std::{pin::pin, task::{Context, Poll, Waker}};
    /// use resilience_core::{Env, Fallback, FallbackConfig};
    ///
    /// let quotes = Fallback::new("quotes", FallbackConfig::default(), &Env::default())?;
    /// # let calls = async {
    /// assert_eq!(quotes.call("AAPL", async || Ok::<_, &str>(187)).await, Ok(187));
    /// assert_eq!(quotes.call("AAPL", async || Err("down")).await, Ok(187));
    /// assert_eq!(quotes.call("MSFT", async || Err("down")).await, Err("down"));
    /// # };
    /// # assert!(pin!(calls).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// # Ok::<(), resilience_core::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of `op` where there is no other answer.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the call.
    pub async fn call<E, F>(&self, key: &str, op: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        let result = op().await;
        self.answer(key, result)
    }

    /// Calls `op`, a function that blocks, as [`call`](Self::call) does.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_blocking<E>(&self, key: &str, op: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        self.answer(key, op())
    }

    fn answer<E>(&self, key: &str, result: Result<V, E>) -> Result<V, E> {
        match result {
            Ok(value) => {
                self.succeed(key, &value);
                Ok(value)
            }
            Err(error) => self.rescue(key).map(|it| it.value).ok_or(error),
        }
    }
}
