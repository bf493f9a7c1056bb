//! What recording costs in memory, counted by an allocator: a test of its own process.

use std::time::Duration;

use admf_metrics::trading::{
    self, Arrival, CacheAccess, ComponentState, Direction, ErrorType, FilterReason, OrderStatus,
    PortfolioSnapshot, RiskLimit, TradingMetrics,
};
use admf_metrics::{Catalogue, Exporter, Meter};
use metrics::NoopRecorder;

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
}

#[test]
fn recording_allocates_nothing_once_its_labels_were_seen() {
    let catalogue = Catalogue::new(trading::METRICS).unwrap();
    // Of recorders of the program's own one that keeps nothing: what it allocates for samples is its own.
    let own = Meter::on(catalogue.clone(), NoopRecorder);
    let exporter = Exporter::local(catalogue);
    for meter in [&own, exporter.meter()] {
        let metrics = TradingMetrics::new(meter).unwrap();
        let first = allocation_counter::measure(|| say_all(&metrics));
        assert!(first.count_total > 0, "the counter counts");
        let again = allocation_counter::measure(|| (0..100).for_each(|_| say_all(&metrics)));
        assert_eq!(again.count_total, 0);
    }
}

#[test]
fn a_handle_that_is_held_allocates_nothing() {
    let catalogue = Catalogue::new(trading::METRICS).unwrap();
    let metrics = TradingMetrics::new(&Meter::on(catalogue, NoopRecorder)).unwrap();
    let (trades, signals) = (metrics.trades("a", "X"), metrics.signals("a", "X"));
    let recorded = allocation_counter::measure(|| {
        for _ in 0..100 {
            trades.record(Direction::Buy, Some(1.0));
            signals.record(None);
        }
    });
    assert_eq!(recorded.count_total, 0);
}
