//! Retries by rule, against a naive reading of the rules, and around a plain async function.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::{BackoffConfig, Hint, ManualClock, Outcome};

mod call;
mod extras;
mod model;
mod rules;

const SECOND: Duration = Duration::from_secs(1);

fn retry(config: RetryConfig) -> (Retry, Env, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    (Retry::new("retry", config, &env).unwrap(), env, clock)
}

/// Returns settings with a delay of exactly one second.
fn fixed() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::fixed(SECOND),
        ..Default::default()
    }
}

fn start(retry: &Retry) -> Attempts {
    retry.start(&Ask::default()).unwrap()
}

fn fail(attempts: &mut Attempts) -> Option<Duration> {
    attempts.next(Outcome::Failure, false, Hint::None)
}
