//! Each function of the typed APIs beside the words by which the peers are told the same.
//!
//! The peers have their labels as literals, ours gets words that it has to look at. What the peers have no
//! part for they do not do: fractions of a volume carried on, the sums behind a ratio, a result told by a drop.

use std::hint::black_box as seen;
use std::sync::LazyLock;
use std::time::Duration;

use admf_metrics::database::{self, DatabaseFailure, DatabaseMetrics, PoolSnapshot};
use admf_metrics::health::ComponentState;
use admf_metrics::red::{self, CallResult, Methods, MethodsConfig, Operation};
use admf_metrics::trading::{
    self, Arrival, CacheAccess, Direction, ErrorType, FilterReason, OrderStatus, PortfolioSnapshot,
    RiskLimit, TradingMetrics,
};
use admf_metrics::{Catalogue, Clock, Exporter, Metric};
use criterion::measurement::{Measurement, WallTime};
use criterion::{BenchmarkGroup, Criterion};

use crate::peers::{
    Counter, CounterVerbs, Family, Gauge, GaugeVerbs, Histogram, HistogramVerbs, Labels, beside,
    client, client_histogram, three_ways,
};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

const TOOK: Duration = Duration::from_millis(3);
const DECLARED: &str = "it is declared";

fn exporter(metrics: impl IntoIterator<Item = Metric>) -> Exporter {
    Exporter::local(Catalogue::new(metrics).expect("the catalogue is valid"))
}

pub(crate) fn trading(c: &mut Criterion) {
    let exporter = exporter(trading::METRICS);
    let ours = TradingMetrics::new(exporter.meter()).expect(DECLARED);
    let group = &mut c.benchmark_group("trading");
    beside!(group, "record_trade",
        ours.record_trade(seen("momentum"), seen("AAPL"), seen(Direction::Sell), seen(Some(12.5)));
        counter "trades_total" ["strategy" = "momentum", "symbol" = "AAPL", "direction" = "sell"] increment 1;
        histogram "trade_pnl" ["strategy" = "momentum"] record 12.5;
        gauge "realized_pnl" ["strategy" = "momentum"] increment 12.5;
    );
    let held = ours.trades("momentum", "AAPL");
    beside!(group, "record_trade_held",
        seen(&held).record(seen(Direction::Sell), seen(Some(12.5)));
        counter "trades_total" ["strategy" = "momentum", "symbol" = "AAPL", "direction" = "sell"] increment 1;
        histogram "trade_pnl" ["strategy" = "momentum"] record 12.5;
        gauge "realized_pnl" ["strategy" = "momentum"] increment 12.5;
    );
    beside!(group, "record_signal",
        ours.record_signal(seen("momentum"), seen("AAPL"), seen(Some(FilterReason::Cash)));
        counter "signals_generated_total" ["strategy" = "momentum", "symbol" = "AAPL"] increment 1;
        counter "signals_filtered_total" ["reason" = "cash"] increment 1;
    );
    let now = PortfolioSnapshot {
        value: 100_000.0,
        drawdown: 0.01,
        unrealized_pnl: Some(1.0),
        daily_pnl: Some(-1.0),
    };
    beside!(group, "update_portfolio_metrics", ours.update_portfolio_metrics(seen(&now));
        gauge "portfolio_value" [] set 100_000.0;
        gauge "drawdown_ratio" [] set 0.01;
        gauge "drawdown_percent" [] set 1.0;
        gauge "unrealized_pnl" [] set 1.0;
        gauge "daily_pnl" [] set -1.0;
    );
    beside!(group, "record_event_processing",
        ours.record_event_processing(seen("price"), seen(TOOK));
        histogram "event_processing_seconds" ["event_type" = "price"] record 0.003;
    );
    beside!(group, "update_component_status",
        ours.update_component_status(seen("feed"), seen(ComponentState::Degraded));
        gauge "component_status" ["component" = "feed"] set 1.0;
        gauge "component_health" ["component" = "feed", "state" = "healthy"] set 0.0;
        gauge "component_health" ["component" = "feed", "state" = "degraded"] set 1.0;
        gauge "component_health" ["component" = "feed", "state" = "unknown"] set 0.0;
        gauge "component_health" ["component" = "feed", "state" = "unhealthy"] set 0.0;
    );
    beside!(group, "record_cache_access",
        ours.record_cache_access(seen("quotes"), seen(CacheAccess::Hit));
        counter "cache_hits_total" ["cache_name" = "quotes"] increment 1;
    );
    beside!(group, "record_error", ours.record_error(seen("feed"), seen(ErrorType::Timeout));
        counter "errors_total" ["component" = "feed", "error_type" = "timeout"] increment 1;
    );
    trading_data(group, &ours);
    trading_orders(group, &ours);
}

fn trading_data(group: &mut Group<'_>, ours: &TradingMetrics) {
    beside!(group, "record_data_latency", ours.record_data_latency(seen("feed"), seen(TOOK));
        histogram "data_latency_seconds" ["source" = "feed"] record 0.003;
        gauge "data_latency_last_seconds" ["source" = "feed"] set 0.003;
    );
    beside!(group, "set_data_age", ours.set_data_age(seen("feed"), seen(Some(TOOK)));
        gauge "data_age_seconds" ["source" = "feed"] set 0.003;
    );
    beside!(group, "record_arrival",
        ours.record_arrival(seen("AAPL"), seen(Arrival::Next { missing: 1 }));
        counter "missing_data_points_total" ["symbol" = "AAPL"] increment 1;
    );
    beside!(group, "set_data_quality", ours.set_data_quality(seen("AAPL"), seen(Some(0.99)));
        gauge "data_quality_score" ["symbol" = "AAPL"] set 0.99;
    );
}

