mod expressions;
mod fires;
mod refused;
mod refused_conditions;
mod short;

use std::time::Duration;

use super::*;
use crate::catalogue::{KnownMetric, Metrics};
use crate::rule::Rule;
use crate::samples::FamilyKind;

fn known() -> Known {
    let gauge = |name: &str| KnownMetric::new(name, FamilyKind::Gauge);
    let metrics = Metrics::default()
        .with(gauge("performance_custom_metric").label("book"))
        .with(
            gauge("equity_dollars")
                .label("book")
                .closed_label("side", ["long", "short"]),
        )
        .with(KnownMetric::new("admf_orders_total", FamilyKind::Counter).label("symbol"))
        .with(KnownMetric::new("admf_latency_seconds", FamilyKind::Histogram).label("route"))
        .with(
            gauge("admf_circuit_breaker_state")
                .label("name")
                .closed_label("state", ["closed", "open", "half_open"]),
        )
        .with(
            gauge("admf_component_health")
                .label("component")
                .closed_label("level", ["healthy", "degraded", "unhealthy"]),
        )
        .with(gauge("api_error_ratio").no_labels());
    let metrics = metrics.alias("health", "admf_component_health").unwrap();
    Known::new(metrics).channel("desk")
}

fn variables(name: &str) -> Option<String> {
    (name == "SLACK_URL").then(|| "https://hooks.example/T0/SECRET".to_owned())
}

fn read(text: &str) -> Vec<AlertTemplate> {
    parse("a.yml", text, &known(), variables).unwrap_or_else(|error| panic!("{error}"))
}

/// The rule of a template with this condition.
fn rule(condition: &str) -> Rule {
    let text = format!("[{{id: t, condition: {condition}}}]");
    read(&text)[0].rule(&known()).unwrap()
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

const FULL: &str = r##"
templates:
- id: custom_performance
  name: Custom Performance Alert
  description: "custom metric is {{ $value }}"
  category: performance
  severity: high
  enabled: true
  tags: [performance, custom]
  condition: {type: threshold, metric: performance.customMetric, operator: lt, value: 0.5}
  threshold: 0.5
  clear: 0.6
  timeframe: 30
  cooldownPeriod: 60
  escalationRules:
  - {level: 1, delay: 0, channels: [slack-ops]}
  - {level: 2, delay: 15, channels: [slack-ops, desk]}
  channels:
  - type: slack
    name: slack-ops
    config: {webhookUrl: "${SLACK_URL}", channel: "#ops", to: [a, "b${SLACK_URL}"], headers: {X: y}}
    enabled: true
    retryAttempts: 2
    retryDelay: 15
  - desk
  noData: alert
  onError: ok
  labels: {team: desk}
  annotations: {runbook_url: https://runbooks.example/custom}
"##;

#[test]
fn s2_061_to_066_a_template_with_every_field_becomes_a_rule() {
    let template = &read(FULL)[0];
    let rule = template.rule(&known()).unwrap();
    assert_eq!(rule.id, "custom_performance");
    assert_eq!(rule.name, "Custom Performance Alert");
    assert_eq!(rule.expr, "performance_custom_metric < 0.5");
    assert_eq!(
        rule.hold.as_deref(),
        Some("performance_custom_metric < 0.6")
    );
    assert_eq!(rule.for_, minutes(30));
    assert_eq!((rule.no_data, rule.on_error), (NoData::Alert, OnError::Ok));
    let labels = rule.labels.iter();
    let labels: Vec<_> = labels.map(|it| format!("{}={}", it.0, it.1)).collect();
    assert_eq!(
        labels,
        [
            "category=performance",
            "severity=high",
            "tags=custom,performance",
            "team=desk"
        ]
    );
    let said = &rule.annotations;
    assert_eq!(said["description"], "custom metric is {{ $value }}");
    assert_eq!(said["runbook_url"], "https://runbooks.example/custom");

    let notify = &rule.notify;
    assert_eq!(notify.cooldown, minutes(60));
    assert_eq!(notify.receivers, ["slack-ops", "desk"]);
    let [first, second] = &notify.escalation[..] else {
        panic!("{notify:?}")
    };
    assert_eq!((first.level, first.delay), (1, Duration::ZERO));
    assert_eq!((second.level, second.delay), (2, minutes(15)));
    assert_eq!(second.receivers, ["slack-ops", "desk"]);
}

#[test]
fn s2_066_a_channel_is_told_its_config_and_shows_none_of_it() {
    let template = &read(FULL)[0];
    let Via::Own(channel) = &template.channels[0] else {
        panic!("{template:?}")
    };
    assert_eq!((channel.kind.as_str(), channel.enabled), ("slack", true));
    assert_eq!(channel.retry_attempts, Some(2));
    assert_eq!(channel.retry_delay, Some(Duration::from_secs(15)));
    let config = &channel.config;
    assert_eq!(
        config["webhookUrl"].text(),
        variables("SLACK_URL").as_deref()
    );
    assert_eq!(config["channel"].text(), Some("#ops"));
    let Setting::List(to) = &config["to"] else {
        panic!("{config:?}")
    };
    assert_eq!(to[1].known().unwrap(), "bhttps://hooks.example/T0/SECRET");
    let shown = format!("{template:?}");
    assert!(!shown.contains("SECRET") && shown.contains("webhookUrl"));
}

#[test]
fn s2_061_json_says_the_same_as_yaml() {
    let json = r##"{"id": "custom", "name": "Custom", "severity": "medium", "enabled": true,
        "condition": {"type": "threshold", "metric": "performance.customMetric", "operator": "lt", "value": 5e-1},
        "timeframe": 30, "cooldownPeriod": 60, "tags": ["a"],
        "channels": [{"type": "slack", "name": "s", "config": {"channel": "#c"}, "retryAttempts": 2}]}"##;
    let yaml = "
        id: custom
        name: Custom
        severity: warning
        condition: {type: threshold, metric: performance.customMetric, operator: lt, value: 0.5}
        timeframe: 30
        cooldownPeriod: 60
        tags: a
        channels:
        - {type: slack, name: s, config: {channel: '#c'}, retryAttempts: 2}";
    assert_eq!(read(json), read(yaml));
    assert_eq!(read(json)[0].timeframe, minutes(30));
}

#[test]
fn s2_061_what_is_built_is_what_is_read() {
    let slack = Channel::new("slack", "s").set("channel", "#c");
    let slack = slack.retry(2, Duration::from_secs(15));
    let condition = Condition::Rate {
        of: Reading::new("orders_total").matching("symbol", "A"),
        per: Per::Minute,
        operator: Operator::Gt,
        value: Some(10.0),
    };
    let built = AlertTemplate::new("orders", condition)
        .name("Orders")
        .description("too many")
        .severity(Severity::Critical)
        .timeframe(minutes(5))
        .cooldown_period(minutes(10))
        .channel(slack)
        .channel("desk");
    let text = "
        id: orders
        name: Orders
        description: too many
        severity: critical
        condition: {type: rate, metric: orders_total, where: {symbol: A}, per: minute, operator: gt, value: 10}
        timeframe: 5
        cooldownPeriod: 10
        channels:
        - {type: slack, name: s, config: {channel: '#c'}, retryAttempts: 2, retryDelay: 15}
        - desk";
    assert_eq!(read(text), [built]);
}

#[test]
fn s2_062_severities_are_mapped_and_high_is_one_of_them() {
    for (word, label) in [
        ("low", "info"),
        ("medium", "warning"),
        ("high", "high"),
        ("critical", "critical"),
        ("info", "info"),
        ("warning", "warning"),
    ] {
        let text = format!("[{{id: t, severity: {word}, condition: api_error_ratio > 1}}]");
        let rule = read(&text)[0].rule(&known()).unwrap();
        assert_eq!(rule.labels["severity"], label);
    }
    assert!(Severity::Critical > Severity::High && Severity::High > Severity::Warning);
}

#[test]
fn s2_062_a_template_that_is_disabled_is_checked_and_no_rule() {
    let text = "
- {id: a, enabled: false, condition: api_error_ratio > 1}
- {id: b, condition: api_error_ratio > 1}";
    let rules = group("templates", &read(text), &known()).unwrap().rules;
    let ids: Vec<_> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["b"]);
    let twice = ["x > 1", "y > 1"].map(|it| AlertTemplate::new("a", it));
    let error = group("g", &twice, &Known::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template `a`: id `a`: another template has this id"
    );
    let wrong = AlertTemplate::new("a", "x >").enabled(false);
    assert!(group("g", &[wrong], &Known::default()).is_err());
}

