//! The alerts beside the formula, and the ratios beside a naive count.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use crate::engine::{AlertState, Engine, Options};
use crate::labels::Labels;
use crate::promql::{Query, Semantics, Settings, Value};
use crate::series::NAME;
use crate::slo::{BurnWindow, Sli, Slo, Urgency};

use super::{minutes, window};

/// What happened in a while: so many minutes, events in each, the part of them that is bad, and whether anybody scraped.
type Phase = (usize, u32, f64, bool);

fn phases() -> impl Strategy<Value = Vec<Phase>> {
    let bad = prop_oneof![Just(0.0), Just(1.0), 0.0..0.2_f64];
    let events = prop_oneof![Just(0), 1..5_000_u32];
    let phase = (1..40_usize, events, bad, proptest::bool::weighted(0.9));
    prop::collection::vec(phase, 1..8)
}

/// A minute of both counters; `None` where nobody scraped.
fn counters(phases: &[Phase]) -> Vec<Option<(f64, f64)>> {
    // Far from zero, to which Prometheus would extrapolate.
    let (mut bad, mut all) = (1e9, 2e9);
    let mut counters = vec![Some((bad, all))];
    for (length, events, part, scraped) in phases {
        for _ in 0..*length {
            bad += (f64::from(*events) * part).floor();
            all += f64::from(*events);
            counters.push(scraped.then_some((bad, all)));
        }
    }
    counters
}

/// What is bad of all that came in a window, by its first and last scrape.
fn naive(
    counters: &[Option<(f64, f64)>],
    minute: usize,
    window: Duration,
    closed: bool,
) -> Option<f64> {
    let width = usize::try_from(window.as_secs() / 60).unwrap();
    let width = if closed { width + 1 } else { width };
    let first = (minute + 1).saturating_sub(width);
    let mut seen = counters[first..=minute].iter().flatten();
    let (first, last) = (seen.next()?, seen.next_back()?);
    let (bad, all) = (last.0 - first.0, last.1 - first.1);
    (all > 0.0).then_some(bad / all)
}

fn ratio(engine: &Engine, settings: &Settings, window: Duration, time: i64) -> Option<f64> {
    let minutes = window.as_secs() / 60;
    let length = match minutes % 60 {
        0 => format!("{}h", minutes / 60),
        _ => format!("{minutes}m"),
    };
    let query = Query::parse(&format!("slo:sli_error:ratio_rate{length}"), settings).unwrap();
    match query.instant(engine.store(), settings, time).unwrap() {
        Value::Vector(rows) => rows.first().map(|row| row.value),
        other => panic!("{other:?}"),
    }
}

const WINDOWS: [fn() -> BurnWindow; 3] = [
    || window(Urgency::Page, 10.0, 60, 5),
    || window(Urgency::Page, 20.0, 120, 30),
    || window(Urgency::Ticket, 20.0, 180, 30),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_alert_fires_exactly_where_the_burn_rate_says_so(
        phases in phases(), objective in prop::sample::select(vec![0.9, 0.99, 0.999]), older in any::<bool>(),
    ) {
        let windows: Vec<_> = WINDOWS.map(|window| window()).into();
        let slo = Slo::new("api", objective, Sli::events("bad_total", "all_total"))
            .period(minutes(24 * 60))
            .windows(windows.clone())
            .period_rules(false);
        let semantics = if older { Semantics::Prometheus2 } else { Semantics::Prometheus3 };
        let settings = Settings::default().semantics(semantics);
        let options = Options::default().promql(settings);
        let mut engine = Engine::with(slo.groups().unwrap(), options).unwrap();
        let counters = counters(&phases);
        for (minute, scraped) in counters.iter().enumerate() {
            let now = minutes(minute as u64);
            let time = i64::try_from(now.as_millis()).unwrap();
            if let Some((bad, all)) = scraped {
                for (name, value) in [("bad_total", bad), ("all_total", all)] {
                    let labels = Labels::from_iter([(NAME, name)]);
                    engine.store_mut().append(&labels, time, *value).unwrap();
                }
            }
            engine.advance(now);
            let ratio = |window| ratio(&engine, &settings, window, time);
            let mut due = BTreeMap::new();
            for window in &windows {
                for length in [window.long, window.short] {
                    let (ours, naive) = (ratio(length), naive(&counters, minute, length, older));
                    prop_assert_eq!(ours.is_some(), naive.is_some(), "{} {:?}", minute, length);
                    let apart = ours.zip(naive).map_or(0.0, |(ours, naive)| (ours - naive).abs());
                    prop_assert!(apart < 1e-9, "{} {:?} {:?} {:?}", minute, length, ours, naive);
                }
                let rate = window.rate(objective, slo.period);
                let fires = rate.fires(ratio(window.long), ratio(window.short));
                *due.entry(window.urgency).or_insert(false) |= fires;
            }
            for (urgency, name) in [(Urgency::Page, "ApiBudgetBurnPage"), (Urgency::Ticket, "ApiBudgetBurnTicket")] {
                let fires = engine.alerts().any(|it| it.name() == name && it.state == AlertState::Firing);
                prop_assert_eq!(fires, due[&urgency], "{} {}", minute, name);
            }
        }
    }
}
