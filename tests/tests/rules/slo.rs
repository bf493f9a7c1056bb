//! Rules of objectives: promtool reads them, and sees the alerts that our engine sees.

use std::ffi::OsString;
use std::time::Duration;

use admf_alerts::export::{self, Scenario};
use admf_alerts::slo::{Sli, Slo};
use tempfile::TempDir;

use tests::promtool::promtool;

const MINUTE: Duration = Duration::from_secs(60);

/// Availability and rate of errors (S1-065, S1-067), latency (S1-068), recovery (S1-066).
fn slos() -> [Slo; 4] {
    let errors = Sli::events(r#"http_requests_total{code=~"5.."}"#, "http_requests_total");
    let api = Slo::new("api-availability", 0.999, errors)
        .description(
            "Requests to {{ $labels.slo }} of \"{{ $labels.team }}\" are answered: always.",
        )
        .label("team", "desk # 1")
        .runbook_url("https://runbooks.example/api#burn");
    let quotes = Slo::new("quotes-latency", 0.95, Sli::latency("quote_seconds", 1.0));
    let cached = Slo::new(
        "cached-operations",
        0.95,
        Sli::latency("cache_duration_seconds", 0.1),
    );
    let recovery = Slo::new(
        "recovery",
        0.95,
        Sli::latency("recovery_duration_seconds", 120.0),
    );
    [api, quotes, cached, recovery].map(|slo| slo.interval(MINUTE))
}

#[test]
fn the_rules_of_objectives_are_read_by_promtool_and_fire_there_as_here() {
    let groups: Vec<_> = slos()
        .iter()
        .flat_map(|slo| slo.groups().expect("it is good"))
        .collect();
    let options = export::Options::default();
    let rules = export::rules(&groups, &options).expect("nothing is lost");
    // Two hours are well, an outage of ten minutes, and quotes are slow for an hour.
    let outage = Scenario::new("an outage", MINUTE)
        .series(
            r#"http_requests_total{code="200",job="a"} 0+600x120 72000x10 72600+600x60 108600x60"#,
        )
        .and_then(|it| {
            it.series(r#"http_requests_total{code="500",job="a"} 0x120 600+600x9 6000x121"#)
        })
        .and_then(|it| it.series(r#"quote_seconds_bucket{le="1"} 0+60x120 7200x70"#))
        .and_then(|it| it.series(r#"quote_seconds_count 0+60x191"#))
        .expect("it is the notation")
        .at((0..250).step_by(5).map(|minute| minute * MINUTE));
    let scenarios = [outage];
    let tests = export::tests("rules.yml", &groups, &scenarios, &options).expect("nothing fails");
    for name in ["ApiAvailability", "QuotesLatency"] {
        for urgency in ["Page", "Ticket"] {
            let alert = format!("alertname: {name}BudgetBurn{urgency}\n    exp_alerts:");
            let fires = tests.matches(&format!("{alert}\n")).count();
            let not = tests.matches(&format!("{alert} []\n")).count();
            // Both are looked at, or it shows nothing.
            assert!(fires > 3 && not > 3, "{name} {urgency}: {fires} {not}");
        }
    }
    let folder = TempDir::new().expect("a folder can be made");
    for (name, text) in [("rules.yml", &rules), ("tests.yml", &tests)] {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    for (command, name) in [("check", "rules.yml"), ("test", "tests.yml")] {
        let path = folder.path().join(name);
        let Some(done) = promtool([OsString::from(command), "rules".into(), path.into()]) else {
            return;
        };
        let said = String::from_utf8_lossy(&done.stderr) + String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{said}");
    }
}
