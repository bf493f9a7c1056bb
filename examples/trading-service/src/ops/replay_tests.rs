//! What a replay leaves in the metrics, against ledger, portfolio and bars.

use admf_alerts::{Samples, Selector};
use tempfile::TempDir;

use super::*;
use crate::bars::Bars;
use crate::broker::Broker;
use crate::engine::{Engine, EngineConfig, Live, portfolio, settle, tell_settled};
use crate::ledger::{End, Identity, Ledger};
use crate::risk::RiskConfig;
use crate::testing::{FakeTrader, FakeVenue, first_dates};
use crate::trader::Fate;

const CASH: i64 = 20_000_000;

fn config() -> EngineConfig {
    EngineConfig {
        run: "run".to_owned(),
        cash: CASH,
        risk: RiskConfig {
            max_order_size: 1_000_000,
            max_position_size: 10_000_000,
            max_daily_loss: 500_000,
            max_drawdown: 0.1,
            pause: 20,
            checks: true,
            enforced: true,
            trading: true,
        },
        order_timeout: std::time::Duration::from_millis(1_500),
    }
}

/// Replays bars to their end, and settles what is in doubt then; returns the ledger, how many fills
/// were known late, and the scrape.
async fn replayed(bars: &Bars, folder: &TempDir) -> (Ledger, usize, Samples) {
    let ops = super::tests::started().await;
    let live = Live::new(ops.side("stack", |_| {}).unwrap());
    let path = folder.path().join("ledger.sqlite");
    let ledger = Ledger::open(&path, &Identity::new([])).unwrap();
    let mut ledger = ledger.metered(live.database());
    let trader = FakeTrader(FakeVenue::pair());
    let engine = Engine::new(config(), bars, &trader, &mut ledger, &live).unwrap();
    let replayed = engine.replay(&Stop::default()).await.unwrap();
    let late = finish(bars, &mut ledger, &live, &trader.0, replayed.bars).await;
    let text = ops.exporter().render();
    let catalogue = catalogue::catalogue().unwrap();
    catalogue.check_exposed(&text).unwrap();
    (ledger, late, Samples::parse(&text).unwrap())
}

/// What is told of alerts in a replay, where this much is lost.
async fn told(bars: &Bars, lost: &str) -> Vec<String> {
    use super::alerts::tests::Written;
    let rules = format!(
        "groups:\n- name: a\n  rules:\n  - {{ alert: Lost, expr: admf_drawdown_ratio > {lost}, for: 3d }}\n"
    );
    let alerts = Written::new(&rules, "groups: []").config();
    let (console, told) = super::tests::lines();
    let monitoring = MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    };
    let ops = super::tests::started_by(monitoring, &alerts, console)
        .await
        .unwrap();
    let live = Live::new(ops.side("stack", |_| {}).unwrap());
    let folder = TempDir::new().unwrap();
    let mut ledger =
        Ledger::open(&folder.path().join("ledger.sqlite"), &Identity::new([])).unwrap();
    let trader = FakeTrader(FakeVenue::pair());
    let engine = Engine::new(config(), bars, &trader, &mut ledger, &live);
    engine.unwrap().replay(&Stop::default()).await.unwrap();
    ops.finish();
    told.all()
}

#[tokio::test(start_paused = true)]
async fn a_drawdown_of_a_replay_fires_and_resolves_on_its_dates_each_time_that_it_is_replayed() {
    let bars = first_dates(400);
    let lines = told(&bars, "0.04").await;
    assert_eq!(lines, told(&bars, "0.04").await);
    assert_eq!(
        lines,
        [
            r#"2000-10-02 FIRING   Lost{side="stack"} value=0.0663"#,
            r#"2000-11-15 RESOLVED Lost{side="stack"} value=0.0557 after 44 d"#,
            r#"2000-12-18 FIRING   Lost{side="stack"} value=0.0468"#,
            r#"2001-01-03 RESOLVED Lost{side="stack"} value=0.0606 after 16 d"#,
            r#"2001-07-23 FIRING   Lost{side="stack"} value=0.0622"#,
            r#"2001-10-04 RESOLVED Lost{side="stack"} value=0.1439 after 73 d"#,
        ]
    );
}

/// Settles as a side does in the evening, and returns how many orders turn out to be filled.
async fn finish<B: Broker>(
    bars: &Bars,
    ledger: &mut Ledger,
    live: &Live,
    venues: &[B],
    at: u64,
) -> usize {
    let doubts = ledger.unsettled().unwrap();
    let ends: Vec<End> = settle(venues, &doubts, at).await;
    ledger.settle(&ends).unwrap();
    let settled: Vec<_> = doubts
        .into_iter()
        .zip(ends.into_iter().map(|it| it.fate))
        .collect();
    let filled = |(_, fate): &&(_, Fate)| matches!(fate, Fate::Filled(_));
    let late = settled.iter().filter(filled).count();
    let fills = ledger.fills().unwrap();
    let (held, _) = tell_settled(live, bars, (at, CASH), fills, &settled);
    live.held(bars, &held);
    live.day_done(Now {
        equity: held.equity(),
        unrealized: held.unrealized(),
        ..live.now()
    });
    late
}

fn sum(samples: &Samples, selector: &str) -> f64 {
    let selector = Selector::parse(selector).unwrap();
    samples.select(&selector).map(|sample| sample.value).sum()
}

