//! What a file says wrong: file, line, field, template, value.

use super::*;

pub(super) fn refusal(text: &str) -> String {
    let error = parse("a.yml", text, &known(), variables).unwrap_err();
    error.to_string()
}

/// A template with a good condition, and what follows.
fn with(rest: &str) -> String {
    let condition = "{type: threshold, metric: equity_dollars, operator: lt, value: 5}";
    format!("- id: t\n  condition: {condition}\n  {rest}\n")
}

/// Holds the end of each refusal against what is expected; before it stand the file, the column and the template.
pub(super) fn all_refused(texts: impl IntoIterator<Item = (String, &'static str, &'static str)>) {
    for (text, field, problem) in texts {
        let error = parse("a.yml", &text, &known(), variables).unwrap_err();
        let place = format!("a.yml:{}:{}", error.line(), error.column());
        let expected = format!("{place}: {field}: template `t`: {problem}");
        assert_eq!(error.to_string(), expected, "{text}");
        assert_eq!(error.line(), text.lines().count(), "{text}");
    }
}

#[test]
fn a_field_that_is_refused_is_told_with_its_place_and_template() {
    let severities = "`bad`: there are `low`, `medium`, `high`, `critical`, `info`, `warning`";
    let names = "`a-b`: name must match [a-zA-Z_][a-zA-Z0-9_]* and not be `__name__`";
    all_refused(
        [
            ("severity: bad", "[0].severity", severities),
            (
                "enabled: yes",
                "[0].enabled",
                "`yes`: must be `true` or `false`",
            ),
            ("timeframe: 30m", "[0].timeframe", "`30m`: must be a number"),
            ("timeframe: '30'", "[0].timeframe", "`30`: must be a number"),
            (
                "timeframe: -1",
                "[0].timeframe",
                "`-1`: minutes, from 0 to a year",
            ),
            (
                "timeframe: 600000",
                "[0].timeframe",
                "`600000`: minutes, from 0 to a year",
            ),
            (
                "threshold: .nan",
                "[0].threshold",
                "`.nan`: must be a number",
            ),
            ("threshold: inf", "[0].threshold", "`inf`: must be a number"),
            (
                "threshold: 7",
                "[0].threshold",
                "`7`: disagrees with condition.value `5`",
            ),
            (
                "clear: 4",
                "[0].clear",
                "`4`: must be at least condition.value `5`",
            ),
            ("tags: {a: b}", "[0].tags", "must be a list"),
            (
                "noData: last",
                "[0].noData",
                "`last`: there are `ok`, `alert`, `keep_last`",
            ),
            (
                "consecutive: {times: 4, of: 3}",
                "[0].consecutive",
                "`times` must be from 1 to `of`",
            ),
            (
                "consecutive: 0",
                "[0].consecutive",
                "`times` must be from 1 to `of`",
            ),
            (
                "labels: {severity: x}",
                "[0].labels",
                "`severity`: is set by the template itself",
            ),
            ("labels: {a-b: x}", "[0].labels", names),
            (
                "description: '{{ $value'",
                "[0].description",
                "`{{ $value`: line 1, column 1: `{{` is not closed by `}}`",
            ),
        ]
        .map(|(rest, field, problem)| (with(rest), field, problem)),
    );
    let error = refusal(&with("treshold: 5"));
    assert!(error.starts_with("a.yml:3:3: [0].treshold: unknown field; there are `id`, `name`, "));
}

#[test]
fn s0_087_a_channel_that_is_refused_or_unknown_is_told_with_its_place() {
    let kinds = "`slak`: no kind of channel; there are `alertmanager`, `console`, `email`, `pagerduty`, `slack`, `webhook`";
    let unknown = "`disk`: unknown channel; there are `desk`";
    let slack = "channels: [desk, {type: slack, name: s, ";
    all_refused(
        [
            ("channels: [disk]".to_owned(), "[0].channels[0]", unknown),
            ("channels: [{type: slak, name: s}]".to_owned(), "[0].channels[0].type", kinds),
            ("channels: [desk, {type: slack}]".to_owned(), "[0].channels[1]", "name: must be set"),
            (
                "channels: [desk, {type: slack, name: desk}]".to_owned(),
                "[0].channels[1].name",
                "`desk`: another channel of the template has this name",
            ),
            (
                format!("{slack}retries: 2}}]"),
                "[0].channels[1].retries",
                "unknown field; there are `type`, `name`, `config`, `enabled`, `retryAttempts`, `retryDelay`",
            ),
            (
                format!("{slack}retryAttempts: -1}}]"),
                "[0].channels[1].retryAttempts",
                "`-1`: must be a whole number",
            ),
            (
                format!("{slack}config: {{url: ['${{NO_URL}}']}}}}]"),
                "[0].channels[1].config.url[0]",
                "the variable `NO_URL` is not set",
            ),
            (
                format!("{slack}config: {{url: 'a${{SLACK_URL'}}}}]"),
                "[0].channels[1].config.url",
                "`${` must be followed by a name and `}`; `$${` is a plain one",
            ),
        ]
        .map(|(rest, field, problem)| (with(&rest), field, problem)),
    );
}

