//! A cache around a plain async function.

use std::future::Future;
use std::hash::Hash;

use super::{Begun, Cache, Followed};
use crate::CallError;

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Returns the kept answer of `key`, or that of `fetch`, which of the callers at one time only one
    /// calls.
    ///
    /// An answer that may be served stale is served at once to all but one, who fetches the next.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::{future::{Future, ready}, pin::pin, task::{Context, Poll, Waker}};
    /// # use std::time::Duration;
    /// use resilience_core::{BoxError, Cache, CacheConfig, Env};
    ///
    /// # fn block_on<T>(call: impl Future<Output = T>) -> T {
    /// #     let Poll::Ready(out) = pin!(call).poll(&mut Context::from_waker(Waker::noop())) else {
    /// #         unreachable!("it does not wait")
    /// #     };
    /// #     out
    /// # }
    /// # fn main() -> Result<(), BoxError> {
    /// let (env, clock) = Env::manual();
    /// let second = Duration::from_secs(1);
    /// let config = CacheConfig { ttl: second, stale_if_error: 60 * second, ..Default::default() };
    /// let quotes = Cache::<&str, u32>::new("quotes", config, &env)?;
    ///
    /// let feed = || ready(Ok::<_, BoxError>(187));
    /// let down = || ready(Err::<u32, BoxError>("feed is down".into()));
    /// # let got = block_on(quotes.get_or_fetch(&"AAPL", feed));
    /// # /*
    /// let got = quotes.get_or_fetch(&"AAPL", feed).await;
    /// # */
    /// assert_eq!(got?, 187);
    ///
    /// clock.advance(60 * second);
    /// # let got = block_on(quotes.get_or_fetch(&"AAPL", down));
    /// # /*
    /// let got = quotes.get_or_fetch(&"AAPL", down).await;
    /// # */
    /// assert_eq!(got?, 187, "stale, since the feed is down");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where no kept answer may be served, who called gets the error as it is, and those who waited
    /// for that call a [`Rejected`](crate::Rejected), since nothing of theirs was sent: the same where
    /// the call was refused, else [`FlightFailed`](crate::FlightFailed).
    ///
    /// # Cancel safety
    ///
    /// Dropped, or ended by a panic of `fetch`, it hands the call to the next who waits, who makes it
    /// by his own `fetch`. Nobody is failed by it.
    pub async fn get_or_fetch<E, F>(&self, key: &K, fetch: impl FnOnce() -> F) -> Result<V, E>
    where
        E: CallError,
        F: Future<Output = Result<V, E>>,
    {
        let lead = match self.begin(key) {
            Begun::Fresh(value) => return Ok(value),
            Begun::Stale(stale) => return Ok(stale.value),
            Begun::Refresh(stale, lead) => match lead.start() {
                true => Some(lead),
                false => return Ok(stale.value),
            },
            Begun::Lead(lead) => Some(lead),
            Begun::Follow(follow) => match follow.await {
                Followed::Landed(value) => return Ok(value),
                Followed::Lead(lead) => Some(lead),
                Followed::Failed(refused) => {
                    let rescued = self.rescue(key).map(|it| it.value);
                    return rescued.ok_or_else(|| self.refusal(refused).into());
                }
                Followed::Alone => None,
            },
        };
        let result = fetch().await;
        match (lead, &result) {
            (Some(lead), Ok(value)) => lead.land(value),
            (Some(lead), Err(error)) => lead.fail(error.rejected()),
            (None, _) => {}
        }
        result.or_else(|error| match self.rescue(key) {
            Some(rescued) => Ok(rescued.value),
            None => Err(error),
        })
    }
}
