//! What is over, and what has no value at the moment.

use super::*;

const BY_ACCOUNT: LabelSets = LabelSets::with(Label::one_of("account", &["usd", "eur"]));

/// All that is told of a symbol.
fn tell(metrics: &TradingMetrics, symbol: &str) {
    metrics.record_trade("a", symbol, Direction::Buy, Some(1.0));
    metrics.record_signal("a", symbol, None);
    metrics.record_volume(symbol, 1.75);
    metrics.set_position(symbol, Some(10.0));
    metrics.record_arrival(symbol, Arrival::Next { missing: 1 });
    metrics.set_data_quality(symbol, Some(0.5));
}

/// The samples that the scrape shows with some text in their labels.
fn samples(exporter: &Exporter, text: &str) -> usize {
    let shown = exporter.render();
    shown.lines().filter(|line| line.contains(text)).count()
}

#[test]
fn a_delisted_symbol_is_gone_from_the_next_scrape_and_no_other_is() {
    let (exporter, metrics) = metrics();
    tell(&metrics, "OLD");
    let of_one = samples(&exporter, r#"symbol="OLD""#);
    tell(&metrics, "ABC");
    metrics.set_realized_pnl("a", 7.0);
    metrics.forget_symbol("OLD");
    assert_eq!(samples(&exporter, "OLD"), 0);
    assert_eq!(samples(&exporter, r#"symbol="ABC""#), of_one);
    let has_symbol = |it: &&Metric| it.labels.iter().any(|label| label.name == "symbol");
    let metrics_of_one = METRICS.iter().filter(has_symbol).count();
    assert_eq!(of_one, metrics_of_one + 1, "trades are bought or sold");
    let realized = r#"admf_realized_pnl{strategy="a"}"#;
    assert_eq!(value(&exporter, realized), Some(7.0), "not of a symbol");
}

#[test]
fn a_symbol_that_was_let_go_begins_anew() {
    let (exporter, metrics) = metrics();
    tell(&metrics, "XYZ");
    tell(&metrics, "ABC");
    metrics.forget_symbol("XYZ");
    tell(&metrics, "XYZ");
    tell(&metrics, "ABC");
    let of = |metric: &str, symbol: &str| {
        let labels = match metric {
            "admf_trades_total" => format!(r#"strategy="a",symbol="{symbol}",direction="buy""#),
            "admf_signals_passed_total" => format!(r#"strategy="a",symbol="{symbol}""#),
            _ => format!(r#"symbol="{symbol}""#),
        };
        value(&exporter, &format!("{metric}{{{labels}}}"))
    };
    for (metric, anew, carried) in [
        ("admf_trades_total", 1.0, 2.0),
        ("admf_signals_passed_total", 1.0, 2.0),
        ("admf_trade_volume_total", 1.0, 3.0),
        ("admf_missing_data_points_total", 1.0, 2.0),
    ] {
        let shown = [of(metric, "XYZ"), of(metric, "ABC")];
        assert_eq!(shown, [Some(anew), Some(carried)], "{metric}");
    }
}

#[test]
fn a_handle_of_a_symbol_that_was_let_go_records_into_nothing() {
    let (exporter, metrics) = metrics();
    let (trades, signals) = (metrics.trades("a", "OLD"), metrics.signals("a", "OLD"));
    metrics.forget_symbol("OLD");
    trades.record(Direction::Buy, None);
    signals.record(None);
    assert_eq!(samples(&exporter, "OLD"), 0);
}

#[test]
fn a_series_that_is_removed_behind_its_back_is_told_of_again() {
    let (exporter, metrics) = metrics();
    tell(&metrics, "ABC");
    exporter.meter().remove_where(&[("symbol", "ABC")]);
    tell(&metrics, "ABC");
    let trades = r#"admf_trades_total{strategy="a",symbol="ABC",direction="buy"}"#;
    assert_eq!(value(&exporter, trades), Some(1.0));
}

#[test]
fn the_place_of_a_delisted_symbol_under_the_cap_is_free() {
    let (exporter, metrics) = metrics();
    (0..500).for_each(|symbol| tell(&metrics, &format!("S{symbol}")));
    tell(&metrics, "NEW");
    assert_eq!(samples(&exporter, "NEW"), 0, "no place");
    assert!(samples(&exporter, "_other") > 0);
    metrics.forget_symbol("S7");
    tell(&metrics, "NEW");
    assert_eq!(
        samples(&exporter, r#"symbol="NEW""#),
        samples(&exporter, r#"symbol="S8""#)
    );
}

#[test]
fn a_symbol_is_forgotten_by_its_account_and_stays_in_the_other() {
    const PRICE: Metric = Metric::gauge("shop_price", "Price.").labels(&[
        Label::one_of("account", &["usd", "eur"]),
        Label::capped("symbol", 2),
    ]);
    let all = metrics_by(&BY_ACCOUNT).into_iter().chain([PRICE]);
    let exporter = Exporter::local(Catalogue::new(all).unwrap());
    let account = |name| TradingMetrics::labelled(exporter.meter(), &[("account", name)]).unwrap();
    let (usd, eur) = (account("usd"), account("eur"));
    tell(&usd, "OLD");
    tell(&eur, "OLD");
    let price = [("account", "usd"), ("symbol", "OLD")];
    exporter.meter().gauge(&PRICE, &price).unwrap().set(3.0);
    let before = samples(&exporter, r#"account="eur""#);
    usd.forget_symbol("OLD");
    let left = r#"shop_price{account="usd",symbol="OLD"}"#;
    assert_eq!(value(&exporter, left), Some(3.0), "the program's own");
    let shown = exporter.render();
    let of_usd = |line: &&str| line.contains(r#"account="usd""#) && line.contains("OLD");
    assert_eq!(shown.lines().filter(of_usd).count(), 1, "{shown}");
    assert_eq!(samples(&exporter, r#"account="eur""#), before);
    // The other goes on where it was.
    tell(&eur, "OLD");
    let trades = r#"admf_trades_total{account="eur",strategy="a",symbol="OLD",direction="buy"}"#;
    assert_eq!(value(&exporter, trades), Some(2.0));
}

#[test]
fn what_has_no_value_is_absent_and_comes_back() {
    let (exporter, metrics) = metrics();
    let score = r#"admf_data_quality_score{symbol="X"}"#;
    let position = r#"admf_position_size{symbol="X"}"#;
    let age = r#"admf_data_age_seconds{source="feed"}"#;
    let daily = "admf_daily_pnl";
    let tell = |level: Option<f64>| {
        metrics.set_data_quality("X", level);
        metrics.set_position("X", level);
        metrics.set_data_age("feed", level.map(Duration::from_secs_f64));
        metrics.update_portfolio_metrics(&PortfolioSnapshot {
            daily_pnl: level,
            ..PortfolioSnapshot::default()
        });
    };
    for level in [None, Some(0.5), None, Some(0.25), None] {
        tell(level);
        for series in [score, position, age, daily] {
            assert_eq!(value(&exporter, series), level, "{series}");
        }
    }
}

#[test]
fn none_takes_no_place_under_a_cap() {
    let (exporter, metrics) = metrics();
    (0..500).for_each(|symbol| metrics.set_position(&format!("S{symbol}"), None));
    metrics.set_position("X", Some(1.0));
    assert_eq!(
        value(&exporter, r#"admf_position_size{symbol="X"}"#),
        Some(1.0)
    );
}

#[test]
fn on_a_recorder_of_the_programs_own_a_symbol_that_is_forgotten_is_recorded_on() {
    let nowhere = crate::Meter::on(Catalogue::new(METRICS).unwrap(), ::metrics::NoopRecorder);
    let metrics = TradingMetrics::new(&nowhere).unwrap();
    tell(&metrics, "OLD");
    metrics.forget_symbol("OLD");
    tell(&metrics, "OLD");
}

proptest! {
    #[test]
    fn symbols_come_and_go_as_in_a_map(
        steps in prop::collection::vec((0..4_u8, 0..3_u8, 0..2_u8), 0..40),
    ) {
        let exporter = Exporter::local(Catalogue::new(metrics_by(&BY_ACCOUNT)).unwrap());
        let accounts = ["usd", "eur"];
        let metrics = accounts
            .map(|it| TradingMetrics::labelled(exporter.meter(), &[("account", it)]).unwrap());
        let mut model = BTreeMap::<(u8, u8), u32>::new();
        for (step, symbol, account) in steps {
            let metrics = &metrics[usize::from(account)];
            if step == 0 {
                metrics.forget_symbol(&symbol.to_string());
                model.remove(&(account, symbol));
            } else {
                metrics.record_trade("a", &symbol.to_string(), Direction::Sell, None);
                metrics.record_volume(&symbol.to_string(), 1.0);
                *model.entry((account, symbol)).or_default() += 1;
            }
            let text = exporter.render();
            for (i, of) in (0..).zip(accounts) {
                for symbol in 0..3_u8 {
                    let trades = format!(
                        r#"trades_total{{account="{of}",strategy="a",symbol="{symbol}",direction="sell"}}"#
                    );
                    let volume = format!(r#"trade_volume_total{{account="{of}",symbol="{symbol}"}}"#);
                    let expected = model.get(&(i, symbol)).map(u32::to_string);
                    for series in [trades, volume] {
                        let series = format!("admf_{series} ");
                        let shown = text.lines().find_map(|line| line.strip_prefix(&series));
                        prop_assert_eq!(shown, expected.as_deref());
                    }
                }
            }
        }
    }
}
