//! The policies that the stack is made of, with their numbers.

use resilience_core::circuit_breaker::Abandoned;
use resilience_core::{
    BackoffConfig, Bulkhead, BulkheadConfig, Cache, CacheConfig, CircuitBreaker,
    CircuitBreakerConfig, ConfigError, Deadlines, DeadlinesConfig, Env, Failover, FailoverConfig,
    Keyed, KeyedConfig, RateLimiter, RateLimiterConfig, Retry, RetryBudget, RetryBudgetConfig,
    RetryConfig, Timeout, TimeoutConfig,
};
use std::time::Duration;

use super::{
    compose::{Gates, Quoted},
    times::Times,
};
use crate::day::VenueName;

/// How many venues there are.
const VENUES: usize = 2;

/// The policies that both venues share.
#[derive(Clone, Debug)]
pub(super) struct Policies {
    /// Repeats orders, on the shared budget.
    pub(super) orders: Retry,
    /// Goes on with orders that both venues did not execute.
    pub(super) rounds: Retry,
    /// Repeats quotes, on the shared budget.
    pub(super) quotes: Retry,
    /// Repeats questions about orders in doubt.
    pub(super) asks: Retry,
    /// The limit of one attempt.
    pub(super) attempt: Timeout,
    /// What venues are told of the time that is left.
    pub(super) told: Deadlines,
    /// The limit of an order.
    pub(super) order: Timeout,
    /// The limit of a quote.
    pub(super) quote: Timeout,
    /// Keeps the calls of each venue, by its name, to a rate.
    pub(super) limits: Keyed<RateLimiter>,
    /// Says which venue is called.
    pub(super) failover: Failover,
    /// Keeps quotes for a moment, and the last good ones for when no venue answers.
    pub(super) kept_quotes: Cache<String, Quoted>,
}

impl Policies {
    pub(super) fn new(times: &Times, env: &Env) -> Result<Self, ConfigError> {
        let budget = RetryBudgetConfig {
            ratio: 0.5,
            floor_per_second: 40.0,
            window: times.budget,
        };
        let budget = RetryBudget::new("venues", budget, env)?;
        let retry = RetryConfig {
            max_attempts: 4,
            backoff: backoff(times.backoff),
            hint_max: times.hint_max,
            ..RetryConfig::default()
        };
        let timeout = |name: &'static str, timeout: Duration| {
            Timeout::new(name, TimeoutConfig { timeout }, env)
        };
        let targets = [VenueName::Primary, VenueName::Backup].map(|name| name.as_str().into());
        let failover = FailoverConfig {
            targets: targets.into(),
            switch_after: 3,
            fail_back_after: 3,
        };
        Ok(Self {
            orders: Retry::new("orders", retry.clone(), env)?.with_budget(&budget)?,
            rounds: Retry::new("rounds", rounds(times), env)?,
            quotes: Retry::new("quotes", anyway(retry), env)?.with_budget(&budget)?,
            asks: Retry::new("asks", asks(times), env)?,
            attempt: timeout("attempt", times.attempt)?,
            told: Deadlines::new("venues", told(times), env)?,
            order: timeout("order", times.order)?,
            quote: timeout("quote", times.quote)?,
            limits: Keyed::new("venue", limits(), env)?,
            failover: Failover::new("venues", failover, env)?,
            kept_quotes: Cache::new("quotes", kept(times), env)?,
        })
    }
}

/// An old quote says how old it is, and is better than none; one of yesterday is none.
fn kept(times: &Times) -> CacheConfig {
    CacheConfig {
        ttl: times.fresh,
        stale_if_error: Duration::from_secs(24 * 60 * 60),
        ..CacheConfig::default()
    }
}

/// No venue works for longer than one attempt waits.
fn told(times: &Times) -> DeadlinesConfig {
    DeadlinesConfig {
        max: Some(times.attempt),
        ..DeadlinesConfig::default()
    }
}

/// What a venue can be asked for in the contract with it; a day at full speed stays below.
fn limits() -> KeyedConfig<RateLimiterConfig> {
    KeyedConfig {
        gate: RateLimiterConfig {
            permits: 10_000,
            per: Duration::from_secs(1),
            burst: Some(500),
            ..RateLimiterConfig::default()
        },
        // One for each venue: none of them ever goes.
        max_keys: VENUES,
        idle: None,
    }
}

/// Makes the gates of one venue.
pub(super) fn gates(
    name: VenueName,
    times: &Times,
    limits: &Keyed<RateLimiter>,
    env: &Env,
) -> Result<Gates, ConfigError> {
    let name = name.as_str();
    let breaker = CircuitBreakerConfig {
        consecutive: Some(5),
        open_backoff: Some(backoff(times.open)),
        retry_after_max: times.hint_max,
        probes: 2,
        probe_timeout: 2 * times.attempt,
        abandoned: Some(Abandoned::FailureAfter(times.health)),
        ..CircuitBreakerConfig::default()
    };
    let bulkhead = BulkheadConfig {
        max_in_flight: 32,
        ..BulkheadConfig::default()
    };
    Ok((
        CircuitBreaker::new(name, breaker, env)?,
        Bulkhead::new(name, bulkhead, env)?,
        limits.gate(name),
    ))
}

fn backoff([base, max]: [Duration; 2]) -> BackoffConfig {
    BackoffConfig {
        base,
        max,
        ..BackoffConfig::default()
    }
}

/// Tries again too where a gate of ours refused: it, or the other venue's, may be open by then.
fn anyway(retry: RetryConfig) -> RetryConfig {
    RetryConfig {
        retry_rejected: true,
        ..retry
    }
}

/// Waits until a venue may be back: where both refuse at once, so would they for many orders.
fn rounds(times: &Times) -> RetryConfig {
    RetryConfig {
        max_attempts: 8,
        max_total: Some(times.order),
        backoff: backoff(times.patience),
        ..RetryConfig::default()
    }
}

/// Without a budget: an order in doubt must be asked about, and there are as many questions at once
/// as orders.
fn asks(times: &Times) -> RetryConfig {
    anyway(RetryConfig {
        max_attempts: u32::MAX,
        max_total: Some(times.doubt),
        backoff: backoff(times.patience),
        hint_max: times.open[1],
        ..RetryConfig::default()
    })
}