#[test]
fn s2_065_levels_rise_and_name_channels_that_there_are() {
    let one = "{level: 1, delay: 5, channels: [desk]}";
    all_refused(
        [
            (
                "{level: 0, delay: 5, channels: [desk]}",
                "[0].escalationRules[1].level",
                "`0`: must be above the one before, from 1",
            ),
            (
                "{level: 1, delay: 5, channels: [desk]}",
                "[0].escalationRules[1].level",
                "`1`: must be above the one before, from 1",
            ),
            (
                "{level: 2, delay: 4, channels: [desk]}",
                "[0].escalationRules[1].delay",
                "`4`: must not be less than the one before",
            ),
            (
                "{level: 2, delay: 5, channels: [disk]}",
                "[0].escalationRules[1].channels[0]",
                "`disk`: unknown channel; there are `desk`",
            ),
            (
                "{level: 2, delay: 5}",
                "[0].escalationRules[1]",
                "channels: there must be at least one",
            ),
        ]
        .map(|(rest, field, problem)| {
            (
                with(&format!("escalationRules: [{one}, {rest}]")),
                field,
                problem,
            )
        }),
    );
}

#[test]
fn ids_are_there_once_in_all_forms() {
    let text = "templates:\n- {id: a, condition: api_error_ratio > 1}\n- {id: a, condition: api_error_ratio > 2}\n";
    assert_eq!(
        refusal(text),
        "a.yml:3:8: templates[1].id: `a`: line 2 has this id"
    );
    let text = "templates: [{id: a, condition: api_error_ratio > 1}]\nalerts:\n  a: {condition: api_error_ratio > 1}\n";
    assert_eq!(
        refusal(text),
        "a.yml:3:6: alerts.a: `a`: line 1 has this id"
    );
    assert_eq!(
        refusal("- condition: up == 1\n"),
        "a.yml:1:3: [0]: `id` must be set"
    );
    assert_eq!(
        refusal("- id: a\n"),
        "a.yml:1:3: [0]: template `a`: `condition` must be set"
    );
}

#[test]
fn a_document_that_is_none_of_the_forms_is_refused() {
    for (text, error) in [
        (
            "5",
            "1:1: must be a map of alerts by name, or a list of templates",
        ),
        ("a: 5", "1:4: a: alert `a`: must be a map"),
        ("templates: 5", "1:12: templates: must be a list"),
        (
            "templates: []\nalert: {}",
            "2:1: alert: unknown field; there are `templates`, `alerts`",
        ),
        (
            "a: {severity: low}",
            "1:4: a: alert `a`: `condition` must be set",
        ),
        (
            "a: {condition: [up]}",
            "1:16: a.condition: alert `a`: must be a text",
        ),
    ] {
        assert_eq!(refusal(text), format!("a.yml:{error}"));
    }
    for empty in ["", "---\n", "[]", "templates: []", "alerts:\n"] {
        assert_eq!(read(empty), [], "{empty}");
    }
}

#[test]
fn s2_066_no_value_of_a_variable_is_in_an_error() {
    let text = |kind: &str, more: &str| {
        format!(
            "[{{id: t, condition: api_error_ratio > 1, channels: [{{type: {kind}, name: s, \
             config: {{a: '${{SLACK_URL}}', b: ['${{SLACK_URL}}{more}']}}}}]}}]"
        )
    };
    let error = refusal(&text("slack", "${X}"));
    assert!(error.ends_with("the variable `X` is not set"), "{error}");
    assert!(!error.contains("SECRET"));
    assert!(!refusal(&text("slak", "")).contains("SECRET"));
}

#[test]
fn s2_066_a_variable_is_put_in_once_and_a_dollar_may_stand_for_itself() {
    let variable = |name: &str| (name == "A").then(|| "${B}".to_owned());
    for (text, filled) in [
        ("x${A}y${A}", "x${B}y${B}"),
        ("$5 $", "$5 $"),
        ("$${A}", "${A}"),
        ("$$${A}", "$${A}"),
        ("", ""),
    ] {
        let secret = channel::filled(text, &variable).unwrap();
        assert_eq!(secret.known(), Some(filled), "{text}");
    }
}

#[test]
fn what_no_file_can_say_is_refused_of_what_is_built() {
    let equals = |value: f64| {
        let condition = Condition::Threshold {
            of: "x".into(),
            operator: Operator::Eq,
            value: Some(value),
        };
        AlertTemplate::new("t", condition)
    };
    let twice = Condition::Composite {
        all: true,
        on: None,
        of: ["x > 1", "x > 2"]
            .map(|it| ("a".to_owned(), it.into()))
            .into(),
    };
    let mut absent = AlertTemplate::new("t", Condition::Absence { of: "x".into() });
    absent.no_data = NoData::Alert;
    for (template, error) in [
        (
            AlertTemplate::new("", "x > 1"),
            "template ``: id ``: must be set",
        ),
        (
            equals(f64::NAN),
            "template `t`: condition.value `NaN`: must be a finite number",
        ),
        (
            equals(1.0).clear(0.5),
            "template `t`: clear `0.5`: is of `lt`, `lte`, `gt` and `gte` alone",
        ),
        (
            AlertTemplate::new("t", twice),
            "template `t`: condition.conditions `a`: another of the conditions has this name",
        ),
        (
            AlertTemplate::new("t", "absent(x)").clear(1.0),
            "template `t`: clear `1`: the condition compares with no number of the template",
        ),
        (
            AlertTemplate::new("t", "x > 1").timeframe(Duration::MAX),
            "template `t`: timeframe `18446744073709551615.999999999s`: must be at most a year",
        ),
        (
            absent,
            "template `t`: noData `alert`: an absence is what there is no data of: leave it out",
        ),
    ] {
        let refused = template.rule(&Known::default()).unwrap_err();
        assert_eq!(refused.to_string(), error);
    }
}

proptest::proptest! {
    #[test]
    fn no_document_makes_it_panic(
        text in "(id|condition|type|templates|alerts|value|threshold|rate|[ \\-\\[\\]{}:,&*|>'\"a-c\n0-9$.]){0,30}"
    ) {
        let _ = parse("a.yml", &text, &known(), variables);
    }
}
