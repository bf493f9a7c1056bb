//! What policies counted, number by number in a scrape: of the kinds whose random use is not modelled.

#![cfg(feature = "resilience")]

use std::time::Duration;

use admf_metrics::policies::{METRICS, PolicyMetrics};
use admf_metrics::{Catalogue, Exporter};
use resilience_core::{
    BoxError, Cache, CacheConfig, Component, Env, Failover, FailoverConfig, OperationsConfig,
};

fn bench() -> (Exporter, Env) {
    let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
    let (env, _clock) = Env::manual();
    let policies = PolicyMetrics::new(exporter.meter()).unwrap();
    policies.export(&env).unwrap();
    (exporter, env)
}

/// The value of one series.
fn value(exporter: &Exporter, series: &str) -> Option<f64> {
    let text = exporter.render();
    let rest = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(rest)
}

#[test]
fn switches_of_a_failover_are_counted_by_direction_and_the_active_target_is_one() {
    let (exporter, env) = bench();
    let config = FailoverConfig {
        targets: vec!["primary".into(), "backup".into()],
        ..FailoverConfig::default()
    };
    let failover = Failover::new("venue", config, &env).unwrap();
    let seen = || {
        let of = |metric, label, word| {
            let series = format!("admf_{metric}{{name=\"venue\",{label}=\"{word}\"}}");
            value(&exporter, &series).unwrap()
        };
        let active = |target| of("failover_active", "target", target);
        let switches = |direction| of("failovers_total", "direction", direction);
        [
            active("primary"),
            active("backup"),
            switches("over"),
            switches("back"),
        ]
    };
    assert_eq!(seen(), [1.0, 0.0, 0.0, 0.0]);
    assert!(failover.fail_over());
    assert_eq!(seen(), [0.0, 1.0, 1.0, 0.0]);
    assert!(failover.fail_back());
    assert_eq!(seen(), [1.0, 0.0, 1.0, 1.0]);
    assert!(failover.fail_over());
    assert_eq!(seen(), [0.0, 1.0, 2.0, 1.0]);
}

#[test]
fn a_cache_counts_what_it_had_and_what_it_had_not() {
    let (exporter, env) = bench();
    let cache = Cache::<u8, u8>::new("quotes", CacheConfig::default(), &env).unwrap();
    let seen = || {
        ["hits", "misses"].map(|what| {
            let series = format!("admf_cache_{what}_total{{cache_name=\"quotes\"}}");
            value(&exporter, &series)
        })
    };
    assert_eq!(seen(), [Some(0.0); 2], "there before the first request");
    assert_eq!(cache.get(&1), None);
    cache.insert(1, 7);
    for _ in 0..3 {
        assert_eq!(cache.get(&1), Some(7));
    }
    assert_eq!(seen(), [Some(3.0), Some(1.0)]);
}

#[test]
fn operations_of_a_component_are_counted_by_how_they_ended() {
    let (exporter, env) = bench();
    let config = OperationsConfig {
        critical_methods: vec!["order".into()],
        retry_methods: Vec::new(),
        ..OperationsConfig::default()
    };
    let venue = Component::new("venue", config, &env).unwrap();
    let call = |operation, well: bool| {
        let op = || {
            if well {
                Ok(())
            } else {
                Err(BoxError::from("down"))
            }
        };
        venue.call_blocking(operation, |_: Duration| {}, op)
    };
    for (operation, well) in [
        ("quote", true),
        ("quote", true),
        ("quote", false),
        ("order", false),
    ] {
        assert_eq!(call(operation, well).is_ok(), well);
    }
    for (operation, success, error) in [("quote", 2.0, 1.0), ("order", 0.0, 1.0)] {
        for (result, expected) in [("success", success), ("error", error), ("refused", 0.0)] {
            let labels = format!("name=\"venue\",operation=\"{operation}\",result=\"{result}\"");
            let seen = value(
                &exporter,
                &format!("admf_operation_calls_total{{{labels}}}"),
            );
            assert_eq!(seen, Some(expected), "{operation} {result}");
        }
    }
}
