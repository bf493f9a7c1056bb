//! Holds what alert templates are compiled to against promtool: the same alerts fire at the same minutes.

use std::fs;
use std::io::{ErrorKind, Write};
use std::process::Command;
use std::time::Duration;

use admf_alerts::alert_template::{Known, group, parse};
use admf_alerts::engine::AlertState;
use admf_alerts::promql::{Semantics, Settings};
use admf_alerts::{Engine, Options, RuleGroup, Samples};
use serde_json::{Value, json};

const TEMPLATES: &str = r#"
templates:
- {id: low, timeframe: 3, condition: {type: threshold, metric: equity, operator: lt, value: 5}}
- {id: one_of, condition: {type: threshold, metric: equity, operator: lt, value: 5, where: {book: [a, 'c"\d.']}}}
- {id: least, condition: {type: threshold, metric: equity, operator: lte, value: 3, aggregate: min, groupBy: book}}
- {id: slow, condition: {type: threshold, metric: seconds, quantile: 0.9, window: 2, operator: gt, value: 0.5}}
- {id: slow_all, condition: {type: threshold, metric: seconds, quantile: 0.9, aggregate: sum, operator: gt, value: 0.5}}
- {id: busy, condition: {type: rate, metric: orders_total, per: minute, operator: gt, value: 3}}
- {id: idle, condition: {type: rate, metric: orders_total, window: 4, per: minute, operator: lt, value: 3, aggregate: sum}}
- {id: gone, timeframe: 2, condition: {type: absence, metric: equity, where: {book: b}}}
- {id: odd, condition: {type: anomaly, metric: equity, baseline: 8, value: 2}}
- {id: odd_rate, condition: {type: anomaly, metric: orders_total, window: 2, baseline: 6, operator: gt, value: 1.5, aggregate: sum}}
- {id: nothing, noData: alert, condition: {type: threshold, metric: equity, operator: gt, value: 90, where: {book: b}}}
- id: both
  condition: {type: composite, match: all, on: [book], conditions: {low: equity < 5, open: state == "open"}}
- id: either
  condition: {type: composite, match: any, conditions: {low: equity < 2, open: state == "open"}}
alerts:
  open: {condition: state == "open", severity: critical, notification: 1 minute}
  not_open: {condition: 'state{book="a"} != "open"'}
"#;

/// Series, with a value for each minute: a number, `stale` where it ends, `_` where nothing is said of it any more.
const SERIES: &[(&str, &str)] = &[
    (
        r#"equity{book="a",side="l"}"#,
        "9 4 4 4 4 9 4 4 8 9 8 9 8 9 8 1 9 8 9 8 9 8 9 8 9",
    ),
    (
        r#"equity{book="b",side="l"}"#,
        "3 3 3 stale _ _ _ _ _ 3 1 3 3 3 3 3 3 stale _ _ _ _ _ _ 95",
    ),
    (
        r#"orders_total{book="a"}"#,
        "0 1 2 3 4 5 6 7 8 9 10 11 12 40 70 100 101 102 103 104 105 106 107 108 109",
    ),
    (
        r#"seconds_bucket{le="0.1"}"#,
        "0 9 9 9 9 9 9 9 9 9 20 30 40 50 60 70 80 90 90 90 90 90 90 90 90",
    ),
    (
        r#"seconds_bucket{le="1"}"#,
        "0 9 9 9 9 19 29 39 39 39 50 60 70 80 90 100 110 120 130 140 150 160 160 160 160",
    ),
    (
        r#"seconds_bucket{le="+Inf"}"#,
        "0 9 9 9 9 19 29 39 39 39 50 60 70 80 90 100 110 120 130 140 150 160 160 160 160",
    ),
    (
        r#"state{book="a",state="open"}"#,
        "0 0 1 1 1 0 0 0 0 0 0 0 0 0 1 1 1 0 0 0 0 0 0 0 0",
    ),
    (
        r#"state{book="a",state="closed"}"#,
        "1 1 0 0 0 1 1 1 1 1 1 1 1 1 0 0 0 1 1 1 1 1 1 1 1",
    ),
];

fn rules() -> RuleGroup {
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    let known = Known::default().settings(settings);
    let templates = parse("t.yml", TEMPLATES, &known, |_| None).unwrap();
    group("g", &templates, &known).unwrap()
}

/// What fires at a minute, by the name of its rule, as promtool is to expect it.
fn firing() -> Vec<Vec<(String, Value)>> {
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    let options = Options::default().promql(settings);
    let mut engine = Engine::with([rules()], options).unwrap();
    let minutes = SERIES[0].1.split(' ').count();
    let mut all = Vec::new();
    for minute in 0..minutes {
        let now = SERIES.iter();
        let now = now.map(|it| (it.0, it.1.split(' ').nth(minute).unwrap()));
        let there = now.filter(|it| it.1.parse::<f64>().is_ok());
        let text: String = there.map(|it| format!("{} {}\n", it.0, it.1)).collect();
        let scrape = Samples::parse(&text).unwrap();
        engine.step(Duration::from_secs(60 * minute as u64), &scrape);
        let alerts = engine.alerts();
        let firing = alerts.filter(|it| it.state == AlertState::Firing);
        let expected = firing.map(|alert| {
            let labels = alert.labels.iter().filter(|it| it.0 != "alertname");
            let labels: serde_json::Map<_, _> = labels
                .map(|it| (it.0.to_owned(), Value::from(it.1)))
                .collect();
            (alert.name().to_owned(), json!({ "exp_labels": labels }))
        });
        all.push(expected.collect());
    }
    all
}

#[test]
fn what_templates_become_fires_in_prometheus_at_the_same_minutes() {
    let firing = firing();
    let rules = rules().rules;
    let mut tests = Vec::new();
    for rule in &rules {
        let at = firing.iter().enumerate().map(|(minute, alerts)| {
            let expected = alerts.iter().filter(|it| it.0 == rule.name);
            let expected: Vec<_> = expected.map(|it| &it.1).collect();
            json!({ "eval_time": format!("{minute}m"), "alertname": rule.name, "exp_alerts": expected })
        });
        let at: Vec<_> = at.collect();
        let fired = |it: &&Value| it["exp_alerts"] != json!([]);
        let fired = at.iter().filter(fired).count();
        assert!((1..firing.len()).contains(&fired), "{}: {fired}", rule.name);
        tests.extend(at);
    }
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    let written = rules.iter().map(|rule| {
        let compiled = admf_alerts::rule::compile(rule, None, &settings).unwrap();
        json!({
            "alert": rule.name,
            "expr": compiled.expr,
            "for": format!("{}s", rule.for_.as_secs()),
            "labels": rule.labels,
        })
    });
    let written: Vec<_> = written.collect();
    let series = SERIES.iter();
    let series = series.map(|it| json!({ "series": it.0, "values": it.1 }));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: Value| {
        let path = folder.path().join(name);
        fs::write(&path, content.to_string()).unwrap();
        path
    };
    file(
        "rules.yml",
        json!({ "groups": [{ "name": "g", "rules": written }] }),
    );
    let tests = json!({
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": series.collect::<Vec<_>>(),
            "alert_rule_test": tests,
        }],
    });
    let tests = file("tests.yml", tests);
    match Command::new("promtool")
        .args(["test", "rules"])
        .arg(tests)
        .output()
    {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let required = std::env::var_os("ADMF_REQUIRE_SERVERS");
            assert!(required.is_none(), "promtool is missing");
            let note = "promtool is missing: this test did nothing";
            let _ = writeln!(std::io::stderr(), "{note}");
        }
        output => {
            let output = output.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
        }
    }
}
