//! What recording costs in memory, counted by an allocator: a test of its own process.

use std::time::Duration;

use admf_metrics::trading::{
    self, Arrival, CacheAccess, ComponentState, Direction, ErrorType, FilterReason, LabelSets,
    OrderStatus, PortfolioSnapshot, RiskLimit, TradingMetrics,
};
use admf_metrics::{Catalogue, Exporter, Label, Meter};
use metrics::NoopRecorder;

/// Two accounts in one process.
const BY_SIDE: LabelSets = LabelSets::with(Label::one_of("side", &["stack", "naive"]));

/// Says everything once that a trading system says.
fn say_all(metrics: &TradingMetrics) {
    let ms = Duration::from_millis(3);
    metrics.record_trade("momentum", "AAPL", Direction::Sell, Some(-1.5));
    metrics.record_signal("momentum", "AAPL", Some(FilterReason::Drawdown));
    metrics.set_realized_pnl("momentum", 3.5);
    metrics.set_trading_halted(true);
    metrics.record_volume("AAPL", 12.75);
    metrics.set_position("AAPL", Some(10.0));
    metrics.set_position("IBM", None);
    metrics.update_portfolio_metrics(&PortfolioSnapshot {
        daily_pnl: Some(1.0),
        ..PortfolioSnapshot::default()
    });
    metrics.record_order(OrderStatus::Filled);
    metrics.record_fill(10.0, 4.0);
    metrics.record_missed_trade();
    metrics.record_risk_breach(RiskLimit::DailyLoss);
    metrics.record_event_processing("bar", ms);
    metrics.update_component_status("broker", ComponentState::Degraded);
    metrics.record_cache_access("quotes", CacheAccess::Hit);
    metrics.record_error("broker", ErrorType::Timeout);
    metrics.record_data_latency("venue", ms);
    metrics.set_data_age("venue", Some(ms));
    metrics.record_arrival("AAPL", Arrival::Next { missing: 2 });
    metrics.set_data_quality("AAPL", Some(0.5));
    metrics.set_realized_pnl("momentum", -1.5);
    metrics.set_trading_halted(true);
}

/// The exporter of a program, with its own series: what it serves is what was recorded.
fn exporter() -> Exporter {
    Exporter::local(Catalogue::new(trading::METRICS).unwrap())
}

fn value(exporter: &Exporter, series: &str) -> f64 {
    let text = exporter.render();
    let line = text.lines().find_map(|line| line.strip_prefix(series));
    let value = line.unwrap_or_else(|| panic!("no {series}"));
    value.trim().parse().unwrap()
}

#[test]
fn recording_allocates_nothing_once_its_labels_were_seen() {
    let exporter = exporter();
    let metrics = TradingMetrics::new(exporter.meter()).unwrap();
    let first = allocation_counter::measure(|| say_all(&metrics));
    assert!(first.count_total > 0, "the counter counts");
    let again = allocation_counter::measure(|| (0..100).for_each(|_| say_all(&metrics)));
    assert_eq!((again.count_total, again.bytes_total), (0, 0));
    for (series, expected) in [
        (
            "admf_trades_total{strategy=\"momentum\",symbol=\"AAPL\",direction=\"sell\"}",
            101.0,
        ),
        ("admf_trade_pnl_sum{strategy=\"momentum\"}", -151.5),
        ("admf_signals_filtered_total{reason=\"drawdown\"}", 101.0),
        (
            "admf_event_processing_seconds_count{event_type=\"bar\"}",
            101.0,
        ),
        (
            "admf_errors_total{component=\"broker\",error_type=\"timeout\"}",
            101.0,
        ),
        ("admf_missing_data_points_total{symbol=\"AAPL\"}", 202.0),
        ("admf_trading_halted", 1.0),
    ] {
        assert_eq!(value(&exporter, series), expected, "{series}");
    }
}

#[test]
fn so_it_is_for_an_account_among_several() {
    let exporter = Exporter::local(Catalogue::new(trading::metrics_by(&BY_SIDE)).unwrap());
    let accounts = ["stack", "naive"].map(|name| {
        let metrics = TradingMetrics::labelled(exporter.meter(), &[("side", name)]).unwrap();
        say_all(&metrics);
        metrics
    });
    let again = allocation_counter::measure(|| {
        for _ in 0..100 {
            accounts.iter().for_each(say_all);
        }
    });
    assert_eq!((again.count_total, again.bytes_total), (0, 0));
}

#[test]
fn a_handle_that_is_held_allocates_nothing() {
    let exporter = exporter();
    let metrics = TradingMetrics::new(exporter.meter()).unwrap();
    let (trades, signals) = (metrics.trades("a", "X"), metrics.signals("a", "X"));
    // From the first on: there is nothing to be found any more.
    let recorded = allocation_counter::measure(|| {
        for _ in 0..100 {
            trades.record(Direction::Buy, Some(1.0));
            signals.record(None);
        }
    });
    assert_eq!((recorded.count_total, recorded.bytes_total), (0, 0));
    let bought = "admf_trades_total{strategy=\"a\",symbol=\"X\",direction=\"buy\"}";
    assert_eq!(value(&exporter, bought), 100.0);
}

#[test]
fn on_a_recorder_of_somebody_else_what_is_ours_allocates_nothing() {
    // One that keeps nothing: what it allocates for samples of histograms is its own.
    let catalogue = Catalogue::new(trading::METRICS).unwrap();
    let metrics = TradingMetrics::new(&Meter::on(catalogue, NoopRecorder)).unwrap();
    say_all(&metrics);
    let again = allocation_counter::measure(|| (0..100).for_each(|_| say_all(&metrics)));
    assert_eq!(again.count_total, 0);
}
