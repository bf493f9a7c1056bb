//! What one side tells its meter, as metrics.

use std::time::Duration;

use super::meter::Meter;
use super::tests::{exporter, scrape};
use crate::broker::{Order, Side};
use crate::engine::{Now, Wish};
use crate::report::SideReport;
use crate::risk::Breach;
use crate::trader::{Fate, TraderSummary};

const WISH: Wish<'_> = Wish {
    strategy: "crossover",
    symbol: "IBM",
};

fn order() -> Order {
    Order {
        client_id: "run-0-crossover-IBM".to_owned(),
        symbol: "IBM".to_owned(),
        side: Side::Buy,
        quantity: 10,
        price: 100,
        at: 0,
    }
}

#[test]
fn every_end_of_an_order_and_every_breach_has_a_series_that_counts_it() {
    let exporter = exporter();
    let meter = Meter::new(exporter.meter(), "stack").unwrap();
    let fates = [Fate::Cancelled, Fate::RefusedUnsent, Fate::InDoubt];
    for fate in &fates {
        meter.answered(&order(), fate, Duration::from_millis(3));
    }
    let breaches = [
        Breach::TradingDisabled,
        Breach::OrderSize,
        Breach::PositionSize,
        Breach::DailyLoss,
        Breach::Drawdown,
        Breach::Cash,
        Breach::NothingHeld,
    ];
    for breach in breaches {
        meter.signalled(WISH, Err(breach));
        meter.overlooked(breach);
    }
    let samples = scrape(&exporter);
    let value = |metric, label, word| samples.value(metric, &[("side", "stack"), (label, word)]);
    for status in ["cancelled", "unsent", "in_doubt"] {
        let orders = value("admf_orders_total", "status", status);
        assert_eq!(orders, Some(1.0), "{status}");
    }
    for breach in breaches {
        let filtered = value("admf_signals_filtered_total", "reason", breach.word());
        assert_eq!(filtered, Some(1.0), "{breach}");
    }
    for limit in ["order_size", "position_size", "daily_loss", "drawdown"] {
        let broken = value("admf_risk_limit_breaches_total", "limit", limit);
        assert_eq!(broken, Some(1.0), "{limit}");
    }
    let side = [("side", "stack")];
    let missed = samples.value("admf_missed_trades_total", &side);
    assert_eq!(missed, Some(2.0), "one was cancelled, one never left");
    assert_eq!(
        samples.value("order_duration_seconds_count", &side),
        Some(3.0)
    );
    assert_eq!(samples.value("orders_in_doubt", &side), Some(1.0));
    meter.settled(&order(), &Fate::Cancelled);
    assert_eq!(scrape(&exporter).value("orders_in_doubt", &side), Some(0.0));
}

#[test]
fn what_the_trader_took_is_shown_as_totals() {
    let exporter = exporter();
    let meter = Meter::new(exporter.meter(), "stack").unwrap();
    meter.took(&TraderSummary {
        retries: 7,
        ..TraderSummary::default()
    });
    let value = |metric| scrape(&exporter).value(metric, &[("side", "stack")]);
    assert_eq!(value("order_retries_total"), Some(7.0));
}

#[test]
fn what_is_known_in_the_end_alone_is_shown_then_alone() {
    let exporter = exporter();
    let meter = Meter::new(exporter.meter(), "stack").unwrap();
    let unreconciled = |kind| {
        let labels = [("side", "stack"), ("kind", kind)];
        scrape(&exporter).value("unreconciled_orders", &labels)
    };
    let value = |metric| scrape(&exporter).value(metric, &[("side", "stack")]);
    assert_eq!(value("venue_portfolio_value"), None);
    assert_eq!(
        (unreconciled("lost"), unreconciled("duplicated")),
        (None, None)
    );
    meter.reported(&SideReport {
        lost: 1,
        duplicated: 2,
        skipped_bars: 3,
        venue_equity: 4.5,
        ..SideReport::default()
    });
    assert_eq!(value("venue_portfolio_value"), Some(4.5));
    assert_eq!(value("bars_skipped_total"), Some(3.0));
    assert_eq!(
        (unreconciled("lost"), unreconciled("duplicated")),
        (Some(1.0), Some(2.0))
    );
}

#[test]
fn trading_is_halted_while_risk_says_so() {
    let exporter = exporter();
    let meter = Meter::new(exporter.meter(), "stack").unwrap();
    for halted in [false, true, false] {
        meter.day_done(&Now {
            halted,
            ..Now::default()
        });
        let shown = scrape(&exporter).value("admf_trading_halted", &[("side", "stack")]);
        assert_eq!(shown, Some(f64::from(u8::from(halted))));
    }
}

#[tokio::test(start_paused = true)]
async fn prices_grow_old_until_the_next_ones_come() {
    let exporter = exporter();
    let meter = Meter::new(exporter.meter(), "stack").unwrap();
    let age = || {
        let labels = [("side", "stack"), ("source", "feed")];
        scrape(&exporter).value("admf_data_age_seconds", &labels)
    };
    assert_eq!(age(), None, "there are none yet");
    meter.opened(&["IBM"]);
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(age(), Some(3.0));
    meter.opened(&["IBM"]);
    assert_eq!(age(), Some(0.0));
}