#[tokio::test(start_paused = true)]
async fn what_a_replay_traded_is_in_the_metrics_as_it_is_in_the_ledger() {
    let (folder, bars) = (TempDir::new().unwrap(), first_dates(400));
    let (ledger, late, samples) = replayed(&bars, &folder).await;
    let tally = ledger.tally().unwrap();
    let total = |selector: &str| sum(&samples, selector);

    assert!(late > 0, "some fills are known in the evening alone");
    let generated = total("admf_signals_generated_total");
    assert_eq!(generated, tally.total() as f64);
    let passed = total("admf_signals_passed_total");
    assert_eq!(generated, passed + total("admf_signals_filtered_total"));
    assert_eq!(passed, (tally.total() - tally.of("risk_rejected")) as f64);
    assert!(tally.by_breach.len() > 1, "{tally:?}");
    for (reason, count) in &tally.by_breach {
        let filtered = format!("admf_signals_filtered_total{{reason=\"{reason}\"}}");
        assert_eq!(total(&filtered), *count as f64, "{reason}");
    }

    let of = |fate| tally.of(fate) as f64;
    for (status, fate) in [
        ("filled", "filled"),
        ("cancelled", "cancelled"),
        ("unsent", "refused_unsent"),
    ] {
        let orders = format!("admf_orders_total{{status=\"{status}\"}}");
        assert!(
            of(fate) > 0.0 && total(&orders) == of(fate),
            "{status}: {tally:?}"
        );
    }
    assert_eq!(total("orders_in_doubt"), of("in_doubt"));
    assert_eq!(total("admf_trades_total"), of("filled"));
    let missed = of("cancelled") + of("refused_unsent");
    assert_eq!(total("admf_missed_trades_total"), missed);
    assert_eq!(total("admf_risk_limit_breaches_total"), 0.0);
    let errors = total(r#"admf_errors_total{error_type="rejected"}"#);
    assert_eq!(errors, of("refused_unsent"));
}

#[tokio::test(start_paused = true)]
async fn what_a_replay_won_and_holds_is_in_the_metrics_as_fills_and_prices_make_it() {
    let (folder, bars) = (TempDir::new().unwrap(), first_dates(400));
    let (ledger, _, samples) = replayed(&bars, &folder).await;
    let total = |selector: &str| sum(&samples, selector);
    let fills = ledger.fills().unwrap();
    let held = portfolio(&bars, bars.all.len() as u64, CASH, fills.clone());

    assert_eq!(total("admf_portfolio_value"), held.equity() as f64 / 100.0);
    let won = total("admf_realized_pnl") + total("admf_unrealized_pnl");
    let expected = (held.equity() - CASH) as f64 / 100.0;
    assert!((won - expected).abs() < 1e-6, "{won} is not {expected}");
    assert!(total("admf_realized_pnl") != 0.0);
    let percent = total("admf_drawdown_percent");
    assert_eq!(percent, total("admf_drawdown_ratio") * 100.0);

    let closing = total(r#"admf_trades_total{direction="sell"}"#);
    assert_eq!(total("admf_trade_pnl_count"), closing);
    for (symbol, shares) in bars.symbols.iter().zip(held.shares()) {
        let position = format!("admf_position_size{{symbol=\"{symbol}\"}}");
        assert_eq!(total(&position), shares as f64, "{symbol}");
        let mine = fills.iter().map(|fill| &fill.execution);
        let mine = mine.filter(|it| it.symbol == *symbol);
        let cents: i64 = mine.map(|it| it.price * i64::from(it.quantity)).sum();
        let volume = format!("admf_trade_volume_total{{symbol=\"{symbol}\"}}");
        let carried = cents as f64 / 100.0 - total(&volume);
        assert!((-1e-3..1.0).contains(&carried), "{symbol}: {carried}");
    }
    for (operation, least) in [("begin_day", 100.0), ("finish_day", 100.0), ("settle", 2.0)] {
        let queries = format!("{{operation=\"{operation}\",result=\"ok\"}}");
        let ended = total(&format!("admf_db_queries_total{queries}"));
        assert!(ended >= least, "{operation}: {ended}");
        let timed = format!("admf_db_query_duration_seconds_count{{operation=\"{operation}\"}}");
        assert_eq!(total(&timed), ended, "{operation}");
    }
    assert_eq!(total("admf_db_failures_total"), 0.0);
    let dates = total(r#"admf_event_processing_seconds_count{event_type="date"}"#);
    assert_eq!(dates, 400.0);
}

#[tokio::test(start_paused = true)]
async fn bars_that_are_left_out_are_counted_for_their_symbol_and_lower_its_score() {
    let (folder, mut bars) = (TempDir::new().unwrap(), first_dates(400));
    let ibm = bars.symbols.iter().position(|it| it == "IBM").unwrap();
    // A gap of seven dates and one of four, the last of them within the window of the score.
    let gap = |number| (50..57).contains(&number) || (380..384).contains(&number);
    let days = bars.days().enumerate().filter(|(number, _)| gap(*number));
    let gone: Vec<_> = days.map(|(_, day)| bars.all[day.start].date).collect();
    bars.all
        .retain(|bar| bar.symbol != ibm || !gone.contains(&bar.date));
    let (_, _, samples) = replayed(&bars, &folder).await;
    let of = |metric: &str, symbol: &str| {
        samples.value(metric, &[("side", "stack"), ("symbol", symbol)])
    };
    let (missing, score) = ("admf_missing_data_points_total", "admf_data_quality_score");
    assert_eq!(of(missing, "IBM"), Some(11.0));
    assert_eq!(of(score, "IBM"), Some(0.96));
    for whole in ["AAPL", "MSFT"] {
        assert_eq!(
            (of(missing, whole), of(score, whole)),
            (Some(0.0), Some(1.0))
        );
    }
    assert_eq!(of(score, "FB"), None, "it has no bars yet");
}
