//! Every config as text.

use std::fmt::Debug;
use std::time::Duration;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use resilience_core::backoff::{BackoffKind, Jitter};
use resilience_core::circuit_breaker::Abandoned;
use resilience_core::recovery::RecoveryAction;
use resilience_core::retry::HintPolicy;
use resilience_core::{
    BackoffConfig, BulkheadConfig, CacheConfig, CircuitBreakerConfig, ComponentConfig,
    DeadlinesConfig, DistributedRateLimiterConfig, FailoverConfig, FallbackConfig, HealthConfig,
    KeyedConfig, Name, OnOutage, OperationsConfig, PolicyConfig, RateLimiterConfig,
    RateLimiterKind, RecoveryConfig, RecoveryStrategy, RetryBudgetConfig, RetryConfig,
    TimeoutConfig, WindowConfig,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn length() -> impl Strategy<Value = Duration> {
    (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(secs, nanos)| Duration::new(secs, nanos))
}

/// JSON has no others.
fn number() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |it| it.is_finite())
}

fn name() -> impl Strategy<Value = Name> {
    ".{0,8}".prop_map(Name::from)
}

/// TOML has no larger numbers.
fn many() -> impl Strategy<Value = usize> {
    0..usize::MAX / 2
}

fn backoff() -> impl Strategy<Value = BackoffConfig> {
    use BackoffKind::{Exponential, Fixed, Linear};
    use Jitter::{Decorrelated, Equal, Full, None};
    let kind = select(vec![Fixed, Linear, Exponential]);
    let jitter = select(vec![None, Equal, Full, Decorrelated]);
    let fields = (kind, length(), number(), length(), jitter);
    fields.prop_map(|(kind, base, factor, max, jitter)| BackoffConfig {
        kind,
        base,
        factor,
        max,
        jitter,
    })
}

fn bulkhead() -> impl Strategy<Value = BulkheadConfig> {
    let fields = (any::<u32>(), any::<u32>(), option::of(length()));
    fields.prop_map(|(max_in_flight, max_waiting, max_wait)| BulkheadConfig {
        max_in_flight,
        max_waiting,
        max_wait,
    })
}

fn window() -> impl Strategy<Value = WindowConfig> {
    let fields = (option::of(any::<u32>()), option::of(length()), any::<u32>());
    fields.prop_map(|(count, time, buckets)| WindowConfig {
        count,
        time,
        buckets,
    })
}

fn abandoned() -> impl Strategy<Value = Abandoned> {
    prop_oneof![
        Just(Abandoned::Ignored),
        Just(Abandoned::Failure),
        length().prop_map(Abandoned::FailureAfter),
    ]
}

fn circuit_breaker() -> impl Strategy<Value = CircuitBreakerConfig> {
    let trip = (
        option::of(any::<u32>()),
        option::of(number()),
        option::of(number()),
        option::of(window()),
        option::of(any::<u32>()),
        option::of(length()),
    );
    let open = (option::of(length()), option::of(backoff()), length());
    let probes = (any::<u32>(), length(), option::of(abandoned()));
    (trip, open, probes).prop_map(|(trip, open, probes)| CircuitBreakerConfig {
        consecutive: trip.0,
        failure_rate: trip.1,
        slow_rate: trip.2,
        window: trip.3,
        minimum_calls: trip.4,
        slow_call: trip.5,
        open_for: open.0,
        open_backoff: open.1,
        retry_after_max: open.2,
        probes: probes.0,
        probe_timeout: probes.1,
        abandoned: probes.2,
    })
}

fn rate_limiter() -> impl Strategy<Value = RateLimiterConfig> {
    use RateLimiterKind::{FixedWindow, Gcra, SlidingCounter, SlidingLog};
    let kind = select(vec![Gcra, FixedWindow, SlidingLog, SlidingCounter]);
    let burst = option::of(any::<u32>());
    let fields = (kind, any::<u32>(), length(), burst, option::of(length()));
    fields.prop_map(|(kind, permits, per, burst, max_wait)| RateLimiterConfig {
        kind,
        permits,
        per,
        burst,
        max_wait,
    })
}

fn budget() -> impl Strategy<Value = RetryBudgetConfig> {
    let fields = (number(), number(), length());
    fields.prop_map(|(ratio, floor_per_second, window)| RetryBudgetConfig {
        ratio,
        floor_per_second,
        window,
    })
}

fn retry() -> impl Strategy<Value = RetryConfig> {
    use HintPolicy::{AtLeast, Clamped, Exact, Ignored};
    let hints = select(vec![Exact, AtLeast, Clamped, Ignored]);
    let times = (option::of(length()), length(), length());
    let budgets = (option::of(budget()), option::of(name()));
    let fields = (
        any::<u32>(),
        backoff(),
        times,
        hints,
        any::<bool>(),
        budgets,
    );
    fields.prop_map(|it| RetryConfig {
        max_attempts: it.0,
        backoff: it.1,
        max_total: it.2.0,
        hint_min: it.2.1,
        hint_max: it.2.2,
        hints: it.3,
        retry_rejected: it.4,
        budget: it.5.0,
        shared_budget: it.5.1,
    })
}

