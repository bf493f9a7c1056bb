use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::catalogue::whole::{assert_exposes, everything};
use crate::{Catalogue, Exporter};

fn value(text: &str, series: &str) -> Option<f64> {
    let value = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(value)
}

#[test]
fn health_is_exported_only_where_its_metrics_are_declared() {
    let exporter = Exporter::local(Catalogue::new([METRICS[6]]).unwrap());
    let error = export(exporter.meter(), &Health::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric `admf_component_status` is not declared in the catalogue"
    );
}

/// A component whose source comes and goes, on a clock in seconds.
struct Coming {
    exporter: Exporter,
    now: Arc<AtomicU64>,
    shown: Arc<Mutex<Vec<ComponentHealth>>>,
}

impl Coming {
    fn new() -> Self {
        let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
        let (health, now) = driven();
        let shown = Arc::<Mutex<Vec<_>>>::default();
        let source = Arc::clone(&shown);
        health.add_source(move || source.lock().unwrap().clone());
        export(exporter.meter(), &health).unwrap();
        Self {
            exporter,
            now,
            shown,
        }
    }

    /// Shows a component that was checked so often, or none; returns its series.
    fn scrape(&self, checks: Option<u64>) -> Vec<String> {
        let component = checks.map(|checks| ComponentHealth {
            checks,
            took: Some(Duration::from_millis(250)),
            ..one("feed", Healthy)
        });
        *self.shown.lock().unwrap() = component.into_iter().collect();
        let text = self.exporter.render();
        let of_it = |line: &&str| line.contains("component=\"feed\"");
        text.lines().filter(of_it).map(str::to_owned).collect()
    }
}

#[test]
fn a_component_that_is_gone_has_no_level_and_its_totals_go_on_if_it_is_soon_back() {
    let it = Coming::new();
    let checks = |n| format!("admf_health_checks_total{{component=\"feed\"}} {n}");
    let failures = "admf_health_check_failures_total{component=\"feed\"} 0".to_owned();
    let there = it.scrape(Some(7));
    assert!(there.contains(&checks(7)), "{there:?}");
    assert!(there.contains(&"admf_component_status{component=\"feed\"} 1".to_owned()));
    assert!(
        there.contains(&"admf_health_check_duration_seconds{component=\"feed\"} 0.25".to_owned())
    );
    // Both totals, the status, four states and a duration; nobody knows the age.
    assert_eq!(there.len(), 8);
    assert_eq!(it.scrape(None), [failures.clone(), checks(7)]);
    it.now.store(299, Ordering::Relaxed);
    assert_eq!(it.scrape(None), [failures, checks(7)]);
    let back = it.scrape(Some(2));
    assert!(back.len() == 8 && back.contains(&checks(9)), "{back:?}");
    it.scrape(None);
    it.now.store(2 * 299 + 1, Ordering::Relaxed);
    assert_eq!(it.scrape(None), [""; 0]);
    let anew = it.scrape(Some(2));
    assert!(anew.len() == 8 && anew.contains(&checks(2)), "{anew:?}");
}

#[test]
fn components_without_end_leave_room_for_those_that_come_later() {
    let it = Coming::new();
    for i in 0..500 {
        let name = format!("session-{i}");
        *it.shown.lock().unwrap() = vec![one(&name, Healthy)];
        it.now.fetch_add(300, Ordering::Relaxed);
        let text = it.exporter.render();
        let status = value(
            &text,
            &format!("admf_component_status{{component=\"{name}\"}}"),
        );
        assert_eq!(status, Some(1.0));
    }
}

/// S0-105: the rule that is shipped is `admf_component_status == 0 for 30s`.
#[test]
fn a_component_that_nobody_knows_about_has_no_status_and_is_shown_as_unknown() {
    let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
    let health = Health::new();
    export(exporter.meter(), &health).unwrap();
    let broker = health.critical("broker").unwrap();
    let shown = || {
        let text = exporter.render();
        let unknown = "admf_component_health{component=\"broker\",state=\"unknown\"}";
        let status = value(&text, "admf_component_status{component=\"broker\"}");
        (status, value(&text, unknown))
    };
    assert_eq!(shown(), (None, Some(1.0)), "at the start");
    health.started();
    assert_eq!(shown(), (None, Some(1.0)), "before the first check");
    broker.report(Unhealthy, "refused");
    assert_eq!(shown(), (Some(0.0), Some(0.0)));
    broker.report(Degraded, "slow");
    assert_eq!(shown(), (Some(1.0), Some(0.0)));
    health.enable_checks(false);
    assert_eq!(shown(), (None, Some(1.0)), "while checks are disabled");
    health.enable_checks(true);
    assert_eq!(shown(), (Some(1.0), Some(0.0)));
    broker.report(Unknown, "");
    assert_eq!(shown(), (None, Some(1.0)));
}

proptest! {
    /// Whatever is reported, what is exported is the last state of each, exactly one, and the totals.
    #[test]
    fn each_component_is_exported_in_exactly_one_state_with_the_totals_of_a_naive_count(
        steps in prop::collection::vec((0..3_usize, 0..4_usize, any::<bool>()), 1..20)
    ) {
        let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
        let health = Health::new();
        export(exporter.meter(), &health).unwrap();
        let names = ["a", "b", "c"];
        let parts = names.map(|name| health.critical(name).unwrap());
        let mut model = [(Unknown, 0_u32, 0_u32); 3];
        for (who, state, scrape) in steps {
            let state = ComponentState::ALL[state];
            parts[who].report(state, "");
            let (last, checks, failures) = &mut model[who];
            (*last, *checks) = (state, *checks + 1);
            *failures += u32::from(state == Unhealthy);
            if !scrape {
                continue;
            }
            let text = exporter.render();
            for (name, (last, checks, failures)) in names.iter().zip(model) {
                let seen = |metric| value(&text, &format!("{metric}{{component=\"{name}\"}}"));
                prop_assert_eq!(seen("admf_health_checks_total"), Some(checks.into()));
                prop_assert_eq!(seen("admf_health_check_failures_total"), Some(failures.into()));
                let up = (last != Unknown).then(|| f64::from(u8::from(last.is_up())));
                prop_assert_eq!(seen("admf_component_status"), up);
                for state in ComponentState::ALL {
                    let series = format!("admf_component_health{{component=\"{name}\",state=\"{state}\"}}");
                    prop_assert_eq!(value(&text, &series), Some(f64::from(u8::from(state == last))));
                }
            }
        }
    }
}

#[test]
fn every_metric_is_exposed_once_a_component_was_checked_and_none_else() {
    let (exporter, health) = (everything(), Health::new());
    health.add_source(|| {
        let known = Some(Duration::ZERO);
        vec![ComponentHealth {
            took: known,
            age: known,
            ..one("feed", Healthy)
        }]
    });
    export(exporter.meter(), &health).unwrap();
    assert_exposes(&exporter, &METRICS);
}
