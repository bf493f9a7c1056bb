mod check;

use super::*;

fn metrics() -> Metrics {
    Metrics::default()
        .with(KnownMetric::new(
            "admf_api_latency_seconds",
            FamilyKind::Histogram,
        ))
        .with(KnownMetric::new("performance_cpu_ratio", FamilyKind::Gauge))
        .with(KnownMetric::new(
            "admf_circuit_breaker_state",
            FamilyKind::Gauge,
        ))
        .alias("performance.customMetric", "performance_cpu_ratio")
        .unwrap()
}

#[test]
fn a_name_is_found_plain_by_its_alias_and_by_the_rule_for_dots() {
    let metrics = metrics();
    for (name, found) in [
        ("performance_cpu_ratio", "performance_cpu_ratio"),
        ("performance.customMetric", "performance_cpu_ratio"),
        ("performance.cpuRatio", "performance_cpu_ratio"),
        ("performance.cpu_ratio", "performance_cpu_ratio"),
        ("circuit_breaker_state", "admf_circuit_breaker_state"),
        ("circuitBreaker.state", "admf_circuit_breaker_state"),
        ("api.latencySeconds", "admf_api_latency_seconds"),
        (
            "admf_api_latency_seconds_count",
            "admf_api_latency_seconds_count",
        ),
    ] {
        assert_eq!(metrics.resolve(name), Ok(found), "{name}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_at_most_three_that_are_near() {
    let metrics = metrics();
    for (name, nearest) in [
        (
            "performance.custmoMetric",
            &["performance.customMetric"][..],
        ),
        ("performance.cpuRation", &["performance_cpu_ratio"]),
        ("circuitBreaker.stat", &["admf_circuit_breaker_state"]),
        ("performance_cpu_ratio_count", &["performance_cpu_ratio"]),
        ("business.profit", &[]),
        ("", &[]),
    ] {
        let unknown = metrics.resolve(name).unwrap_err();
        assert_eq!(
            (unknown.name(), unknown.nearest()),
            (
                name,
                &nearest
                    .iter()
                    .map(|it| (*it).to_owned())
                    .collect::<Vec<_>>()[..]
            )
        );
    }
    let alike = (0..9).map(|i| KnownMetric::new(format!("calls{i}_total"), FamilyKind::Counter));
    let many = alike.fold(Metrics::default(), Metrics::with);
    let error = many.resolve("call3_total").unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown metric `call3_total`; near it are `calls3_total`, `calls0_total`, `calls1_total`"
    );
}

#[test]
fn an_alias_of_nothing_is_refused() {
    let error = metrics().alias("a.b", "performance_cpu_rati").unwrap_err();
    assert_eq!(error.nearest(), ["performance_cpu_ratio"]);
}

#[test]
fn what_two_tables_know_stays_as_the_first_says() {
    let other = Metrics::parse("# TYPE performance_cpu_ratio counter\n# TYPE new gauge\n").unwrap();
    let both = metrics().and(other);
    assert_eq!(
        both.find("performance_cpu_ratio").unwrap().kind,
        FamilyKind::Gauge
    );
    assert_eq!(both.find("new").unwrap().kind, FamilyKind::Gauge);
    assert_eq!(both.iter().count(), 4);
}