fn trading_orders(group: &mut Group<'_>, ours: &TradingMetrics) {
    beside!(group, "set_realized_pnl", ours.set_realized_pnl(seen("momentum"), seen(1.0));
        gauge "realized_pnl" ["strategy" = "momentum"] set 1.0;
    );
    beside!(group, "record_volume", ours.record_volume(seen("AAPL"), seen(10_012.25));
        counter "trade_volume_total" ["symbol" = "AAPL"] increment 10_012;
    );
    beside!(group, "set_position", ours.set_position(seen("AAPL"), seen(Some(100.0)));
        gauge "position_size" ["symbol" = "AAPL"] set 100.0;
    );
    beside!(group, "record_order", ours.record_order(seen(OrderStatus::Filled));
        counter "orders_total" ["status" = "filled"] increment 1;
    );
    beside!(group, "record_fill", ours.record_fill(seen(100.0), seen(50.0));
        gauge "order_fill_ratio" [] set 0.5;
    );
    beside!(group, "record_missed_trade", ours.record_missed_trade();
        counter "missed_trades_total" [] increment 1;
    );
    beside!(group, "record_risk_breach", ours.record_risk_breach(seen(RiskLimit::Exposure));
        counter "risk_limit_breaches_total" ["limit" = "exposure"] increment 1;
    );
    beside!(group, "set_trading_halted", ours.set_trading_halted(seen(true));
        gauge "trading_halted" [] set 1.0;
    );
}

pub(crate) fn database(c: &mut Criterion) {
    let exporter = exporter(database::METRICS);
    let ours = DatabaseMetrics::new(exporter.meter(), Clock::default()).expect(DECLARED);
    let group = &mut c.benchmark_group("database");
    let begun = || WallTime.start();
    let lasted = |begun| WallTime.end(begun).as_secs_f64();
    beside!(group, "start_query_ok", ours.start_query(seen("read")).ok();
        histogram "db_query_duration_seconds" ["operation" = "read"] record lasted(begun());
        counter "db_queries_total" ["operation" = "read", "result" = "ok"] increment 1;
    );
    beside!(group, "start_query_failed",
        ours.start_query(seen("read")).failed(seen(DatabaseFailure::Conflict));
        histogram "db_query_duration_seconds" ["operation" = "read"] record lasted(begun());
        counter "db_queries_total" ["operation" = "read", "result" = "failed"] increment 1;
        counter "db_failures_total" ["kind" = "conflict"] increment 1;
    );
    beside!(group, "record_failure", ours.record_failure(seen(DatabaseFailure::Connection));
        counter "db_failures_total" ["kind" = "connection"] increment 1;
    );
    beside!(group, "record_acquire", ours.record_acquire(seen("orders"), seen(TOOK));
        histogram "db_pool_acquire_seconds" ["pool" = "orders"] record 0.003;
    );
    beside!(group, "record_acquire_timeout", ours.record_acquire_timeout(seen("orders"));
        counter "db_pool_timeouts_total" ["pool" = "orders"] increment 1;
        counter "db_failures_total" ["kind" = "pool_timeout"] increment 1;
    );
    let now = PoolSnapshot {
        in_use: 3,
        idle: 1,
        max: 4,
        waiting: 0,
    };
    beside!(group, "set_pool", ours.set_pool(seen("orders"), seen(&now));
        gauge "db_pool_connections" ["pool" = "orders", "state" = "in_use"] set 3.0;
        gauge "db_pool_connections" ["pool" = "orders", "state" = "idle"] set 1.0;
        gauge "db_pool_connections_max" ["pool" = "orders"] set 4.0;
        gauge "db_pool_utilization_ratio" ["pool" = "orders"] set 0.75;
        gauge "db_pool_waiting" ["pool" = "orders"] set 0.0;
    );
}

pub(crate) fn calls(c: &mut Criterion) {
    let exporter = exporter(red::METRICS);
    let meter = exporter.meter();
    let group = &mut c.benchmark_group("calls");
    let begun = || WallTime.start();
    let lasted = |begun| WallTime.end(begun).as_secs_f64();
    let order = Operation::with_classes(meter, "order", &["timeout"]).expect(DECLARED);
    beside!(group, "operation_success", assert_eq!(order.call(|| Ok::<_, ()>(seen(7))), Ok(7));
        gauge "calls_in_flight" ["operation" = "order"] increment 1.0;
        histogram "call_duration_seconds" ["operation" = "order", "result" = "success"] record lasted(begun());
        gauge "calls_in_flight" ["operation" = "order"] decrement 1.0;
    );
    let timeout = |_: &u32| CallResult::Error("timeout");
    beside!(group, "operation_error", assert_eq!(order.call_by(timeout, || seen(7)), 7);
        gauge "calls_in_flight" ["operation" = "order"] increment 1.0;
        histogram "call_duration_seconds" ["operation" = "order", "result" = "error"] record lasted(begun());
        counter "call_errors_total" ["operation" = "order", "class" = "timeout"] increment 1;
        gauge "calls_in_flight" ["operation" = "order"] decrement 1.0;
    );
    let config = MethodsConfig {
        monitored_methods: vec!["quote".to_owned()],
        ..MethodsConfig::default()
    };
    let methods = Methods::new(meter, &config, &[]).expect(DECLARED);
    beside!(group, "method_success",
        assert_eq!(methods.call(seen("quote"), || Ok::<_, ()>(seen(7))), Ok(7));
        gauge "calls_in_flight" ["operation" = "quote"] increment 1.0;
        histogram "call_duration_seconds" ["operation" = "quote", "result" = "success"] record lasted(begun());
        gauge "calls_in_flight" ["operation" = "quote"] decrement 1.0;
    );
}
