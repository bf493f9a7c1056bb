//! What is held between two recordings, so that not every one finds its series anew.

use super::*;
use crate::trading::account::{Account, Level};

const BY_ACCOUNT: LabelSets = LabelSets::with(Label::one_of("account", &["usd", "eur"]));

const LEVELS: [(Level, &str); 7] = [
    (Level::Value, "admf_portfolio_value"),
    (Level::DrawdownRatio, "admf_drawdown_ratio"),
    (Level::DrawdownPercent, "admf_drawdown_percent"),
    (Level::UnrealizedPnl, "admf_unrealized_pnl"),
    (Level::DailyPnl, "admf_daily_pnl"),
    (Level::FillRatio, "admf_order_fill_ratio"),
    (Level::Halted, "admf_trading_halted"),
];

#[derive(Clone, Debug)]
enum Step {
    Show(usize, usize, Option<f64>),
    Remove(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let level = prop_oneof![Just(None), (0..100).prop_map(|it| Some(f64::from(it)))];
    let show =
        (0..2_usize, 0..7_usize, level).prop_map(|(of, at, level)| Step::Show(of, at, level));
    let remove = (0..2_usize, 0..7_usize).prop_map(|(of, at)| Step::Remove(of, at));
    prop::collection::vec(prop_oneof![4 => show, 1 => remove], 0..40)
}

proptest! {
    #[test]
    fn levels_are_shown_as_in_a_map_whatever_is_removed_behind_their_back(steps in steps()) {
        let exporter = Exporter::local(Catalogue::new(metrics_by(&BY_ACCOUNT)).unwrap());
        let names = ["usd", "eur"];
        let accounts = names.map(|it| Account::on(exporter.meter(), &[("account", it)]).unwrap());
        let mut model = [[None; LEVELS.len()]; 2];
        for step in steps {
            match step {
                Step::Show(of, at, level) => {
                    accounts[of].show([(LEVELS[at].0, level)]);
                    model[of][at] = level;
                }
                Step::Remove(of, at) => {
                    let metrics = metrics_by(&BY_ACCOUNT);
                    let metric = metrics.iter().find(|it| it.name == LEVELS[at].1).unwrap();
                    exporter.meter().remove(metric, &[("account", names[of])]);
                    model[of][at] = None;
                }
            }
            for (name, levels) in names.iter().zip(&model) {
                for ((_, metric), level) in LEVELS.iter().zip(levels) {
                    let series = format!(r#"{metric}{{account="{name}"}}"#);
                    prop_assert_eq!(value(&exporter, &series), *level, "{}", series);
                }
            }
        }
    }
}

#[test]
fn volume_past_the_cap_is_overflow_at_each_trade_until_a_place_is_free() {
    let exporter = Exporter::local(Catalogue::new(metrics_by(&BY_ACCOUNT)).unwrap());
    let account = |name| TradingMetrics::labelled(exporter.meter(), &[("account", name)]).unwrap();
    let (usd, eur) = (account("usd"), account("eur"));
    // The accounts share the places of the label, and one of them takes all.
    (0..500).for_each(|symbol| usd.record_volume(&format!("S{symbol}"), 1.0));
    (0..3).for_each(|_| eur.record_volume("NEW", 1.5));
    let of = |symbol| {
        let labels = format!(r#"account="eur",symbol="{symbol}""#);
        value(&exporter, &format!("admf_trade_volume_total{{{labels}}}"))
    };
    let past = r#"admf_metrics_overflow_total{metric="admf_trade_volume_total"}"#;
    assert_eq!((of("_other"), of("NEW")), (Some(4.0), None));
    assert_eq!(value(&exporter, past), Some(3.0));
    usd.forget_symbol("S7");
    (0..3).for_each(|_| eur.record_volume("NEW", 1.5));
    assert_eq!((of("_other"), of("NEW")), (Some(4.0), Some(5.0)));
    assert_eq!(value(&exporter, past), Some(3.0));
}
