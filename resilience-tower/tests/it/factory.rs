//! Clients that are made from one config.

use std::time::Duration;

use resilience_core::{
    BoxError, CallError, CircuitBreakerConfig, CircuitState, Rejected, RetryConfig, Snapshot,
};
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{ClientLayer, Resilience, ResilienceConfig};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

use crate::common::{SECOND, env};

const DOWN: Step = Step::Fail("down");

fn made(config: ResilienceConfig) -> Resilience {
    Resilience::new(config, &env()).unwrap()
}

async fn call(layer: &ClientLayer<u64>, probe: &Probe) -> Result<u64, BoxError> {
    let mut client = layer.layer(probe.clone());
    client.ready().await?.call(7).await
}

fn state(made: &Resilience, name: &str) -> CircuitState {
    let policy = made.env().registry().find("circuit_breaker", name).unwrap();
    match policy.snapshot() {
        Snapshot::CircuitBreaker(it) => it.state,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_broker_is_asked_three_times_and_market_data_five_times() {
    let made = made(ResilienceConfig::default());
    for (layer, attempts) in [
        (made.broker("alpaca").unwrap(), 3),
        (made.market_data("polygon").unwrap(), 5),
    ] {
        let probe = Probe::new([DOWN; 9]);
        assert_eq!(call(&layer, &probe).await.unwrap_err().to_string(), "down");
        assert_eq!(probe.calls(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_wait_is_the_initial_delay_less_at_most_half() {
    let made = made(ResilienceConfig {
        retry_initial_delay: 8 * SECOND,
        ..Default::default()
    });
    for (layer, first) in [
        (made.broker("alpaca").unwrap(), 8 * SECOND),
        (made.market_data("polygon").unwrap(), 4 * SECOND),
    ] {
        let started = Instant::now();
        assert_eq!(call(&layer, &Probe::new([DOWN])).await.unwrap(), 7);
        // A timer of tokio is up to a millisecond late.
        let waited = started.elapsed().saturating_sub(Duration::from_millis(1));
        assert!(
            first / 2 <= started.elapsed() && waited <= first,
            "{waited:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_threshold_is_where_the_circuit_opens() {
    for threshold in [5, 10] {
        let made = made(ResilienceConfig {
            circuit_breaker_failure_threshold: threshold,
            retry_enabled: false,
            ..Default::default()
        });
        let layer = made.broker("alpaca").unwrap();
        let probe = Probe::new([DOWN; 20]);
        for _ in 1..threshold {
            call(&layer, &probe).await.unwrap_err();
        }
        assert_eq!(state(&made, "alpaca"), CircuitState::Closed);
        call(&layer, &probe).await.unwrap_err();
        assert_eq!(state(&made, "alpaca"), CircuitState::Open);
        let error = call(&layer, &probe).await.unwrap_err();
        let wait = error.rejected().and_then(Rejected::retry_after);
        assert_eq!(wait, Some(60 * SECOND));
        assert_eq!(probe.calls(), threshold as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_switched_off_does_nothing() {
    let made = made(ResilienceConfig {
        circuit_breaker_enabled: false,
        retry_enabled: false,
        ..Default::default()
    });
    let layer = made.market_data("polygon").unwrap();
    let probe = Probe::new([DOWN; 20]);
    for _ in 0..20 {
        assert_eq!(call(&layer, &probe).await.unwrap_err().to_string(), "down");
    }
    assert_eq!(probe.calls(), 20);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_and_a_call_have_their_limits() {
    let made = made(ResilienceConfig::default());
    let layer = made.broker("alpaca").unwrap();
    let started = Instant::now();
    let probe = Probe::new([Step::Wait, Step::Wait, Step::Wait]);
    let error = call(&layer, &probe).await.unwrap_err();
    assert_eq!(error.elapsed().map(|it| it.limit), Some(30 * SECOND));
    assert_eq!(started.elapsed(), 30 * SECOND);
    assert_eq!(probe.calls(), 3);
}

#[test]
fn what_does_not_hold_is_refused_by_name() {
    let base = ResilienceConfig::default;
    let ns = Duration::from_nanos(1);
    let good = [
        ResilienceConfig {
            circuit_breaker_failure_threshold: 10,
            ..base()
        },
        ResilienceConfig {
            circuit_breaker_timeout: ns,
            ..base()
        },
        ResilienceConfig {
            circuit_breaker_timeout: Duration::MAX,
            ..base()
        },
        ResilienceConfig {
            retry_max_attempts: 1,
            market_data_max_attempts: 10,
            ..base()
        },
        ResilienceConfig {
            retry_initial_delay: ns,
            ..base()
        },
        ResilienceConfig {
            retry_initial_delay: 60 * SECOND,
            ..base()
        },
        ResilienceConfig {
            attempt_timeout: ns,
            total_timeout: Duration::MAX,
            ..base()
        },
    ];
    for config in good {
        let made = made(config.clone());
        let made = made.broker::<u64>("a").and(made.market_data::<u64>("b"));
        assert!(made.is_ok(), "{config:?}");
    }
    let bad = [
        (
            ResilienceConfig {
                circuit_breaker_failure_threshold: 4,
                ..base()
            },
            "`circuit_breaker_failure_threshold` must be between 5 and 10, is 4",
        ),
        (
            ResilienceConfig {
                circuit_breaker_failure_threshold: 11,
                ..base()
            },
            "`circuit_breaker_failure_threshold` must be between 5 and 10, is 11",
        ),
        (
            ResilienceConfig {
                circuit_breaker_timeout: Duration::ZERO,
                ..base()
            },
            "`circuit_breaker_timeout` must be at least 1 ns, is 0ns",
        ),
        (
            ResilienceConfig {
                retry_max_attempts: 0,
                ..base()
            },
            "`retry_max_attempts` must be between 1 and 10, is 0",
        ),
        (
            ResilienceConfig {
                market_data_max_attempts: u32::MAX,
                ..base()
            },
            "`market_data_max_attempts` must be between 1 and 10, is 4294967295",
        ),
        (
            ResilienceConfig {
                retry_initial_delay: Duration::ZERO,
                ..base()
            },
            "`retry_initial_delay` must be between 1 ns and 60 s, is 0ns",
        ),
        (
            ResilienceConfig {
                retry_initial_delay: 61 * SECOND,
                ..base()
            },
            "`retry_initial_delay` must be between 1 ns and 60 s, is 61s",
        ),
        (
            ResilienceConfig {
                attempt_timeout: Duration::ZERO,
                ..base()
            },
            "`attempt_timeout` must be at least 1 ns, is 0ns",
        ),
        (
            ResilienceConfig {
                total_timeout: Duration::ZERO,
                ..base()
            },
            "`total_timeout` must be at least 1 ns, is 0ns",
        ),
    ];
    for (config, expected) in bad {
        let error = Resilience::new(config, &env()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn the_presets_have_the_numbers_of_their_documentation() {
    let secs = |it: Option<Duration>| it.map(|it| it.as_secs());
    let external = CircuitBreakerConfig::EXTERNAL;
    assert_eq!(
        (external.consecutive, secs(external.open_for)),
        (Some(5), Some(60))
    );
    let internal = CircuitBreakerConfig::INTERNAL;
    assert_eq!(
        (internal.consecutive, secs(internal.open_for)),
        (Some(5), Some(30))
    );
    let trading = RetryConfig::TRADING;
    assert_eq!(
        (trading.max_attempts, secs(trading.max_total)),
        (3, Some(30))
    );
    let data = RetryConfig::MARKET_DATA;
    assert_eq!((data.max_attempts, secs(data.max_total)), (5, Some(30)));
    assert_eq!(data.backoff.base, SECOND / 2);
    assert_eq!(
        CircuitBreakerConfig::default(),
        CircuitBreakerConfig::DEFAULT
    );
    assert_eq!(RetryConfig::default(), RetryConfig::DEFAULT);
}
