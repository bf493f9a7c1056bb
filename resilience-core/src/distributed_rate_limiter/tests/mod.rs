mod config;
mod demand;
mod model;
mod outage;
mod queue;
mod rules;

use std::time::Duration;

use super::*;
use crate::ManualClock;

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Eight permits at most in hand, of a hundred a second; the next are asked for at four.
fn config(on_outage: OnOutage) -> DistributedRateLimiterConfig {
    DistributedRateLimiterConfig {
        batch: Some(8),
        on_outage,
        ..DistributedRateLimiterConfig::new(100, SECOND)
    }
}

fn limiter(config: DistributedRateLimiterConfig) -> (DistributedRateLimiter, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let limiter = DistributedRateLimiter::new("test", config, &env);
    (limiter.expect("the config is valid"), clock)
}

/// A limiter that holds eight permits, leased just now.
fn full(on_outage: OnOutage) -> (DistributedRateLimiter, Arc<ManualClock>) {
    let (limiter, clock) = limiter(config(on_outage));
    limiter.answer(8, Duration::ZERO);
    (limiter, clock)
}

impl DistributedRateLimiter {
    fn take(&self, cost: u32) -> Result<Ticket, Rejected> {
        self.try_acquire(&Ask::default().cost(cost))
    }

    /// Takes, and says how long to wait where refused.
    fn wait(&self, cost: u32) -> Option<Duration> {
        let refused = self.take(cost).expect_err("there are too few");
        refused.retry_after()
    }

    /// Answers the request that is due.
    fn answer(&self, granted: u32, retry_after: Duration) {
        let request = self.next_request().expect("a request is due");
        let answer = StoreAnswer {
            granted,
            retry_after,
        };
        self.granted(&request, answer);
    }

    /// Fails the request that is due.
    fn fail(&self, retry_in: Duration) {
        let request = self.next_request().expect("a request is due");
        self.failed(&request, StoreFailed { retry_in });
    }

    fn left(&self) -> u32 {
        self.snapshot().left
    }
}
