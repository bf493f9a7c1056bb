//! What `http` says of failures, waits and repetition, in both directions.
//!
//! Over a client that can fail the layers need its rule to see a status at all: build them by `http`
//! ([`GateLayer::http`](crate::GateLayer::http), [`RetryLayer::http`](crate::RetryLayer::http), …).
//!
//! Inwards, [`Failures`] reads a response's status and the wait that its headers ask for. Outwards,
//! over a service that cannot fail, such as axum's routes, the layers of this crate answer with a
//! response: 429 where the rate is used up, 504 where a call was not answered in time or comes too
//! late to be, 503 where it is refused otherwise. `Retry-After` is in whole seconds, rounded up; the reason, a
//! [`Rejected`](resilience_core::Rejected) or an [`Elapsed`](resilience_core::Elapsed), is in the
//! response's extensions.
//!
//! ```
//! use axum::{Router, routing::get};
//! use resilience_core::{CircuitBreaker, CircuitBreakerConfig, Env};
//! use resilience_tower::GateLayer;
//!
//! let breaker = CircuitBreaker::new("quotes", CircuitBreakerConfig::default(), &Env::default())?;
//! let app: Router = Router::new()
//!     .route("/quotes", get(|| async { "AAPL 187.15" }))
//!     .layer(GateLayer::new(breaker));
//! # Ok::<(), resilience_core::ConfigError>(())
//! ```

mod answer;
mod attempts;
mod body;
#[cfg(feature = "cache")]
mod cache;
mod context;
mod idempotency;
pub mod key;
mod layers;
mod pass_on;
pub mod rate_limit;
mod repeat;
mod replay;
mod rule;
mod stale;
mod wait;

pub use self::attempts::{Attempts, TellAttempts, TellAttemptsFuture};
pub use self::body::{BulkheadLayer, BulkheadQueueLayer, PermitBody, ResponseFuture, UntilBodyEnd};
#[cfg(feature = "cache")]
pub use self::cache::{CacheKey, cache_key, keep};
pub use self::context::{
    ClientContext, ClientContextFuture, ClientContextLayer, ContextHeaders, ServerContext,
    ServerContextFuture, ServerContextLayer,
};
pub use self::idempotency::{IdempotencyKeyLayer, IdempotencyKeyed};
pub use self::pass_on::{DO_NOT_RETRY, PassOnLayer, PassedOn, PassedOnFuture};
pub use self::rate_limit::RateLimitHeaders;
pub use self::repeat::is_repeatable;
pub use self::replay::{BodyGone, ReplayBody, ReplayBodyConfig, ReplayBodyLayer, Replayed};
pub use self::rule::Failures;
pub use self::stale::mark_stale;
pub use self::wait::hint;
