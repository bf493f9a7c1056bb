//! Clients that are made from one config.

use std::time::Duration;

use resilience_core::backoff::Jitter;
use resilience_core::recovery::{Incident, RecoveryAction, RecoveryResult};
use resilience_core::{
    BoxError, CallError, CircuitBreakerConfig, CircuitState, Failover, FailoverConfig,
    RecoveryConfig, RecoveryStrategy, Rejected, RetryConfig, Snapshot,
};
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{ClientLayer, Handlers, Resilience, ResilienceConfig};
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

/// Recovers from failed components by `failed`, and from all else by going on without.
fn recovering(failed: RecoveryStrategy) -> ResilienceConfig {
    let degrade = RecoveryAction::once(RecoveryStrategy::GracefulDegradation);
    ResilienceConfig {
        retry_enabled: false,
        recovery: RecoveryConfig {
            database_error: degrade.clone(),
            network_timeout: degrade,
            component_failure: RecoveryAction::once(failed),
            ..Default::default()
        },
        ..Default::default()
    }
}

#[tokio::test(start_paused = true)]
async fn the_orchestrator_breaks_the_circuit_of_the_client_that_failed_and_no_other() {
    let made = made(recovering(RecoveryStrategy::CircuitBreaker));
    let before = made.broker("alpaca").unwrap();
    let orchestrator = made.orchestrator("trading", Handlers::default()).unwrap();
    let _after = made.market_data::<u64>("polygon").unwrap();
    let probe = Probe::new([DOWN; 6]);
    for _ in 0..5 {
        call(&before, &probe).await.unwrap_err();
    }
    tokio::time::sleep(90 * SECOND).await;
    assert_eq!(state(&made, "alpaca"), CircuitState::HalfOpen);
    call(&before, &probe).await.unwrap_err();
    // What the open circuit says names the component.
    let refused = call(&before, &probe).await.unwrap_err();
    let result = orchestrator.recover_from("orders", refused.as_ref()).await;
    assert_eq!(result, Ok(RecoveryResult::Recovered));
    assert_eq!(state(&made, "alpaca"), CircuitState::Isolated);
    assert_eq!(state(&made, "polygon"), CircuitState::Closed);

    let gone: BoxError = "gone".into();
    let failed = |name: &'static str| Incident::failed(name, gone.as_ref());
    let result = orchestrator.recover(failed("polygon")).await;
    assert_eq!(result, Ok(RecoveryResult::Recovered));
    assert_eq!(state(&made, "polygon"), CircuitState::Isolated);
    let result = orchestrator.recover(failed("nobody")).await;
    assert_eq!(result, Ok(RecoveryResult::GaveUp));
    let listed = made.env().registry().find("recovery", "trading").unwrap();
    let Snapshot::Recovery(seen) = listed.snapshot() else {
        panic!("{listed:?}");
    };
    let breaks = &seen.counts[RecoveryStrategy::CircuitBreaker as usize];
    assert_eq!((breaks.recovered, breaks.gave_up), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn the_orchestrator_moves_the_failover_of_the_components_name_but_one_it_is_given_first() {
    let made = made(recovering(RecoveryStrategy::Failover));
    let failover = |name| {
        let config = FailoverConfig {
            targets: vec!["a".into(), "b".into()],
            ..Default::default()
        };
        Failover::new(name, config, made.env()).unwrap()
    };
    let (venue, quotes, own) = (failover("venue"), failover("quotes"), failover("own"));
    let handlers = Handlers::default().fail_over("quotes", own.clone());
    let orchestrator = made.orchestrator("trading", handlers).unwrap();
    let gone: BoxError = "gone".into();
    for (name, result) in [
        ("venue", RecoveryResult::Recovered),
        ("venue", RecoveryResult::GaveUp),
        ("quotes", RecoveryResult::Recovered),
        ("nobody", RecoveryResult::GaveUp),
    ] {
        let incident = Incident::failed(name, gone.as_ref());
        assert_eq!(orchestrator.recover(incident).await, Ok(result), "{name}");
    }
    // A handler does what no policy is found for, and nothing else.
    let any = |_: &Incident| async { Ok::<_, BoxError>(()) };
    let handlers = Handlers::default().on(RecoveryStrategy::Failover, any);
    let other = made.orchestrator("other", handlers).unwrap();
    for (name, result) in [
        ("venue", RecoveryResult::GaveUp),
        ("nobody", RecoveryResult::Recovered),
    ] {
        let incident = Incident::failed(name, gone.as_ref());
        assert_eq!(other.recover(incident).await, Ok(result), "{name}");
    }
    let active = [&venue, &quotes, &own].map(|it| it.active().as_str().to_owned());
    assert_eq!(active, ["b", "a", "b"]);
    drop(venue);
    let listed = made.env().registry().find("failover", "venue");
    assert!(listed.is_none(), "the orchestrator keeps nothing alive");
}

#[test]
fn an_orchestrator_that_lacks_a_step_is_refused_and_leaves_its_name_free() {
    let made = made(ResilienceConfig::default());
    for _ in 0..2 {
        let error = made.orchestrator("trading", Handlers::default());
        assert_eq!(error.unwrap_err().field(), "strategy");
    }
    let ok = |_: &_| async { Ok::<_, BoxError>(()) };
    let handlers = || {
        Handlers::default()
            .on(RecoveryStrategy::RetryOperation, ok)
            .on(RecoveryStrategy::SwitchToBackup, ok)
            .on(RecoveryStrategy::RestartComponent, ok)
            .well(|_| async { Ok::<_, BoxError>(()) })
    };
    let one = made.orchestrator("trading", handlers()).unwrap();
    assert_eq!(one.recovery().config(), RecoveryConfig::default());
    let taken = made.orchestrator("trading", handlers()).unwrap_err();
    assert_eq!(taken.field(), "name");
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
        (
            ResilienceConfig {
                recovery: RecoveryConfig {
                    attempt_timeout: Duration::ZERO,
                    ..Default::default()
                },
                ..base()
            },
            "`attempt_timeout` must be at least 1 ns, is 0ns",
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
    for preset in [&trading, &data] {
        assert_eq!(preset.backoff.jitter, Jitter::Equal);
    }
    assert_eq!(
        CircuitBreakerConfig::default(),
        CircuitBreakerConfig::DEFAULT
    );
    assert_eq!(RetryConfig::default(), RetryConfig::DEFAULT);
}