#[test]
fn consecutive_evaluations_are_some_of_the_last() {
    for (written, times, of) in [("3", 3, 3), ("{times: 3, of: 5}", 3, 5)] {
        let text = format!("[{{id: t, consecutive: {written}, condition: api_error_ratio > 1}}]");
        let rule = read(&text)[0].rule(&known()).unwrap();
        assert_eq!(rule.at_least, Some(AtLeast { times, of }));
    }
}

#[test]
fn s2_066_a_channel_that_is_disabled_receives_nothing_and_may_be_named() {
    let text = "
        id: t
        condition: api_error_ratio > 1
        escalationRules: [{level: 1, delay: 5, channels: [s]}, {level: 3, delay: 5, channels: [s, desk]}]
        channels: [{type: slack, name: s, enabled: false}, desk]";
    let notify = read(text)[0].rule(&known()).unwrap().notify;
    assert_eq!(notify.receivers, ["desk"]);
    let [level] = &notify.escalation[..] else {
        panic!("{notify:?}")
    };
    assert_eq!(level.level, 3);
    assert_eq!(level.receivers, ["desk"]);
}

#[test]
fn without_a_catalogue_names_stand_for_themselves() {
    let absent = |name: &str| AlertTemplate::new("t", Condition::Absence { of: name.into() });
    let rule = absent("anything").rule(&Known::default()).unwrap();
    assert_eq!(rule.expr, "absent(anything)");
    let error = absent("any.thing").rule(&Known::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "template `t`: condition.metric `any.thing`: other names need a catalogue"
    );
}

#[test]
fn texts_that_only_look_like_templates_stay_as_they_are() {
    let mut template = AlertTemplate::new("t", "up == 0");
    template.category = "{{ end }}".to_owned();
    let rule = template.rule(&Known::default()).unwrap();
    let mut engine = crate::Engine::new([rule]).unwrap();
    let scrape = crate::Samples::parse("up 0\n").unwrap();
    let events = engine.step(Duration::ZERO, &scrape);
    let labels = &events[0].alert().labels;
    assert_eq!(labels.get("category"), Some("{{ end }}"));
}

#[test]
fn the_file_of_the_page_is_read_as_it_stands() {
    let page = include_str!("../../../docs/alert_template_form.md");
    let (_, text) = page.split_once("```yaml\n").unwrap();
    let (text, _) = text.split_once("```").unwrap();
    let rules = group("page", &read(text), &known()).unwrap().rules;
    let exprs: Vec<_> = rules.iter().map(|rule| rule.expr.as_str()).collect();
    assert_eq!(
        exprs,
        [
            "performance_custom_metric < 0.5",
            r#"admf_circuit_breaker_state{state="open"} == 1"#
        ]
    );
}
