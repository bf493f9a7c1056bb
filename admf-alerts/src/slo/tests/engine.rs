//! Objectives on a driven engine.

use std::time::Duration;

use crate::engine::{AlertEvent, Engine, Options};
use crate::labels::Labels;
use crate::promql::{Query, Settings, Value};
use crate::series::{Limits, NAME};
use crate::slo::{Sli, Slo, Urgency};

use super::{availability, minutes, window};

/// Two counters that go on minute by minute, and what fires.
struct Service {
    engine: Engine,
    now: Duration,
    step: Duration,
    bad: f64,
    all: f64,
    said: Vec<String>,
}

impl Service {
    fn new(slo: &Slo, step: Duration) -> Self {
        let options = Options::default().limits(Limits::default());
        Self {
            engine: Engine::with(slo.groups().unwrap(), options).unwrap(),
            now: Duration::ZERO,
            step,
            bad: 0.0,
            all: 0.0,
            said: Vec::new(),
        }
    }

    /// Goes on for a while, with so many events a step of which a part is bad.
    fn run(&mut self, length: Duration, events: f64, bad: f64) -> Vec<String> {
        let end = self.now + length;
        while self.now < end {
            self.now += self.step;
            self.bad += events * bad;
            self.all += events;
            let time = i64::try_from(self.now.as_millis()).unwrap();
            for (name, value) in [("bad_total", self.bad), ("all_total", self.all)] {
                let labels = Labels::from_iter([(NAME, name)]);
                self.engine
                    .store_mut()
                    .append(&labels, time, value)
                    .unwrap();
            }
            for event in self.engine.advance(self.now) {
                let word = match event {
                    AlertEvent::Fired(_) => "fires",
                    _ => "ends",
                };
                let minute = self.now.as_secs() / 60;
                self.said
                    .push(format!("{minute}: {} {word}", event.alert().name()));
            }
        }
        assert!(self.engine.rules().all(|rule| rule.error.is_none()));
        std::mem::take(&mut self.said)
    }

    fn value(&self, name: &str) -> Option<f64> {
        let settings = Settings::default();
        let query = Query::parse(name, &settings).unwrap();
        let time = i64::try_from(self.now.as_millis()).unwrap();
        match query.instant(self.engine.store(), &settings, time).unwrap() {
            Value::Vector(rows) => rows.first().map(|row| row.value),
            other => panic!("{other:?}"),
        }
    }
}

const DAY: u64 = 24 * 60;

#[test]
fn a_sudden_outage_pages_within_two_minutes_and_resolves_once_the_short_windows_are_clean() {
    let slo = availability().period_rules(false);
    let mut service = Service::new(&slo, minutes(1));
    assert!(service.run(minutes(6 * 60), 600.0, 0.0).is_empty());
    let said = service.run(minutes(10), 600.0, 1.0);
    assert_eq!(
        said,
        [
            "361: ApiBudgetBurnPage fires",
            "361: ApiBudgetBurnTicket fires"
        ]
    );
    let said = service.run(minutes(60), 600.0, 0.0);
    // 10 minutes of 6 hours are more than 6 times what is allowed, for as long as half an hour remembers them.
    assert_eq!(said, ["399: ApiBudgetBurnPage ends"]);
    let said = service.run(minutes(8 * 60), 600.0, 0.0);
    assert_eq!(said, ["729: ApiBudgetBurnTicket ends"]);
}

#[test]
fn a_slow_burn_is_a_ticket_and_no_page() {
    let slo = availability().period_rules(false);
    let mut service = Service::new(&slo, minutes(2));
    assert!(service.run(minutes(DAY), 1_000.0, 0.0).is_empty());
    // Twice what is allowed: above the budget of 3 days once it went on as long as all was well.
    let said = service.run(minutes(DAY + 60), 1_000.0, 0.002);
    assert_eq!(said.len(), 1, "{said:?}");
    let (minute, what) = said[0].split_once(": ").unwrap();
    assert_eq!(what, "ApiBudgetBurnTicket fires");
    let minute: u64 = minute.parse().unwrap();
    assert!((2 * DAY - 4..=2 * DAY + 4).contains(&minute), "{minute}");
}

