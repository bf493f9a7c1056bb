//! Conditions that are texts, and the short form.

use super::*;

fn expr(condition: &str) -> String {
    let text = format!("x:\n  condition: |-\n    {condition}\n");
    read(&text)[0].rule(&known()).unwrap().expr
}

#[test]
fn s1_050_to_054_the_short_form_reads_as_it_stands_in_the_source() {
    let text = r#"
circuit_breaker_open:
  condition: circuit_breaker_state == "open"
  severity: critical
  notification: immediate
service_degraded:
  condition: health == "degraded"
  severity: warning
  notification: 5 minutes
high_error_rate:
  condition: api.errorRatio > 0.1
  severity: warning
  notification: 2 minutes
database_connection_failure:
  condition: health{component="database"} == "unhealthy"
  severity: critical
  notification: immediate
  channels: [desk]
  suppression_minutes: 5
"#;
    let open = r#"admf_circuit_breaker_state{state="open"} == 1"#;
    let degraded = r#"admf_component_health{level="degraded"} == 1"#;
    let unhealthy = r#"admf_component_health{component="database",level="unhealthy"} == 1"#;
    let inside = format!("alerts:{}", text.replace('\n', "\n  "));
    for text in [text, &inside] {
        let rules = read(text);
        let rules: Vec<_> = rules.iter().map(|it| it.rule(&known()).unwrap()).collect();
        let said = rules.iter();
        let said = said.map(|it| (&*it.name, &*it.expr, &*it.labels["severity"], it.for_));
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                ("circuit_breaker_open", open, "critical", minutes(0)),
                ("service_degraded", degraded, "warning", minutes(5)),
                (
                    "high_error_rate",
                    "api_error_ratio > 0.1",
                    "warning",
                    minutes(2)
                ),
                (
                    "database_connection_failure",
                    unhealthy,
                    "critical",
                    minutes(0)
                ),
            ]
        );
        assert_eq!(rules[3].notify.receivers, ["desk"]);
        assert_eq!(rules[3].notify.cooldown, minutes(5));
    }
}

#[test]
fn s1_054_a_notification_is_immediate_or_a_length_of_time() {
    let text = |written: &str| {
        format!("x:\n  condition: api_error_ratio > 1\n  notification: {written}\n")
    };
    for (written, seconds) in [
        ("immediate", 0),
        ("1 second", 1),
        ("30 seconds", 30),
        ("1 minute", 60),
        ("90 minutes", 5_400),
        ("1 hour", 3_600),
        ("2 hours", 7_200),
    ] {
        let read = read(&text(written));
        assert_eq!(read[0].timeframe.as_secs(), seconds, "{written}");
    }
    for written in [
        "5",
        "5m",
        "five minutes",
        "-1 minutes",
        "+1 minutes",
        "1.5 hours",
        "5 days",
        "99999 hours",
        "5  minutes",
    ] {
        let error = parse("a.yml", &text(written), &known(), variables).unwrap_err();
        assert_eq!((error.line(), error.field()), (3, "x.notification"));
    }
}

#[test]
fn a_text_is_a_state_a_number_or_promql() {
    for (text, expected) in [
        (
            r#"circuit_breaker_state != "open""#,
            r#"admf_circuit_breaker_state{state="open"} != 1"#,
        ),
        (
            "circuit_breaker_state == 'half_open'",
            r#"admf_circuit_breaker_state{state="half_open"} == 1"#,
        ),
        (
            r#"circuit_breaker_state{name="a}b", } == "open""#,
            r#"admf_circuit_breaker_state{name="a}b",state="open"} == 1"#,
        ),
        (
            r#"performance.customMetric{book="a"} <= -1e-3"#,
            r#"performance_custom_metric{book="a"} <= -0.001"#,
        ),
        ("equity.dollars != 0", "equity_dollars != 0"),
        ("sum(equity_dollars) > 3", "sum(equity_dollars) > 3"),
        ("equity_dollars > bool 3", "equity_dollars > bool 3"),
        (
            "equity_dollars > api_error_ratio",
            "equity_dollars > api_error_ratio",
        ),
        (
            "rate(admf_orders_total[5m]) > 3",
            "rate(admf_orders_total[5m]) > 3",
        ),
    ] {
        assert_eq!(expr(text), expected);
    }
    // Nobody says what labels it has: the label is `state`.
    let template = AlertTemplate::new("t", r#"door == "a\"b\\""#);
    let rule = template.rule(&Known::default()).unwrap();
    assert_eq!(rule.expr, r#"door{state="a\"b\\"} == 1"#);
}

#[test]
fn what_is_wrong_with_a_text_is_told() {
    for (text, problem) in [
        (
            r#"circuit_breaker_state == "opne""#,
            "`opne`: no state of `admf_circuit_breaker_state`; there are `closed`, `open`, `half_open`",
        ),
        (
            r#"equity_dollars{side="long"} > "3""#,
            "`3`: a state is compared by `==` and `!=`, not by `>`",
        ),
        (
            r#"api_error_ratio == "bad""#,
            "`bad`: `api_error_ratio` has no label that says a state",
        ),
        (
            r#"circuit_breaker_stat == "open""#,
            "`circuit_breaker_stat`: unknown metric `circuit_breaker_stat`; near it is `admf_circuit_breaker_state`",
        ),
        (
            "latency_seconds > 1",
            "`latency_seconds > 1`: `admf_latency_seconds` is a histogram, and has no value",
        ),
        ("sum(", "`sum(`: at 3: it is not closed"),
    ] {
        let text = format!("x:\n  condition: |-\n    {text}\n");
        let error = parse("a.yml", &text, &known(), variables).unwrap_err();
        let place = format!("a.yml:{}:{}", error.line(), error.column());
        assert_eq!(
            error.to_string(),
            format!("{place}: x.condition: alert `x`: {problem}")
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-c.{}=<>!\"'\\\\ 0-9(),~\\[\\]é]{0,40}") {
        let template = AlertTemplate::new("t", text.as_str());
        let _ = template.rule(&Known::default());
        let _ = template.rule(&known());
    }
}