fn failover() -> impl Strategy<Value = FailoverConfig> {
    let targets = proptest::collection::vec(name(), 0..4);
    let fields = (targets, any::<u32>(), any::<u32>());
    fields.prop_map(|(targets, switch_after, fail_back_after)| FailoverConfig {
        targets,
        switch_after,
        fail_back_after,
    })
}

fn fallback() -> impl Strategy<Value = FallbackConfig> {
    let fields = (any::<bool>(), option::of(length()), many());
    fields.prop_map(|(last_good, max_age, max_keys)| FallbackConfig {
        last_good,
        max_age,
        max_keys,
    })
}

fn keyed<C: Debug>(gate: impl Strategy<Value = C>) -> impl Strategy<Value = KeyedConfig<C>> {
    let fields = (gate, many(), option::of(length()));
    fields.prop_map(|(gate, max_keys, idle)| KeyedConfig {
        gate,
        max_keys,
        idle,
    })
}

fn cache() -> impl Strategy<Value = CacheConfig> {
    let fields = (
        length(),
        length(),
        length(),
        number(),
        many(),
        0..u64::MAX / 2,
    );
    fields.prop_map(|it| CacheConfig {
        ttl: it.0,
        stale_while_revalidate: it.1,
        stale_if_error: it.2,
        jitter: it.3,
        max_entries: it.4,
        max_bytes: it.5,
    })
}

fn component() -> impl Strategy<Value = OperationsConfig> {
    let names = || proptest::collection::vec(".{0,8}", 0..4);
    let fields = (names(), names(), any::<u32>(), length(), retry(), many());
    fields.prop_map(|it| OperationsConfig {
        critical_methods: it.0,
        retry_methods: it.1,
        failure_threshold: it.2,
        recovery_timeout: it.3,
        retry: it.4,
        max_operations: it.5,
    })
}

fn deadlines() -> impl Strategy<Value = DeadlinesConfig> {
    let fields = (option::of(length()), option::of(length()), number());
    fields.prop_map(|(default, max, max_dropped)| DeadlinesConfig {
        default,
        max,
        max_dropped,
    })
}

fn distributed() -> impl Strategy<Value = DistributedRateLimiterConfig> {
    let number = || option::of(any::<u32>());
    let outage = select(vec![OnOutage::Open, OnOutage::Closed, OnOutage::Local]);
    let rate = (any::<u32>(), length(), number(), number(), number());
    let rest = (length(), length(), outage, number());
    (rate, rest).prop_map(|(rate, rest)| DistributedRateLimiterConfig {
        permits: rate.0,
        per: rate.1,
        burst: rate.2,
        batch: rate.3,
        low_water: rate.4,
        lease_for: rest.0,
        outage_after: rest.1,
        on_outage: rest.2,
        local_permits: rest.3,
    })
}

fn health() -> impl Strategy<Value = HealthConfig> {
    let fields = (
        any::<bool>(),
        any::<u32>(),
        any::<u32>(),
        length(),
        length(),
    );
    let component = fields.prop_map(|it| ComponentConfig {
        critical: it.0,
        down_after: it.1,
        up_after: it.2,
        interval: it.3,
        timeout: it.4,
    });
    let components = proptest::collection::btree_map(name(), component, 0..4);
    (any::<bool>(), components).prop_map(|(enabled, components)| HealthConfig {
        enabled,
        components,
    })
}

fn action() -> impl Strategy<Value = RecoveryAction> {
    let strategy = select(RecoveryStrategy::ALL.to_vec());
    let fields = (
        strategy,
        any::<u32>(),
        backoff(),
        any::<bool>(),
        any::<u32>(),
    );
    fields.prop_map(|it| RecoveryAction {
        strategy: it.0,
        max_attempts: it.1,
        backoff: it.2,
        wait_first: it.3,
        success_threshold: it.4,
    })
}

fn recovery() -> impl Strategy<Value = RecoveryConfig> {
    let custom = proptest::collection::btree_map(name(), action(), 0..3);
    let four = (action(), action(), action(), action());
    let rest = (option::of(action()), custom, length(), length(), length());
    (four, rest).prop_map(|(four, rest)| RecoveryConfig {
        database_error: four.0,
        network_timeout: four.1,
        component_failure: four.2,
        data_quality_error: four.3,
        unknown: rest.0,
        custom: rest.1,
        attempt_timeout: rest.2,
        check_every: rest.3,
        target: rest.4,
    })
}

