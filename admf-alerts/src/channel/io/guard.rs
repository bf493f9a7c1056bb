//! The breaker and the limit of a channel.

use std::time::Duration;

use resilience_core::{
    Ask, CircuitBreaker, CircuitBreakerConfig, ConfigError, Env, Gate, Outcome, RateLimiter,
    RateLimiterConfig, Rejected,
};

use super::report::{Done, Fault};
use crate::channel::answer::Failure;
use crate::channel::config::{Channel, Limit};

/// What a call passes: first the breaker, then the limit.
pub(super) struct Guard {
    breaker: CircuitBreaker,
    limit: Option<RateLimiter>,
}

impl Guard {
    pub(super) fn new(name: &str, channel: &Channel, env: &Env) -> Result<Self, ConfigError> {
        let name = format!("alerts.{name}");
        let limit = channel.common().limit.or_else(|| limit_of(channel));
        // Set up anew under its name it asks the same one, and what was learned of him holds, but where it is reset.
        let limiter = |it: Limit| {
            let config = RateLimiterConfig::new(it.notices, it.per);
            let limiter = RateLimiter::get_or_new(name.clone(), config.clone(), env)?;
            limiter.reconfigure(config).map(|()| limiter)
        };
        let breaker = CircuitBreakerConfig::default();
        Ok(Self {
            limit: limit.map(limiter).transpose()?,
            breaker: CircuitBreaker::get_or_new(name.clone(), breaker, env)?,
        })
    }

    /// Forgets what was learned of who is asked.
    #[cfg(feature = "service")]
    pub(super) fn reset(&self) {
        self.breaker.reset();
    }

    /// Makes a call unless breaker or limit refuse it.
    pub(super) async fn call(
        &self,
        cost: u32,
        op: impl AsyncFnOnce() -> Result<Done, Fault>,
    ) -> Result<Done, Fault> {
        let ask = Ask::default().cost(cost);
        let mut permit = self.breaker.permit(&ask).map_err(|it| refused(&it))?;
        let taken = self.limit.as_ref().map(|limit| limit.permit(&ask));
        let taken = match taken.transpose() {
            Ok(taken) => taken,
            Err(rejected) => {
                permit.unused();
                return Err(refused(&rejected));
            }
        };
        permit.waiting();
        let sent = op().await;
        if let Some(taken) = taken {
            taken.record(Outcome::Ignored);
        }
        match &sent {
            Ok(_) => permit.record(Outcome::Success),
            // Who says "not now" or "never" is there.
            Err(fault) if fault.why == Failure::RateLimited || fault.again.is_none() => {
                permit.record(Outcome::Ignored);
            }
            Err(fault) => {
                let hint = fault.again.filter(|it| !it.is_zero());
                permit.record_hinted(Outcome::Failure, hint);
            }
        }
        sent
    }
}

/// What a service takes.
fn limit_of(channel: &Channel) -> Option<Limit> {
    let second = Duration::from_secs(1);
    match channel {
        Channel::Slack(_) => Some(Limit {
            notices: 1,
            per: second,
        }),
        Channel::PagerDuty(_) => Some(Limit {
            notices: 120,
            per: 60 * second,
        }),
        _ => None,
    }
}

fn refused(rejected: &Rejected) -> Fault {
    let why = match rejected {
        Rejected::RateLimited(_) => Failure::RateLimited,
        _ => Failure::Other,
    };
    Fault {
        again: Some(rejected.retry_after().unwrap_or_default()),
        why,
        said: rejected.to_string(),
    }
}
