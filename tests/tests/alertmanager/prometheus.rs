//! A real Prometheus that sends us its alerts, and the rules of one beside those of an engine.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use admf_alerts::api::RuleGroupView;
use admf_alerts::engine::{Engine, Options};
use admf_alerts::promql::{Semantics, Settings};
use admf_alerts::rule_file::parse;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::prometheus::Prometheus;
use tests::service::{Service, ask, until};

use crate::SERVICE;
use crate::sink::Sink;
use tests::alertmanager::now;

const LONG: Duration = Duration::from_secs(60);

/// Starts one with rules, and something else in its configuration.
fn prometheus(folder: &TempDir, rules: &str, more: &str) -> Option<Prometheus> {
    let file = |name: &str| folder.path().join(name);
    fs::write(file("rules.yml"), rules).expect("it can be written");
    let config = format!("global: {{evaluation_interval: 1s}}\nrule_files: [rules.yml]\n{more}");
    fs::write(file("prometheus.yml"), config).expect("it can be written");
    Prometheus::start(&file("prometheus.yml"), &file("data"))
}

#[test]
fn a_prometheus_fires_and_resolves_a_rule_through_us() {
    let (folder, sink) = (TempDir::new().expect("a folder can be made"), Sink::start());
    let config = format!(
        "route: {{receiver: hook, group_wait: 1s, group_interval: 1s}}\n\
         receivers: [{{name: hook, webhook_configs: [{{url: 'http://127.0.0.1:{}/'}}]}}]\n",
        sink.port()
    );
    let log = folder.path().join("told.jsonl");
    let second = format!(
        "receivers: [{{name: hook, file_configs: [{{path: {}}}]}}]",
        log.display()
    );
    let service = Service::start(SERVICE, &config, Some(&second));
    let rules = |expr| {
        format!(
            "groups: [{{name: g, rules: [{{alert: Passing, expr: '{expr}', labels: {{severity: info}}}}]}}]"
        )
    };
    let alerting = format!(
        "alerting: {{alertmanagers: [{{api_version: v2, static_configs: [{{targets: ['{}']}}]}}]}}",
        service.address()
    );
    let Some(prometheus) = prometheus(&folder, &rules("vector(1)"), &alerting) else {
        return;
    };
    let (_, fires) = sink.next(LONG).expect("it fires");
    assert_eq!((&*fires.0, fires.1.len(), fires.2.len()), ("firing", 1, 0));
    let (status, shown) = ask(&service.address(), "GET", "/api/v2/alerts", "").expect("it is up");
    let shown: Value = serde_json::from_str(&shown).expect("it is JSON");
    assert_eq!(
        (status, &shown[0]["labels"]["alertname"]),
        (200, &json!("Passing"))
    );
    let url = shown[0]["generatorURL"].as_str().unwrap_or_default();
    assert!(url.contains("/graph?g0.expr="), "{url}");
    let passed = rules("vector(1) > 1");
    fs::write(folder.path().join("rules.yml"), passed).expect("it can be written");
    prometheus.reload();
    let (_, ends) = sink.next(LONG).expect("it ends");
    assert_eq!((&*ends.0, ends.1.len(), &ends.2), ("resolved", 0, &fires.1));
    drop(prometheus);
    // Both channels are told of at once: the file is written when the other one is heard of, or soon after.
    let told = || -> Vec<Value> {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines = text.lines().map(serde_json::from_str);
        lines
            .filter_map(Result::ok)
            .map(|it: Value| it["status"].clone())
            .collect()
    };
    let both = until(LONG, || Some(told()).filter(|it| it.len() == 2));
    assert_eq!(
        both,
        Some(vec![json!("firing"), json!("resolved")]),
        "{:?}",
        told()
    );
}

const RULES: &str = r#"
groups:
- name: g
  interval: 1s
  limit: 7
  rules:
  - alert: Waits
    expr: 'vector(1) > 0 and  on() vector(2)'
    for: 1h30m
    keep_firing_for: 5m
    labels: {severity: critical, t: 'x{{ $value }}'}
    annotations: {summary: 'v {{ $value }}'}
  - {alert: Fires, expr: 'vector(1)/3'}
  - {alert: Quiet, expr: 'up{job=~"a|b",x!="y"} offset 5m == bool 3 > 2', for: 2500ms}
  - {alert: Sums, expr: 'sum  by(x,y)(rate(calls_total{a="b"}[5m]))>0.5'}
  - {alert: Without, expr: 'avg without (x) (a) / ignoring(z) group_left(q) b > 1'}
  - {alert: Nested, expr: '-(max_over_time(rate(a[1m])[10m:30s]) ^ 2) <= -1 or absent(zz{a="b"})'}
  - {alert: Quantile, expr: 'histogram_quantile(0.99, sum by (le) (rate(b_bucket[1h30m]))) > 1e3 unless topk(3, c)'}
  - {alert: At, expr: 'a @ 1000 > 1 or label_replace(b, "x", "$1", "y", "(.*)") > 5'}
  - {record: 'a:b', expr: 'sum by (x) (up)', labels: {l: m}}
  - {record: 'c:d', expr: 'vector(1)'}
- {name: h, rules: []}
"#;

/// What is left out: times, and where the file is.
fn plain(groups: &mut Value) {
    match groups {
        Value::Object(map) => {
            for name in ["evaluationTime", "lastEvaluation", "activeAt", "file"] {
                map.remove(name);
            }
            map.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

#[test]
fn rules_and_their_alerts_are_shown_as_prometheus_shows_them() {
    let folder = TempDir::new().expect("a folder can be made");
    let Some(prometheus) = prometheus(&folder, RULES, "") else {
        return;
    };
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    let mut groups = parse("rules.yml", RULES, &settings).expect("they are sound");
    // It takes that of the configuration where a group names none.
    groups[1].interval = Some(Duration::from_secs(1));
    let options = Options::default().promql(settings);
    let mut engine = Engine::with(groups, options).expect("they are sound");
    engine.evaluate(now().duration_since(UNIX_EPOCH).expect("it is after 1970"));
    let mut ours = json!(RuleGroupView::of(&engine));
    plain(&mut ours);
    let mut last = Value::Null;
    let same = until(LONG, || {
        last = prometheus.api("rules").expect("it is up")["groups"].take();
        plain(&mut last);
        (ours == last).then_some(())
    });
    assert!(same.is_some(), "ours\n{ours:#}\ntheirs\n{last:#}");
    let alerts = prometheus.api("alerts").expect("it is up")["alerts"].clone();
    let groups = RuleGroupView::of(&engine);
    let mut ours = json!(
        groups
            .iter()
            .flat_map(RuleGroupView::alerts)
            .collect::<Vec<_>>()
    );
    let mut theirs = alerts;
    plain(&mut ours);
    plain(&mut theirs);
    assert_eq!(ours, theirs);
}
