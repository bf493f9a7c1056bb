//! Policies that keep a service standing when its dependencies fall. No runtime, no tasks, no timers.
//!
//! | to | use |
//! |---|---|
//! | stop calling what keeps failing | [`CircuitBreaker`] |
//! | keep to a rate | [`RateLimiter`] |
//! | bound the calls in flight | [`Bulkhead`] |
//! | try again, within a budget | [`Retry`], [`RetryBudget`] |
//! | give up waiting | [`Timeout`] |
//! | move to a backup and back | [`Failover`] |
//! | answer something else | [`Fallback`] |
//! | keep a gate for each key | [`Keyed`] |
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
mod registry;
mod shared;
mod sync;

pub mod backoff;
pub mod bulkhead;
pub mod circuit_breaker;
pub mod failover;
pub mod fallback;
pub mod keyed;
#[cfg(feature = "config")]
pub mod policies;
pub mod rate_limiter;
pub mod retry;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timeout;
pub mod window;

pub use crate::answer::{Answer, Respond};
pub use crate::ask::{Ask, Priority};
pub use crate::backoff::{Backoff, BackoffConfig};
pub use crate::bulkhead::{Bulkhead, BulkheadConfig};
pub use crate::chance::Chance;
pub use crate::circuit_breaker::{CircuitBreaker, CircuitBreakerConfig, CircuitState};
pub use crate::clock::{Clock, ManualClock, SystemClock, Time};
pub use crate::config::{Config, PolicyConfig};
pub use crate::env::Env;
pub use crate::error::{
    BulkheadFull, CircuitOpen, ConfigError, DeadlinePassed, Elapsed, NeverFits, RateLimited,
    Rejected, WaitTooLong,
};
pub use crate::event::{Event, Observer};
pub use crate::failed::{BoxError, CallError, Failed};
pub use crate::failover::{Failover, FailoverConfig};
pub use crate::fallback::{Fallback, FallbackConfig};
pub use crate::gate::{End, Gate};
pub use crate::handle::Handle;
pub use crate::keyed::{GateConfig, KeyGate, Keyed, KeyedConfig};
pub use crate::name::Name;
pub use crate::outcome::{Classify, Hint, Outcome};
pub use crate::permit::Permit;
#[cfg(feature = "config")]
pub use crate::policies::{Policies, PoliciesError};
pub use crate::queue::{Queue, Turn};
pub use crate::rate_limiter::{RateLimiter, RateLimiterConfig, RateLimiterKind};
pub use crate::registry::{Description, Policy, Registry, Snapshot};
pub use crate::retry::{Attempts, Exhausted, Retry, RetryBudget, RetryBudgetConfig, RetryConfig};
pub use crate::timeout::{Timeout, TimeoutConfig};
pub use crate::window::{Window, WindowConfig};
