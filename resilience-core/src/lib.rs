//! Policies that keep a service standing when its dependencies fall. No runtime, no tasks, no timers.
//!
//! | to | use |
//! |---|---|
//! | stop calling what keeps failing | [`CircuitBreaker`] |
//! | keep to a rate | [`RateLimiter`]; together with other processes [`DistributedRateLimiter`] |
//! | bound the calls in flight | [`Bulkhead`] |
//! | try again, within a budget | [`Retry`], [`RetryBudget`] |
//! | give up waiting | [`Timeout`] |
//! | pass on how long an answer is of use | [`Deadline`], [`Deadlines`] |
//! | move to a backup and back | [`Failover`] |
//! | answer something else | [`Fallback`] |
//! | keep answers, and share calls | `Cache` (feature `cache`) |
//! | keep a gate for each key | [`Keyed`] |
//! | know how a system is | [`Health`] |
//! | recover from errors, and say so | [`Recovery`] |
//! | space out repetitions | [`Backoff`] |
//! | count what happened lately | [`Window`] |
//! | put several around a plain function | [`PolicyStack`] |
//! | wrap a component's operations by name | [`Component`] |
//!
//! The module of each says when to use it, what to set, what it costs, and what an operator can do.
//!
//! Whatever can refuse a call is a [`Gate`], and a tuple of gates is a gate:
//!
//! ```
//! use resilience_core::{Ask, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Outcome};
//!
//! let breaker = CircuitBreaker::new("venue", CircuitBreakerConfig::default(), &Env::default())?;
//! match breaker.permit(&Ask::default()) {
//!     Ok(permit) => permit.record(Outcome::Success),
//!     Err(refused) => println!("{refused}, retry after {:?}", refused.retry_after()),
//! }
//! # Ok::<(), resilience_core::ConfigError>(())
//! ```

mod answer;
mod ask;
mod call;
mod chance;
mod clock;
mod config;
mod counter;
#[cfg(feature = "serde")]
mod duration;
mod env;
mod error;
mod event;
mod failed;
mod gate;
mod handle;
mod line;
mod name;
mod outcome;
mod permit;
mod queue;
mod recent;
mod registry;
mod shared;
mod stack;
mod sync;

pub mod backoff;
pub mod bulkhead;
#[cfg(all(feature = "cache", not(loom)))]
pub mod cache;
pub mod circuit_breaker;
pub mod component;
pub mod deadline;
pub mod distributed_rate_limiter;
pub mod failover;
pub mod fallback;
pub mod health;
pub mod keyed;
#[cfg(feature = "config")]
pub mod policies;
pub mod rate_limiter;
pub mod recovery;
pub mod retry;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timeout;
pub mod window;

pub use crate::answer::{Answer, Respond};
pub use crate::ask::{Ask, Priority, RetryLimits};
pub use crate::backoff::{Backoff, BackoffConfig};
pub use crate::bulkhead::{Bulkhead, BulkheadConfig};
#[cfg(all(feature = "cache", not(loom)))]
pub use crate::cache::{Cache, CacheConfig};
pub use crate::chance::Chance;
pub use crate::circuit_breaker::{CircuitBreaker, CircuitBreakerConfig, CircuitState};
pub use crate::clock::{Clock, ManualClock, SystemClock, Time};
pub use crate::component::{Component, OperationsConfig};
pub use crate::config::{Config, PolicyConfig};
pub use crate::deadline::{Deadline, Deadlines, DeadlinesConfig};
pub use crate::distributed_rate_limiter::{
    DistributedRateLimiter, DistributedRateLimiterConfig, OnOutage,
};
pub use crate::env::Env;
pub use crate::error::{
    BulkheadFull, CircuitOpen, ConfigError, DeadlinePassed, Elapsed, FlightFailed, NeverFits,
    NoKey, RateLimited, Rejected, WaitTooLong,
};
pub use crate::event::{Event, Observer};
pub use crate::failed::{BoxError, CallError, Failed};
pub use crate::failover::{Failover, FailoverConfig};
pub use crate::fallback::{Fallback, FallbackConfig};
pub use crate::gate::{End, Gate};
pub use crate::handle::Handle;
pub use crate::health::{
    ComponentConfig, Finding, Health, HealthConfig, HealthSource, HealthStatus,
};
pub use crate::keyed::{GateConfig, KeyGate, Keyed, KeyedConfig};
pub use crate::name::Name;
pub use crate::outcome::{Classify, Hint, Outcome};
pub use crate::permit::Permit;
#[cfg(feature = "config")]
pub use crate::policies::{Policies, PoliciesError};
pub use crate::queue::{Queue, Turn};
pub use crate::rate_limiter::{Metered, Quota, RateLimiter, RateLimiterConfig, RateLimiterKind};
pub use crate::recovery::{Recovery, RecoveryConfig, RecoveryStrategy};
pub use crate::registry::{Description, Policy, Registry, Snapshot};
pub use crate::retry::{
    Attempts, Exhausted, Retry, RetryBudget, RetryBudgetConfig, RetryConfig, Verdict,
};
pub use crate::stack::PolicyStack;
pub use crate::timeout::{Timeout, TimeoutConfig};
pub use crate::window::{Window, WindowConfig};
