use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::catalogue::whole::{assert_exposes, everything};
use crate::{Catalogue, Exporter};

/// A database that takes as many milliseconds as the clock is moved on.
fn database() -> (Exporter, DatabaseMetrics, Arc<AtomicU64>) {
    let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
    let now = Arc::<AtomicU64>::default();
    let clock = Arc::clone(&now);
    let clock = Clock::new(move || Duration::from_millis(clock.load(Ordering::Relaxed)));
    let metrics = DatabaseMetrics::new(exporter.meter(), clock).unwrap();
    (exporter, metrics, now)
}

fn value(exporter: &Exporter, series: &str) -> Option<f64> {
    let text = exporter.render();
    let rest = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(rest)
}

#[test]
fn a_query_is_timed_and_counted_by_how_it_ended() {
    let (exporter, metrics, now) = database();
    let pass = |ms| now.fetch_add(ms, Ordering::Relaxed);
    let query = metrics.start_query("read");
    pass(2);
    query.ok();
    let query = metrics.start_query("read");
    pass(40);
    let failed: Result<(), &str> = query.end(Err("gone"), |_| DatabaseFailure::Connection);
    assert_eq!(failed, Err("gone"));
    let gone = || {
        let _query = metrics.start_query("read");
        pass(8);
        panic!("on purpose");
    };
    assert!(catch_unwind(AssertUnwindSafe(gone)).is_err());
    for outcome in QueryOutcome::VALUES {
        let labels = format!(r#"operation="read",result="{outcome}""#);
        let series = format!("admf_db_queries_total{{{labels}}}");
        assert_eq!(value(&exporter, &series), Some(1.0), "{outcome}");
    }
    for (le, expected) in [
        ("0.001", 0.0),
        ("0.0025", 1.0),
        ("0.01", 2.0),
        ("0.05", 3.0),
    ] {
        let labels = format!(r#"operation="read",le="{le}""#);
        let series = format!("admf_db_query_duration_seconds_bucket{{{labels}}}");
        assert_eq!(value(&exporter, &series), Some(expected), "{le}");
    }
    let failures = r#"admf_db_failures_total{kind="connection"}"#;
    assert_eq!(value(&exporter, failures), Some(1.0));
}

#[test]
fn a_clock_that_goes_back_is_taken_for_one_that_stands() {
    let (exporter, metrics, now) = database();
    now.store(5, Ordering::Relaxed);
    let query = metrics.start_query("read");
    now.store(0, Ordering::Relaxed);
    query.ok();
    let sum = r#"admf_db_query_duration_seconds_sum{operation="read"}"#;
    assert_eq!(value(&exporter, sum), Some(0.0));
}

#[test]
fn utilization_is_in_use_over_max_and_absent_where_there_is_no_bound() {
    let (exporter, metrics, _) = database();
    let pool = |max| PoolSnapshot {
        in_use: 3,
        idle: 1,
        max,
        waiting: 2,
    };
    metrics.set_pool("free", &pool(0));
    metrics.set_pool("orders", &pool(12));
    let of = |metric: &str, pool: &str| value(&exporter, &format!("{metric}{{pool=\"{pool}\"}}"));
    assert_eq!(of("admf_db_pool_utilization_ratio", "orders"), Some(0.25));
    assert_eq!(of("admf_db_pool_connections_max", "orders"), Some(12.0));
    assert_eq!(of("admf_db_pool_utilization_ratio", "free"), None);
    assert_eq!(of("admf_db_pool_connections_max", "free"), None);
    assert_eq!(of("admf_db_pool_waiting", "free"), Some(2.0));
    for (state, count) in [("in_use", 3.0), ("idle", 1.0)] {
        let series = format!(r#"admf_db_pool_connections{{pool="orders",state="{state}"}}"#);
        assert_eq!(value(&exporter, &series), Some(count));
    }
}

#[test]
fn a_wait_for_a_connection_ends_with_one_or_counts_as_a_failure() {
    let (exporter, metrics, _) = database();
    metrics.record_acquire("orders", Duration::from_millis(3));
    metrics.record_acquire_timeout("orders");
    for (series, expected) in [
        (
            r#"admf_db_pool_acquire_seconds_bucket{pool="orders",le="0.005"}"#,
            1.0,
        ),
        (r#"admf_db_pool_acquire_seconds_count{pool="orders"}"#, 1.0),
        (r#"admf_db_pool_timeouts_total{pool="orders"}"#, 1.0),
        (r#"admf_db_failures_total{kind="pool_timeout"}"#, 1.0),
    ] {
        assert_eq!(value(&exporter, series), Some(expected), "{series}");
    }
}

#[test]
fn every_kind_of_failure_counts_in_a_series_of_its_own_that_is_there_from_the_beginning() {
    let (exporter, metrics, _) = database();
    for (kind, word) in DatabaseFailure::ALL.iter().zip(DatabaseFailure::VALUES) {
        let series = format!("admf_db_failures_total{{kind=\"{word}\"}}");
        assert_eq!(value(&exporter, &series), Some(0.0), "{word}");
        metrics.record_failure(*kind);
        assert_eq!(value(&exporter, &series), Some(1.0), "{word}");
    }
}

#[test]
fn every_metric_is_exposed_once_each_function_was_called_and_none_else() {
    let exporter = everything();
    let metrics = DatabaseMetrics::new(exporter.meter(), Clock::default()).unwrap();
    metrics.start_query("read").ok();
    metrics.record_failure(DatabaseFailure::Connection);
    metrics.record_acquire("orders", Duration::from_millis(3));
    metrics.record_acquire_timeout("orders");
    metrics.set_pool(
        "orders",
        &PoolSnapshot {
            in_use: 1,
            idle: 1,
            max: 4,
            waiting: 0,
        },
    );
    assert_exposes(&exporter, &METRICS);
}
