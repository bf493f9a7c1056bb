//! Rates that many processes share, counted by a Redis.
//!
//! The algorithm is one script that the server runs as a whole, on its own clock. It needs Redis 6.2 or
//! later, one node of it. The connection is as the caller's [`redis::Client`] has it: for TLS, turn on
//! `tokio-rustls-comp` of the crate `redis` and open a `rediss://` address.

mod config;
mod link;

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use redis::{Client, Script};
use resilience_core::distributed_rate_limiter::{StoreAnswer, StoreFailed, StoreRequest};
use resilience_core::{Ask, ConfigError, DistributedRateLimiter, Env, Permit, Rejected};
use tokio::time::{sleep, timeout};
use tracing::debug;

pub use self::config::RedisStoreConfig;

use self::link::Link;

/// A Redis that counts the rates of [`DistributedRateLimiter`]s.
///
/// All rates share one connection, which is made when it is first needed and made anew after a failure,
/// with a back-off. Cloning is cheap; clones share the connection.
///
/// ```no_run
/// use std::time::Duration;
/// use resilience_core::{Ask, DistributedRateLimiter, DistributedRateLimiterConfig, Env, Gate};
/// use resilience_tower::redis::RedisStore;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let env = Env::default();
/// let store = RedisStore::new(redis::Client::open("redis://127.0.0.1/")?, Default::default(), &env)?;
/// let config = DistributedRateLimiterConfig::new(100, Duration::from_secs(1));
/// let venue = DistributedRateLimiter::new("venue", config, &env)?;
/// // By leases: a gate like any other, once its driver runs.
/// let driver = tokio::task::spawn(store.clone().run(venue.clone()));
/// let permit = venue.permit(&Ask::default())?;
/// // One question for each call, for a rate that must be exact.
/// let exact = store.acquire(&venue, &Ask::default()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    prefix: String,
    response_timeout: Duration,
    script: Script,
    link: Link,
}

/// A permit for one call, or why there is none.
pub type Acquired = Result<Permit<DistributedRateLimiter>, Rejected>;

impl RedisStore {
    /// Creates a store; makes no connection yet.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn new(client: Client, config: RedisStoreConfig, env: &Env) -> Result<Self, ConfigError> {
        let backoff = config.check()?;
        Ok(Self(Arc::new(Inner {
            prefix: config.prefix,
            response_timeout: config.response_timeout,
            script: Script::new(include_str!("gcra.lua")),
            link: Link::new(client, config.connect_timeout, backoff, env),
        })))
    }

    /// Gets `limiter` the permits it wants, for ever: to be spawned by the caller, once for each
    /// limiter.
    ///
    /// It asks nothing while nobody calls, but once at its start and while the server is silent. Its
    /// timers are tokio's; a limiter that goes by another clock asks no sooner than by both.
    ///
    /// # Cancel safety
    ///
    /// Permits that are under way when it is dropped are lost. A limiter without a driver finds its
    /// store silent.
    pub async fn run(self, limiter: DistributedRateLimiter) -> Infallible {
        let key = self.key(&limiter, None);
        loop {
            let request = next_request(&limiter).await;
            match self.ask(&key, &request).await {
                Ok(answer) => limiter.granted(&request, answer),
                Err(failed) => limiter.failed(&request, failed),
            }
        }
    }

    /// Asks the server for the permits of one call, and takes no leased ones.
    ///
    /// # Errors
    ///
    /// Returns the server's refusal with its wait; where the server does not answer, what `on_outage`
    /// makes of that; and at the ask's deadline, that it has passed.
    ///
    /// # Cancel safety
    ///
    /// Permits that are under way when it is dropped are lost.
    pub fn acquire<'a>(
        &'a self,
        limiter: &'a DistributedRateLimiter,
        ask: &Ask,
    ) -> impl Future<Output = Acquired> + Send + use<'a> {
        self.acquire_by(limiter, None, ask.clone())
    }

    /// Does what [`acquire`](Self::acquire) does by a rate of `key`'s own, such as of a tenant or an
    /// address.
    ///
    /// Nothing is kept of a key but two numbers in Redis, and those only until its permits are all back:
    /// a flood of keys is gone with its burst. While the server does not answer, all keys share what
    /// `on_outage` gives.
    ///
    /// # Errors
    ///
    /// As `acquire` does.
    pub fn acquire_for<'a>(
        &'a self,
        limiter: &'a DistributedRateLimiter,
        key: &'a str,
        ask: &Ask,
    ) -> impl Future<Output = Acquired> + Send + use<'a> {
        self.acquire_by(limiter, Some(key), ask.clone())
    }

    /// Takes the ask, which threads cannot share, so that spawned tasks can wait for the answer.
    async fn acquire_by(
        &self,
        limiter: &DistributedRateLimiter,
        key: Option<&str>,
        ask: Ask,
    ) -> Acquired {
        if ask.cost == 0 {
            return Permit::acquire(limiter.clone(), &ask);
        }
        let request = limiter.exact_request(&ask)?;
        let key = self.key(limiter, key);
        let answer = self.ask(&key, &request);
        let answer = match request.within() {
            Some(left) => match timeout(left, answer).await {
                Ok(answer) => answer,
                // That it comes too late does not say that it would not come.
                Err(_) => return Err(limiter.exact_late()),
            },
            None => answer.await,
        };
        let ticket = limiter.exact_answer(&ask, answer)?;
        Ok(Permit::from_ticket(limiter.clone(), ticket))
    }

    fn key(&self, limiter: &DistributedRateLimiter, key: Option<&str>) -> String {
        let (prefix, name) = (&self.0.prefix, limiter.name());
        match key {
            None => format!("{prefix}{name}"),
            Some(key) => format!("{prefix}{name}[{key}]"),
        }
    }

    async fn ask(&self, key: &str, request: &StoreRequest) -> Result<StoreAnswer, StoreFailed> {
        let Inner {
            response_timeout,
            script,
            link,
            ..
        } = &*self.0;
        let mut connected = link.connection().await?;
        let mut call = script.prepare_invoke();
        let micros = u64::try_from(request.permit_time().as_micros()).unwrap_or(u64::MAX);
        call.key(key).arg(micros).arg(request.burst());
        call.arg(request.want()).arg(request.need());
        // A server that has forgotten the script is given it anew.
        let answer = call.invoke_async::<(u32, u64)>(&mut connected.connection);
        match timeout(*response_timeout, answer).await {
            Ok(Ok((granted, wait))) => {
                link.works().await;
                Ok(StoreAnswer {
                    granted,
                    retry_after: Duration::from_micros(wait),
                })
            }
            Ok(Err(error)) => {
                debug!(target: "resilience", %error, "the rate store failed");
                Err(link.failed(&connected).await)
            }
            Err(_) => {
                debug!(target: "resilience", "no answer from the rate store");
                Err(link.failed(&connected).await)
            }
        }
    }
}

/// Waits until `limiter` wants permits, with one timer for what time brings.
async fn next_request(limiter: &DistributedRateLimiter) -> StoreRequest {
    let mut demand = pin!(limiter.demand());
    let mut timer = pin!(None);
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(request) = demand.as_mut().poll(cx) {
                return Poll::Ready(request);
            }
            timer.set(demand.due_in().map(sleep));
            match timer.as_mut().as_pin_mut() {
                Some(timer) => ready!(timer.poll(cx)),
                None => return Poll::Pending,
            }
        }
    })
    .await
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.0.prefix)
            .finish_non_exhaustive()
    }
}