fn any_config() -> impl Strategy<Value = PolicyConfig> {
    prop_oneof![
        bulkhead().prop_map(PolicyConfig::from),
        cache().prop_map(PolicyConfig::from),
        circuit_breaker().prop_map(PolicyConfig::from),
        component().prop_map(PolicyConfig::from),
        deadlines().prop_map(PolicyConfig::from),
        distributed().prop_map(PolicyConfig::from),
        failover().prop_map(PolicyConfig::from),
        fallback().prop_map(PolicyConfig::from),
        health().prop_map(PolicyConfig::from),
        keyed(bulkhead()).prop_map(PolicyConfig::from),
        keyed(circuit_breaker()).prop_map(PolicyConfig::from),
        keyed(rate_limiter()).prop_map(PolicyConfig::from),
        rate_limiter().prop_map(PolicyConfig::from),
        recovery().prop_map(PolicyConfig::from),
        retry().prop_map(PolicyConfig::from),
        budget().prop_map(PolicyConfig::from),
        length().prop_map(|timeout| TimeoutConfig { timeout }.into()),
    ]
}

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(it: &T) {
    let text = toml::to_string(it).unwrap();
    assert_eq!(toml::from_str::<T>(&text).as_ref(), Ok(it), "{text}");
    let text = serde_json::to_string(it).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), it, "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_config_is_read_back_as_it_was_written(config in any_config()) {
        comes_back(&config);
    }
}

#[test]
fn each_kind_of_config_has_a_default_that_comes_back() {
    let mut kinds = Vec::new();
    for config in [
        BulkheadConfig::default().into(),
        CacheConfig::default().into(),
        CircuitBreakerConfig::default().into(),
        OperationsConfig::default().into(),
        DeadlinesConfig::default().into(),
        DistributedRateLimiterConfig::default().into(),
        FailoverConfig::default().into(),
        FallbackConfig::default().into(),
        HealthConfig::default().into(),
        KeyedConfig::<BulkheadConfig>::default().into(),
        KeyedConfig::<CircuitBreakerConfig>::default().into(),
        KeyedConfig::<RateLimiterConfig>::default().into(),
        RateLimiterConfig::default().into(),
        RecoveryConfig::default().into(),
        RetryConfig::default().into(),
        RetryBudgetConfig::default().into(),
        PolicyConfig::from(TimeoutConfig::default()),
    ] {
        comes_back(&config);
        let empty = format!(r#"{{"kind": "{}", "config": {{}}}}"#, config.kind());
        assert_eq!(
            serde_json::from_str::<PolicyConfig>(&empty).unwrap(),
            config
        );
        kinds.push(config.kind());
    }
    assert_eq!(kinds, PolicyConfig::KINDS);
}

fn refused<T: DeserializeOwned + Debug>(text: &str) -> String {
    toml::from_str::<T>(text).unwrap_err().message().to_owned()
}

#[test]
fn a_field_that_is_unknown_is_refused_in_every_config() {
    for kind in PolicyConfig::KINDS {
        let text = format!(r#"{{"kind": "{kind}", "config": {{"fuse": 1}}}}"#);
        let why = serde_json::from_str::<PolicyConfig>(&text).unwrap_err();
        assert!(why.to_string().contains("unknown field `fuse`"), "{why}");
    }
    assert!(refused::<WindowConfig>("fuse = 1").contains("unknown field `fuse`"));
    assert!(refused::<BackoffConfig>("fuse = 1").contains("unknown field `fuse`"));
}

#[test]
fn words_are_in_snake_case() {
    let limiter = toml::from_str::<RateLimiterConfig>("kind = 'sliding_log'").unwrap();
    assert_eq!(limiter.kind, RateLimiterKind::SlidingLog);
    let circuit = toml::from_str::<CircuitBreakerConfig>("abandoned = { failure_after = '2s' }");
    let two = Duration::from_secs(2);
    assert_eq!(
        circuit.unwrap().abandoned,
        Some(Abandoned::FailureAfter(two))
    );
    let circuit = toml::from_str::<CircuitBreakerConfig>("abandoned = 'ignored'");
    assert_eq!(circuit.unwrap().abandoned, Some(Abandoned::Ignored));
    let why = refused::<RetryConfig>("hints = 'AtLeast'");
    assert!(why.starts_with("unknown variant `AtLeast`, expected one of `exact`, `at_least`"));
}

#[test]
fn a_length_of_time_must_be_text_with_a_unit() {
    for (text, why) in [
        (
            "timeout = 5",
            "invalid type: integer `5`, expected a length of time, such as \"250ms\" or \"1m 30s\"",
        ),
        (
            "timeout = '5'",
            "\"5\" is no length of time: a unit must follow \"5\"",
        ),
        (
            "timeout = '-1s'",
            "\"-1s\" is no length of time: a number must come before \"-1s\"",
        ),
    ] {
        assert_eq!(refused::<TimeoutConfig>(text), why);
    }
    let config = toml::from_str::<TimeoutConfig>("timeout = '1m 30s'").unwrap();
    assert_eq!(config.timeout, Duration::from_secs(90));
}
