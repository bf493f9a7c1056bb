use super::*;
use crate::catalogue::whole::{assert_exposes, everything};

#[test]
fn every_metric_is_exposed_once_each_function_was_called_and_none_else() {
    let exporter = everything();
    let metrics = TradingMetrics::new(exporter.meter()).unwrap();
    metrics.record_signal("momentum", "X", None);
    metrics.record_trade("momentum", "X", Direction::Buy, Some(1.0));
    metrics.set_realized_pnl("momentum", 1.0);
    metrics.record_volume("X", 2.0);
    metrics.set_position("X", Some(2.0));
    metrics.record_order(OrderStatus::Filled);
    metrics.record_fill(2.0, 2.0);
    metrics.record_missed_trade();
    metrics.record_risk_breach(RiskLimit::Exposure);
    metrics.set_trading_halted(false);
    metrics.update_portfolio_metrics(&PortfolioSnapshot {
        value: 100.0,
        drawdown: 0.0,
        unrealized_pnl: Some(0.0),
        daily_pnl: Some(0.0),
    });
    metrics.record_event_processing("bar", Duration::ZERO);
    metrics.update_component_status("feed", ComponentState::Healthy);
    metrics.record_cache_access("quotes", CacheAccess::Hit);
    metrics.record_error("feed", ErrorType::Timeout);
    metrics.record_data_latency("venue", Duration::ZERO);
    metrics.set_data_age("venue", Some(Duration::ZERO));
    metrics.record_arrival("X", Arrival::Next { missing: 1 });
    metrics.set_data_quality("X", Some(1.0));
    assert_exposes(&exporter, &METRICS);
}
