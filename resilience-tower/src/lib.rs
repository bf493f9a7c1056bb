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
//! | [`timeout`] | [`TimeoutLayer`] | bounds all attempts together |
//! | [`retry`] | [`RetryLayer`] | tries again, within a budget |
//! | [`failover`] | [`FailoverLayer`] | moves to a backup and back |
//! | [`gate`] | [`GateLayer`] | per target: breaker, bulkhead, limiter, or a tuple of them |
//! | [`queue`] | [`QueueLayer`] | the same, where requests wait their turn |
//! | [`timeout`] | [`TimeoutLayer`] | bounds one attempt |
//!
//! Errors are any [`CallError`](resilience_core::CallError); lift those of others once, innermost, by
//! `map_err`. Services that cannot fail get a response instead: see `http`.

mod clock;
mod oneshot;
mod rule;
mod trace;
#[cfg(feature = "config")]
mod watch;

pub mod failover;
pub mod fallback;
pub mod gate;
#[cfg(feature = "http")]
pub mod http;
pub mod queue;
pub mod retry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod timeout;

pub use crate::clock::TokioClock;
pub use crate::failover::{FailedOver, FailoverLayer, Targets};
pub use crate::fallback::{FallbackLayer, FallenBack};
pub use crate::gate::{BulkheadLayer, CircuitBreakerLayer, GateLayer, Gated, RateLimiterLayer};
pub use crate::oneshot::Oneshot;
pub use crate::queue::{BulkheadQueueLayer, QueueLayer, Queued, RateLimiterQueueLayer};
pub use crate::retry::{Repeat, Retried, RetryLayer};
pub use crate::rule::{Failures, Tower};
pub use crate::timeout::{Timed, TimeoutLayer};
pub use crate::trace::TraceObserver;
#[cfg(feature = "config")]
pub use crate::watch::Watch;
