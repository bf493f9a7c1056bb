mod exposed;
mod held;
mod removal;

use super::*;
use crate::{Catalogue, Exporter, Label, Metric};

use proptest::prelude::*;

const BY_VENUE: [Label; 1] = [Label::capped("venue", 2)];

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new(METRICS).unwrap())
}

fn metrics() -> (Exporter, TradingMetrics) {
    let exporter = exporter();
    let metrics = TradingMetrics::new(exporter.meter()).unwrap();
    (exporter, metrics)
}

/// The value of one series.
fn value(exporter: &Exporter, series: &str) -> Option<f64> {
    let text = exporter.render();
    let rest = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(rest)
}

/// The sum of all series of a metric.
fn sum(exporter: &Exporter, name: &str) -> f64 {
    let text = exporter.render();
    let samples = text.lines().filter(|line| line.starts_with(name));
    samples
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

#[test]
fn a_trade_counts_by_strategy_symbol_and_direction() {
    let (exporter, metrics) = metrics();
    metrics.record_trade("momentum", "AAPL", Direction::Buy, None);
    metrics.record_trade("momentum", "AAPL", Direction::Sell, Some(40.0));
    metrics
        .trades("momentum", "AAPL")
        .record(Direction::Sell, Some(2.0));
    let of = |direction| {
        let labels = format!(r#"strategy="momentum",symbol="AAPL",direction="{direction}""#);
        value(&exporter, &format!("admf_trades_total{{{labels}}}"))
    };
    assert_eq!([of("buy"), of("sell")], [Some(1.0), Some(2.0)]);
    let count = r#"admf_trade_pnl_count{strategy="momentum"}"#;
    assert_eq!(
        value(&exporter, count),
        Some(2.0),
        "what opens realizes nothing"
    );
}

#[test]
fn the_sum_of_pnl_falls_with_a_loss_and_the_gauge_is_the_level() {
    let (exporter, metrics) = metrics();
    let (sum, level) = (
        r#"admf_trade_pnl_sum{strategy="a"}"#,
        r#"admf_realized_pnl{strategy="a"}"#,
    );
    for (pnl, total) in [(100.0, 100.0), (-250.0, -150.0), (0.5, -149.5)] {
        metrics.record_trade("a", "X", Direction::Sell, Some(pnl));
        assert_eq!(value(&exporter, sum), Some(total));
        assert_eq!(value(&exporter, level), Some(total));
    }
    let buckets = TRADE_PNL.buckets;
    let mirrored: Vec<f64> = buckets.iter().rev().map(|bound| 0.0 - bound).collect();
    assert_eq!(buckets, mirrored, "as many for losses as for profits");
    metrics.set_realized_pnl("a", 1_000.0);
    metrics.record_trade("a", "Y", Direction::Buy, Some(-1.0));
    assert_eq!(value(&exporter, level), Some(999.0));
}

proptest! {
    #[test]
    fn all_signals_generated_passed_or_were_filtered(
        signals in prop::collection::vec((0..3_u8, 0..3_u8, 0..=FilterReason::ALL.len()), 0..100),
    ) {
        let (exporter, metrics) = metrics();
        for (strategy, symbol, reason) in &signals {
            let reason = FilterReason::ALL.get(*reason).copied();
            metrics.record_signal(&strategy.to_string(), &symbol.to_string(), reason);
        }
        let total = |what: &str| sum(&exporter, &format!("admf_signals_{what}_total{{"));
        prop_assert_eq!(total("generated"), signals.len() as f64);
        prop_assert_eq!(total("generated"), total("passed") + total("filtered"));
    }

    #[test]
    fn a_volume_of_fractions_is_shown_in_whole_units_and_the_rest_is_carried_on(
        amounts in prop::collection::vec(0.0..1e6_f64, 0..100),
    ) {
        let (exporter, metrics) = metrics();
        amounts.iter().for_each(|amount| metrics.record_volume("X", *amount));
        let shown = value(&exporter, r#"admf_trade_volume_total{symbol="X"}"#).unwrap_or(0.0);
        let missing = amounts.iter().sum::<f64>() - shown;
        prop_assert!((-1e-6..1.0 + 1e-6).contains(&missing), "{missing}");
    }
}

#[test]
fn an_unknown_reason_is_the_default_and_every_reason_has_a_series_from_the_beginning() {
    let (exporter, metrics) = metrics();
    assert_eq!(FilterReason::default(), FilterReason::Unknown);
    for word in FilterReason::VALUES {
        let series = format!("admf_signals_filtered_total{{reason=\"{word}\"}}");
        assert_eq!(value(&exporter, &series), Some(0.0));
    }
    metrics.record_signal("a", "X", Some(FilterReason::default()));
    let unknown = r#"admf_signals_filtered_total{reason="unknown"}"#;
    assert_eq!(value(&exporter, unknown), Some(1.0));
}

#[test]
fn an_amount_that_is_none_is_an_error_that_is_seen_and_changes_nothing_else() {
    let (exporter, metrics) = metrics();
    for wrong in [-1.0, f64::NAN, f64::INFINITY, f64::MAX] {
        metrics.record_volume("X", wrong);
        metrics.record_fill(wrong, 0.0);
    }
    let errors = r#"admf_errors_total{component="trading_metrics",error_type="invalid_data"}"#;
    assert_eq!(value(&exporter, errors), Some(8.0));
    assert_eq!(sum(&exporter, "admf_trade_volume_total{"), 0.0);
    assert_eq!(value(&exporter, "admf_order_fill_ratio"), None);
    metrics.record_fill(4.0, 1.0);
    assert_eq!(value(&exporter, "admf_order_fill_ratio"), Some(0.25));
}

#[test]
fn drawdown_is_one_value_shown_as_ratio_and_in_per_cent() {
    let (exporter, metrics) = metrics();
    let mut now = PortfolioSnapshot {
        value: 850.0,
        drawdown: 0.15,
        ..PortfolioSnapshot::default()
    };
    metrics.update_portfolio_metrics(&now);
    assert_eq!(value(&exporter, "admf_portfolio_value"), Some(850.0));
    assert_eq!(value(&exporter, "admf_drawdown_ratio"), Some(0.15));
    assert_eq!(value(&exporter, "admf_drawdown_percent"), Some(15.0));
    for absent in ["admf_unrealized_pnl", "admf_daily_pnl"] {
        assert_eq!(value(&exporter, absent), None, "unknown is not 0");
    }
    now.daily_pnl = Some(-3.0);
    metrics.update_portfolio_metrics(&now);
    assert_eq!(value(&exporter, "admf_daily_pnl"), Some(-3.0));
}

#[test]
fn the_fill_ratio_is_of_all_units_and_a_cancelled_rest_is_unfilled() {
    let (exporter, metrics) = metrics();
    metrics.record_fill(0.0, 0.0);
    assert_eq!(value(&exporter, "admf_order_fill_ratio"), None);
    for (ordered, filled) in [(10.0, 10.0), (10.0, 4.0), (5.0, 0.0)] {
        metrics.record_fill(ordered, filled);
    }
    assert_eq!(value(&exporter, "admf_order_fill_ratio"), Some(0.56));
}

#[test]
fn every_word_of_a_closed_list_counts_in_a_series_of_its_own() {
    let (exporter, metrics) = metrics();
    for status in OrderStatus::ALL {
        metrics.record_order(*status);
    }
    for limit in RiskLimit::ALL {
        metrics.record_risk_breach(*limit);
    }
    for error in ErrorType::ALL {
        metrics.record_error("feed", *error);
    }
    let count = |series: String| assert_eq!(value(&exporter, &series), Some(1.0), "{series}");
    let quoted = |name, label, word: &&str| count(format!("{name}{{{label}=\"{word}\"}}"));
    OrderStatus::VALUES
        .iter()
        .for_each(|it| quoted("admf_orders_total", "status", it));
    let breaches = "admf_risk_limit_breaches_total";
    RiskLimit::VALUES
        .iter()
        .for_each(|it| quoted(breaches, "limit", it));
    let errors = r#"admf_errors_total{component="feed",error_type"#;
    ErrorType::VALUES
        .iter()
        .for_each(|it| count(format!("{errors}=\"{it}\"}}")));
}

#[test]
fn errors_in_a_report_are_the_numbers_of_the_scrape() {
    let (exporter, metrics) = metrics();
    for (component, error, times) in [
        ("feed", ErrorType::Timeout, 3),
        ("broker", ErrorType::Timeout, 2),
        ("broker", ErrorType::Rejected, 1),
    ] {
        (0..times).for_each(|_| metrics.record_error(component, error));
    }
    let errors = metrics.errors();
    assert_eq!((errors.total, errors.by_type["timeout"]), (6, 5));
    assert_eq!(sum(&exporter, "admf_errors_total{"), 6.0);
    assert_eq!(errors.by_type.len(), ErrorType::ALL.len());
}

#[test]
fn a_component_has_one_state_and_is_up_also_where_it_is_degraded() {
    let (exporter, metrics) = metrics();
    let status = r#"admf_component_status{component="broker"}"#;
    for (is, up) in [
        (ComponentState::Unknown, None),
        (ComponentState::Healthy, Some(1.0)),
        (ComponentState::Degraded, Some(1.0)),
        (ComponentState::Unhealthy, Some(0.0)),
    ] {
        metrics.update_component_status("broker", is);
        assert_eq!(value(&exporter, status), up);
        for state in ComponentState::ALL {
            let labels = format!(r#"component="broker",state="{state}""#);
            let series = format!("admf_component_health{{{labels}}}");
            let expected = f64::from(u8::from(state == is));
            assert_eq!(value(&exporter, &series), Some(expected));
        }
    }
}

#[test]
fn a_component_that_is_told_here_looks_like_one_that_health_shows() {
    let shown = |exporter: &Exporter| {
        let text = exporter.render();
        let of_components = |line: &&str| line.starts_with("admf_component_");
        let lines = text.lines().filter(of_components).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    for state in ComponentState::ALL {
        let (told, metrics) = metrics();
        metrics.update_component_status("broker", state);
        let health = crate::Health::new();
        health.critical("broker").unwrap().report(state, "");
        let catalogue = Catalogue::new(crate::health::METRICS).unwrap();
        let exporter = Exporter::local(catalogue);
        crate::health::export(exporter.meter(), &health).unwrap();
        assert_eq!(shown(&told), shown(&exporter), "{state}");
    }
}

#[test]
fn what_is_recorded_of_events_caches_and_data_is_shown_by_its_label() {
    let (exporter, metrics) = metrics();
    let ms = Duration::from_millis;
    metrics.record_event_processing("bar", ms(2));
    metrics.record_cache_access("quotes", CacheAccess::Miss);
    metrics.record_cache_access("quotes", CacheAccess::Miss);
    metrics.record_cache_access("quotes", CacheAccess::Hit);
    metrics.record_data_latency("venue", ms(1_500));
    metrics.record_data_latency("venue", ms(250));
    metrics.set_data_age("venue", None);
    metrics.set_data_age("feed", Some(ms(500)));
    metrics.record_missed_trade();
    metrics.set_trading_halted(true);
    metrics.set_position("X", Some(-7.0));
    for (series, expected) in [
        (
            r#"admf_event_processing_seconds_bucket{event_type="bar",le="0.001"}"#,
            0.0,
        ),
        (
            r#"admf_event_processing_seconds_bucket{event_type="bar",le="0.0025"}"#,
            1.0,
        ),
        (r#"admf_cache_hits_total{cache_name="quotes"}"#, 1.0),
        (r#"admf_cache_misses_total{cache_name="quotes"}"#, 2.0),
        (r#"admf_data_latency_seconds_sum{source="venue"}"#, 1.75),
        (r#"admf_data_latency_last_seconds{source="venue"}"#, 0.25),
        (r#"admf_data_age_seconds{source="feed"}"#, 0.5),
        ("admf_missed_trades_total", 1.0),
        ("admf_trading_halted", 1.0),
        (r#"admf_position_size{symbol="X"}"#, -7.0),
    ] {
        assert_eq!(value(&exporter, series), Some(expected), "{series}");
    }
    assert_eq!(
        value(&exporter, r#"admf_data_age_seconds{source="venue"}"#),
        None
    );
}

#[test]
fn an_injected_gap_of_n_is_counted_as_n_and_points_out_of_turn_on_their_own() {
    let (exporter, metrics) = metrics();
    let mut gaps = GapDetector::every(60);
    for at in [0, 60, 60, 360, 120, 420] {
        metrics.record_arrival("X", gaps.observe(at));
    }
    let of = |what: &str| {
        value(
            &exporter,
            &format!("admf_{what}_data_points_total{{symbol=\"X\"}}"),
        )
    };
    assert_eq!(
        [of("missing"), of("duplicate"), of("out_of_order")],
        [Some(4.0), Some(1.0), Some(1.0)]
    );
}

#[test]
fn a_score_of_too_few_points_is_absent_and_not_0() {
    let (exporter, metrics) = metrics();
    let mut quality = Quality::new(QualityConfig::default()).unwrap();
    let series = r#"admf_data_quality_score{symbol="X"}"#;
    for point in 1..=20 {
        quality.observe(Arrival::Next { missing: 0 }, Point::GOOD);
        metrics.set_data_quality("X", quality.score());
        assert_eq!(value(&exporter, series).is_some(), point == 20);
    }
    assert_eq!(value(&exporter, series), Some(1.0));
}

#[test]
fn a_symbol_past_the_cap_goes_to_the_overflow_series() {
    let (exporter, metrics) = metrics();
    for symbol in 0..510 {
        metrics.set_position(&symbol.to_string(), Some(1.0));
        metrics.record_trade("a", &symbol.to_string(), Direction::Buy, None);
    }
    let other = r#"admf_trades_total{strategy="a",symbol="_other",direction="buy"}"#;
    assert_eq!(value(&exporter, other), Some(10.0));
    assert_eq!(sum(&exporter, "admf_trades_total{"), 510.0);
}

#[test]
fn each_account_has_series_of_its_own_where_the_catalogue_says_so() {
    const BY_ACCOUNT: LabelSets = LabelSets::with(Label::one_of("account", &["usd", "eur"]));
    let exporter = Exporter::local(Catalogue::new(metrics_by(&BY_ACCOUNT)).unwrap());
    for (account, times) in [("usd", 1), ("eur", 2)] {
        let metrics = TradingMetrics::labelled(exporter.meter(), &[("account", account)]).unwrap();
        (0..times).for_each(|_| metrics.record_trade("a", "X", Direction::Buy, Some(5.0)));
    }
    let eur = r#"admf_trades_total{account="eur",strategy="a",symbol="X",direction="buy"}"#;
    assert_eq!(value(&exporter, eur), Some(2.0));
    let broker = TradingMetrics::labelled(exporter.meter(), &[("account", "usd")]).unwrap();
    broker.update_component_status("broker", ComponentState::Healthy);
    let status = r#"admf_component_status{component="broker"}"#;
    assert_eq!(
        value(&exporter, status),
        Some(1.0),
        "components are of the process"
    );
    let level = r#"admf_realized_pnl{account="usd",strategy="a"}"#;
    assert_eq!(value(&exporter, level), Some(5.0));
}

#[test]
fn a_catalogue_that_declares_something_else_is_refused_before_anything_is_recorded() {
    let with = |metrics: Vec<Metric>| Exporter::local(Catalogue::new(metrics).unwrap());
    let refused = |exporter: &Exporter, labels: &[(&'static str, &str)]| {
        let error = TradingMetrics::labelled(exporter.meter(), labels).unwrap_err();
        assert!(!exporter.render().contains("admf_trades_total{"));
        error.to_string()
    };
    let changed = |metric: Metric| {
        let others = METRICS.into_iter().filter(|it| it.name != metric.name);
        with(others.chain([metric]).collect())
    };
    assert_eq!(
        refused(&with(METRICS[1..].to_vec()), &[]),
        "metric `admf_trades_total` is not declared in the catalogue"
    );
    assert_eq!(
        refused(&changed(Metric::gauge("admf_trade_pnl", "Wrong.")), &[]),
        "metric `admf_trade_pnl` is declared as a gauge, not as a histogram"
    );
    assert_eq!(
        refused(&changed(POSITION_SIZE.labels(&[])), &[]),
        "metric `admf_position_size` does not declare the label `symbol`"
    );
    assert_eq!(
        refused(&changed(MISSED_TRADES.labels(&BY_VENUE)), &[]),
        "metric `admf_missed_trades_total` needs a value for the label `venue`"
    );
    assert_eq!(
        refused(&exporter(), &[("strategy", "a")]),
        "metric `admf_trades_total` was given the label `strategy` more than once"
    );
}

#[test]
fn one_that_records_nothing_takes_everything() {
    let metrics = TradingMetrics::noop();
    metrics.record_trade("a", "X", Direction::Buy, Some(1.0));
    metrics.record_signal("a", "X", None);
    metrics.update_component_status("broker", ComponentState::Unhealthy);
    metrics.record_error("broker", ErrorType::Timeout);
    metrics.set_position("X", None);
    metrics.forget_symbol("X");
    assert_eq!(metrics.errors().total, 1, "a report still counts");
}
