//! The policies of [`resilience_core`] as tower middleware: no spawned task, no boxed future, one
//! error type through the stack.
//!
//! ```
//! # use std::time::Duration;
//! use resilience_core::{BoxError, Bulkhead, CircuitBreaker, Env, Retry, Timeout, TimeoutConfig};
//! use resilience_tower::{GateLayer, RetryLayer, TimeoutLayer};
//! use tower::{Service, ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let env = Env::default();
//! let second = TimeoutConfig { timeout: Duration::from_secs(1) };
//! let mut venue = ServiceBuilder::new()
//!     .layer(RetryLayer::new(Retry::new("orders", Default::default(), &env)?))
//!     .layer(GateLayer::new((
//!         CircuitBreaker::new("venue", Default::default(), &env)?,
//!         Bulkhead::new("venue", Default::default(), &env)?,
//!     )))
//!     .layer(TimeoutLayer::new(Timeout::new("attempt", second, &env)?))
//!     .service_fn(|order: u64| async move { Ok::<_, BoxError>(order) });
//! assert_eq!(venue.ready().await?.call(7).await?, 7);
//! # Ok(())
//! # }
//! ```
//!
//! | module | layer | in a stack, outermost first |
//! |---|---|---|
//! | [`fallback`] | [`FallbackLayer`] | answers something else when all else failed |
//! | `cache` | `CacheLayer` (feature `cache`) | answers from a cache, and shares calls |
//! | [`timeout`] | [`TimeoutLayer`] | bounds all attempts together |
//! | [`retry`] | [`RetryLayer`] | tries again, within a budget |
//! | [`failover`] | [`FailoverLayer`] | moves to a backup and back |
//! | [`gate`] | [`GateLayer`] | per target: breaker, bulkhead, limiter, or a tuple of them |
//! | [`keyed`] | [`ByKey`] in those | the same, a gate for each key |
//! | [`queue`] | [`QueueLayer`] | the same, where requests wait their turn |
//! | [`timeout`] | [`TimeoutLayer`] | bounds one attempt |
//!
//! Beside the stack: [`Checks`] of components, an [`Orchestrator`] that recovers from errors, and a
//! [`Supervisor`] that keeps a component running, as futures that the caller spawns or awaits.
//! What travels with a call, its deadline and its correlation id, is in [`context`].
//! Without tower, [`RetryExt`], [`TimeoutExt`], [`CallExt`] and [`ComponentExt`] put the policies around
//! plain async functions.
//!
//! Errors are any [`CallError`](resilience_core::CallError); lift those of others once, innermost, by
//! `map_err`. Services that cannot fail get a response instead: see `http`.

mod clock;
mod guard;
mod oneshot;
mod rule;
mod trace;
#[cfg(feature = "config")]
mod watch;

#[cfg(feature = "cache")]
pub mod cache;
pub mod context;
pub mod factory;
pub mod failover;
pub mod fallback;
pub mod gate;
pub mod health;
#[cfg(feature = "http")]
pub mod http;
pub mod keyed;
pub mod plain;
pub mod queue;
pub mod recovery;
#[cfg(feature = "redis")]
pub mod redis;
pub mod retry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod timeout;

#[cfg(feature = "cache")]
pub use crate::cache::{CacheLayer, Cached};
pub use crate::clock::TokioClock;
pub use crate::context::{CallContext, CorrelationId};
pub use crate::factory::{ClientLayer, Resilience, ResilienceConfig};
pub use crate::failover::{FailedOver, FailoverLayer, Targets};
pub use crate::fallback::{FallbackLayer, FallenBack};
pub use crate::gate::{BulkheadLayer, CircuitBreakerLayer, GateLayer, Gated, RateLimiterLayer};
pub use crate::health::Checks;
pub use crate::keyed::{ByKey, KeyOf, Keyless};
pub use crate::oneshot::Oneshot;
pub use crate::plain::{CallExt, ComponentExt, RetryExt, TimeoutExt};
pub use crate::queue::{BulkheadQueueLayer, QueueLayer, Queued, RateLimiterQueueLayer};
pub use crate::recovery::{Handlers, Orchestrator, Supervised, Supervisor};
pub use crate::retry::{Repeat, Retried, RetryLayer};
pub use crate::rule::{Failures, Tower};
pub use crate::timeout::{Timed, TimeoutLayer};
pub use crate::trace::TraceObserver;
#[cfg(feature = "config")]
pub use crate::watch::Watch;
