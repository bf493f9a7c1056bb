//! What the tests share.

mod dying;
mod slots;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use resilience_core::{
    BackoffConfig, CallError, CircuitBreaker, CircuitBreakerConfig, Elapsed, Env, Rejected, Retry,
    RetryConfig, Timeout, TimeoutConfig,
};
use resilience_tower::{TimeoutLayer, TokioClock};

pub(crate) use self::dying::Dying;
pub(crate) use self::slots::Slots;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const OPEN_FOR: Duration = Duration::from_secs(10);

pub(crate) fn env() -> Env {
    Env::default().with_clock(Arc::new(TokioClock::default()))
}

/// A circuit that one failure opens and one probe closes.
pub(crate) fn fragile(env: &Env) -> CircuitBreaker {
    in_a_row(1, env)
}

pub(crate) fn in_a_row(failures: u32, env: &Env) -> CircuitBreaker {
    let config = CircuitBreakerConfig {
        consecutive: Some(failures),
        open_for: Some(OPEN_FOR),
        probes: 1,
        ..Default::default()
    };
    CircuitBreaker::new("venue", config, env).unwrap()
}

pub(crate) fn timeout(timeout: Duration) -> TimeoutLayer {
    let config = TimeoutConfig { timeout };
    TimeoutLayer::new(Timeout::new("venue", config, &env()).unwrap())
}

/// Three attempts, a second apart.
pub(crate) fn retry(env: &Env) -> Retry {
    let config = RetryConfig {
        backoff: BackoffConfig::fixed(SECOND),
        ..Default::default()
    };
    Retry::new("orders", config, env).unwrap()
}

/// Panics where it is dropped.
pub(crate) struct PanicsAtDrop;

impl Drop for PanicsAtDrop {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("dropped"));
    }
}

/// An error of the caller's own.
#[derive(Debug)]
pub(crate) enum VenueError {
    NotSent(Rejected),
    Unknown(Elapsed),
    Refused,
}

impl fmt::Display for VenueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for VenueError {}

impl From<Rejected> for VenueError {
    fn from(it: Rejected) -> Self {
        Self::NotSent(it)
    }
}

impl From<Elapsed> for VenueError {
    fn from(it: Elapsed) -> Self {
        Self::Unknown(it)
    }
}

impl CallError for VenueError {
    fn rejected(&self) -> Option<&Rejected> {
        match self {
            Self::NotSent(it) => Some(it),
            _ => None,
        }
    }

    fn elapsed(&self) -> Option<&Elapsed> {
        match self {
            Self::Unknown(it) => Some(it),
            _ => None,
        }
    }
}

/// Spawns background work, as its caller does.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is the caller who spawns background work"
)]
pub(crate) fn spawned<F>(work: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(work)
}
