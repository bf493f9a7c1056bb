use std::time::Duration;

use proptest::prelude::*;

use super::*;
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

#[test]
fn a_component_that_is_gone_is_unknown_and_its_totals_go_on_when_it_begins_anew() {
    let exporter = Exporter::local(Catalogue::new(METRICS).unwrap());
    let health = Health::new();
    let shown = Arc::new(Mutex::new(Vec::new()));
    let source = Arc::clone(&shown);
    health.add_source(move || source.lock().unwrap().clone());
    export(exporter.meter(), &health).unwrap();
    let checks = |checks| ComponentHealth {
        checks,
        took: Some(Duration::from_millis(250)),
        ..one("feed", Healthy)
    };
    let totals = [
        (Some(checks(7)), 7.0, 1.0),
        (None, 7.0, 0.0),
        (Some(checks(2)), 9.0, 1.0),
    ];
    for (component, total, up) in totals {
        *shown.lock().unwrap() = component.into_iter().collect();
        let text = exporter.render();
        let seen = |name: &str| value(&text, &format!("{name}{{component=\"feed\"}}"));
        assert_eq!(seen("admf_health_checks_total"), Some(total));
        assert_eq!(seen("admf_component_status"), Some(up));
        assert_eq!(seen("admf_health_check_duration_seconds"), Some(0.25));
        assert_eq!(seen("admf_health_check_age_seconds"), None);
        assert_eq!(value(&text, "admf_health_ready"), Some(0.0));
    }
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
                prop_assert_eq!(seen("admf_component_status"), Some(f64::from(u8::from(last.is_up()))));
                for state in ComponentState::ALL {
                    let series = format!("admf_component_health{{component=\"{name}\",state=\"{state}\"}}");
                    prop_assert_eq!(value(&text, &series), Some(f64::from(u8::from(state == last))));
                }
            }
        }
    }
}