#[test]
fn what_the_budget_allows_is_no_alert() {
    let slo = availability().period_rules(false);
    let mut service = Service::new(&slo, minutes(2));
    assert!(service.run(minutes(DAY), 1_000.0, 0.000_9).is_empty());
    let ratio = service.value("slo:sli_error:ratio_rate6h").unwrap();
    assert!((ratio - 0.000_9).abs() < 1e-9, "{ratio}");
}

#[test]
fn no_traffic_is_no_ratio_and_no_alert() {
    let slo = availability();
    let mut service = Service::new(&slo, minutes(1));
    assert!(service.run(minutes(90), 0.0, 0.0).is_empty());
    for name in ["ratio_rate5m", "ratio_rate1h", "ratio_rate30d"] {
        assert_eq!(
            service.value(&format!("slo:sli_error:{name}")),
            None,
            "{name}"
        );
    }
    assert_eq!(service.value("slo:error_budget_remaining:ratio"), None);
    // An outage after which nobody calls any more ends as soon as the short windows know nothing of it.
    service.run(minutes(60), 600.0, 0.0);
    assert_eq!(service.run(minutes(5), 600.0, 1.0).len(), 2);
    let said = service.run(minutes(7 * 60), 0.0, 0.0);
    assert_eq!(
        said,
        [
            "184: ApiBudgetBurnPage ends",
            "514: ApiBudgetBurnTicket ends"
        ]
    );
}

#[test]
fn errors_that_were_never_counted_are_none() {
    let slo = Slo::new("api", 0.999, Sli::events("never_total", "all_total"));
    let mut service = Service::new(&slo, minutes(1));
    assert!(service.run(minutes(20), 600.0, 0.0).is_empty());
    assert_eq!(service.value("slo:sli_error:ratio_rate1h"), Some(0.0));
    assert_eq!(service.value("slo:error_budget_remaining:ratio"), Some(1.0));
}

#[test]
fn the_rest_of_the_budget_counts_events_and_not_hours() {
    let windows = [window(Urgency::Page, 50.0, 60, 5)];
    let slo = Slo::new("api", 0.9, Sli::events("bad_total", "all_total"));
    let slo = slo.period(minutes(300)).windows(windows);
    let mut service = Service::new(&slo, minutes(1));
    // A busy hour without errors and a quiet one with nothing else: 1 % of all events.
    service.run(minutes(60), 9_900.0, 0.0);
    service.run(minutes(60), 100.0, 1.0);
    service.run(minutes(10), 0.0, 0.0);
    let ratio = service.value("slo:sli_error:ratio_rate5h").unwrap();
    assert!((ratio - 0.01).abs() < 0.000_5, "{ratio}");
    let left = service.value("slo:error_budget_remaining:ratio").unwrap();
    assert!((left - (1.0 - ratio / 0.1)).abs() < 1e-9, "{left}");
}

#[test]
fn of_a_latency_what_is_above_the_bucket_is_an_error() {
    let slo = Slo::new("quotes", 0.95, Sli::latency("quote_seconds", 1.0)).period_rules(false);
    let mut engine = Engine::with(slo.groups().unwrap(), Options::default()).unwrap();
    let mut said = Vec::new();
    for minute in 0..=30_u64 {
        // From the 11th on every call is slow.
        let (all, good) = (minute * 60, minute.min(10) * 60);
        let time = i64::try_from(minute * 60_000).unwrap();
        for (name, le, value) in [
            ("quote_seconds_bucket", "0.5", 0),
            ("quote_seconds_bucket", "1.0", good),
            ("quote_seconds_bucket", "+Inf", all),
            ("quote_seconds_count", "", all),
        ] {
            let labels = Labels::from_iter([(NAME, name), ("le", le)]);
            engine
                .store_mut()
                .append(&labels, time, value as f64)
                .unwrap();
        }
        let events = engine.advance(minutes(minute));
        said.extend(
            events
                .iter()
                .map(|event| format!("{minute}: {}", event.alert().name())),
        );
    }
    // More than 0.05 of all calls so far, which is less than 6 hours, and more than 6 times that.
    assert_eq!(
        said,
        ["11: QuotesBudgetBurnTicket", "15: QuotesBudgetBurnPage"]
    );
}
