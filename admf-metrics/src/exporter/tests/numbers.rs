//! What numbers, help texts and scrapes themselves look like in an exposition.

use std::time::Duration;

use super::*;
use crate::clock::Clock;

/// A clock that tells such times since some origin.
fn clock(since: impl Fn() -> Duration + Send + Sync + 'static) -> Clock {
    Clock::new(since)
}

#[test]
fn a_scrape_tells_of_the_one_before_and_a_rendering_of_one_state_is_always_the_same() {
    let readings = Arc::new(AtomicU64::new(0));
    let clock = clock(move || Duration::from_millis(readings.fetch_add(20, Ordering::Relaxed)));
    let exporter = Exporter::with_clock(Catalogue::new([VALUE]).unwrap(), clock);
    exporter.meter().gauge(&VALUE, &[]).unwrap();
    let first = exporter.scrape();
    assert!(!first.contains("admf_metrics_scrape_samples "), "{first}");
    let rendered = exporter.render();
    assert_eq!(rendered, exporter.render());
    let samples = first.lines().filter(|line| !line.starts_with('#')).count();
    let families = first
        .lines()
        .filter(|line| line.starts_with("# TYPE "))
        .count();
    for (name, expected) in [
        ("admf_metrics_scrape_size_bytes", first.len().to_string()),
        ("admf_metrics_scrape_samples", samples.to_string()),
        ("admf_metrics_scrape_families", families.to_string()),
        (
            "admf_metrics_scrape_duration_seconds_bucket{le=\"0.01\"}",
            "0".to_owned(),
        ),
        (
            "admf_metrics_scrape_duration_seconds_bucket{le=\"0.05\"}",
            "1".to_owned(),
        ),
        (
            "admf_metrics_scrape_duration_seconds_sum",
            "0.02".to_owned(),
        ),
    ] {
        assert_eq!(value(&exporter, name), Some(expected), "{name}");
    }
    assert_eq!(exporter.scrape(), rendered);
}

#[test]
fn a_clock_that_goes_back_times_a_scrape_with_0() {
    let left = AtomicU64::new(10);
    let clock = clock(move || Duration::from_secs(left.fetch_sub(1, Ordering::Relaxed)));
    let exporter = Exporter::with_clock(Catalogue::new([]).unwrap(), clock);
    let _ = exporter.scrape();
    let sum = "admf_metrics_scrape_duration_seconds_sum";
    assert_eq!(value(&exporter, sum).as_deref(), Some("0"));
}

#[test]
fn a_help_text_is_escaped() {
    const ODD: Metric = Metric::gauge("t_odd", "A \\ and \"b\"\nand c.");
    let exporter = Exporter::local(Catalogue::new([ODD]).unwrap());
    exporter.meter().gauge(&ODD, &[]).unwrap();
    let help = "# HELP t_odd A \\\\ and \"b\"\\nand c.\n# TYPE t_odd gauge\nt_odd 0\n";
    assert!(exporter.render().contains(help), "{}", exporter.render());
}

#[test]
fn a_sum_past_the_end_of_the_numbers_stays_a_number() {
    let exporter = exporter();
    let gauge = exporter.meter().gauge(&VALUE, &[]).unwrap();
    let histogram = exporter
        .meter()
        .histogram(&LATENCY, &[("source", "a")])
        .unwrap();
    for _ in 0..2 {
        gauge.increment(f64::MAX);
        histogram.record(f64::MAX);
    }
    let most = Some("1.7976931348623157e308");
    assert_eq!(value(&exporter, "t_value_ratio").as_deref(), most);
    assert_eq!(
        value(&exporter, "t_latency_seconds_sum{source=\"a\"}").as_deref(),
        most
    );
    let dropped = "admf_metrics_dropped_samples_total{metric=\"t_value_ratio\"}";
    assert_eq!(value(&exporter, dropped).as_deref(), Some("1"));
}

#[test]
fn a_gauge_without_a_value_is_not_shown_until_it_has_one() {
    let exporter = exporter();
    let gauge = exporter.meter().gauge(&VALUE, &[]).unwrap();
    gauge.show(None);
    assert!(rendered(&exporter).is_empty());
    gauge.show(Some(2.5));
    assert_eq!(value(&exporter, "t_value_ratio").as_deref(), Some("2.5"));
    gauge.clear();
    gauge.decrement(1.0);
    assert_eq!(value(&exporter, "t_value_ratio").as_deref(), Some("-1"));
    let dropped = "admf_metrics_dropped_samples_total{metric=\"t_value_ratio\"}";
    assert_eq!(value(&exporter, dropped).as_deref(), Some("0"));
}

proptest! {
    #[test]
    fn any_level_is_read_back_as_it_was_set_and_is_short(bits in any::<u64>()) {
        let level = f64::from_bits(bits);
        prop_assume!(level.is_finite());
        let exporter = exporter();
        exporter.meter().gauge(&VALUE, &[]).unwrap().set(level);
        let text = value(&exporter, "t_value_ratio").unwrap();
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
        prop_assert!(text.len() <= 25, "{}", text);
    }
}
