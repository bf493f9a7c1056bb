use super::*;
use crate::promql::Semantics;
use crate::rule::RuleKind;
use std::time::Duration;

fn read(text: &str) -> Result<Vec<RuleGroup>, FileError> {
    parse("r.yml", text, &Settings::default())
}

fn refusal(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

/// A file with one rule, given what follows its `alert`.
fn alert(rest: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - alert: A\n    {rest}\n")
}

#[test]
fn a_file_is_read_with_all_its_fields() {
    let text = r#"
groups:
- name: calls
  interval: 15s
  query_offset: 1m
  limit: 7
  labels: {team: desk, level: job}
  rules:
  - record: job:calls:rate5m
    expr: |
      sum by (job) (rate(calls_total[5m]))
    labels: &l
      level: all
  - alert: "NoCalls"
    expr: job:calls:rate5m == 0
    for: 1h30m
    keep_firing_for: 0
    labels: *l
    annotations:
      summary: '{{ $labels.job }} gets {{ $value }}'
      code: 5
      none:
- name: later
  rules:
"#;
    let groups = read(text).unwrap();
    let [calls, later] = &groups[..] else {
        panic!("{groups:?}")
    };
    assert_eq!((calls.file.as_str(), calls.limit), ("r.yml", 7));
    assert_eq!(calls.interval, Some(Duration::from_secs(15)));
    assert_eq!(calls.query_offset, Duration::from_secs(60));
    let [record, alert] = &calls.rules[..] else {
        panic!("{calls:?}")
    };
    assert_eq!(
        (record.kind, alert.kind),
        (RuleKind::Record, RuleKind::Alert)
    );
    assert_eq!(record.expr, "sum by (job) (rate(calls_total[5m]))\n");
    assert_eq!(alert.for_, Duration::from_secs(5_400));
    assert_eq!(alert.labels["level"], "all");
    assert_eq!(alert.labels["team"], "desk");
    let said: Vec<_> = alert
        .annotations
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("code", "5"),
            ("none", ""),
            ("summary", "{{ $labels.job }} gets {{ $value }}")
        ]
    );
    assert!(later.rules.is_empty() && later.interval.is_none());
    for empty in ["", "---\n", "groups:\n", "groups: []\n", "# nothing\n"] {
        assert_eq!(read(empty).unwrap(), [], "{empty}");
    }
}

#[test]
fn what_is_refused_is_told_with_line_and_field() {
    for (text, error) in [
        (
            alert("expr: up\n    fro: 5m"),
            "6:5: groups[0].rules[0].fro: unknown field; there are `record`, `alert`, `expr`, `for`, `keep_firing_for`, `labels`, `annotations`",
        ),
        (
            alert("expr: up\n    expr: up"),
            "6:5: the key `expr` is there twice",
        ),
        (
            alert("expr: up\n    for: 5"),
            "6:10: groups[0].rules[0].for: `5` is no length of time such as `30s` or `1h30m`",
        ),
        (
            alert("expr: sum("),
            "5:11: groups[0].rules[0].expr: `sum(`: at 3: it is not closed",
        ),
        (
            alert("for: 5m"),
            "4:5: groups[0].rules[0]: `expr` must be set",
        ),
        (
            alert("expr: up\n    labels:\n      a-b: c"),
            "7:7: groups[0].rules[0].labels: `a-b`: name must match [a-zA-Z_][a-zA-Z0-9_]* and not be `__name__`",
        ),
        (
            alert("expr: up\n    annotations:\n      a: b\n      c: '{{ $value'"),
            "8:10: groups[0].rules[0].annotations.c: `{{ $value`: line 1, column 1: `{{` is not closed by `}}`",
        ),
        (
            alert("record: b\n    expr: up"),
            "4:5: groups[0].rules[0]: only one of `record` and `alert` may be set",
        ),
        (
            alert("expr: up\n    labels: [a]"),
            "6:13: groups[0].rules[0].labels: must be a map",
        ),
        (
            alert("expr: [up]"),
            "5:11: groups[0].rules[0].expr: must be a text",
        ),
        (
            "groups:\n- name: g\n- name: g\n".to_owned(),
            "3:9: groups[1].name: another group of the file has this name",
        ),
        (
            "groups:\n- rules: []\n".to_owned(),
            "2:3: groups[0]: `name` must be set",
        ),
        (
            "groups:\n- name: g\n  limit: many\n".to_owned(),
            "3:10: groups[0].limit: `many` is no whole number",
        ),
        (
            "groups:\n- name: g\n  rules:\n  - record: a-b\n    expr: up\n".to_owned(),
            "4:13: groups[0].rules[0].record: `a-b`: a recorded series must be named [a-zA-Z_:][a-zA-Z0-9_:]*",
        ),
        ("groups: 1\n".to_owned(), "1:9: groups: must be a list"),
        (
            "rules: []\n".to_owned(),
            "1:1: rules: unknown field; there are `groups`",
        ),
        (
            "groups: []\n---\ngroups: []\n".to_owned(),
            "2:1: a second document",
        ),
    ] {
        assert_eq!(refusal(&text), format!("r.yml:{error}"), "{text}");
    }
    let error = read("groups: [\n").unwrap_err();
    assert_eq!(
        (error.file(), error.line(), error.field()),
        ("r.yml", 2, "")
    );
}

#[test]
fn fields_of_three_are_unknown_to_two() {
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    for field in ["query_offset: 1m", "labels: {a: b}"] {
        let text = format!("groups:\n- name: g\n  {field}\n");
        assert!(read(&text).is_ok());
        assert!(parse("r.yml", &text, &settings).is_err(), "{field}");
    }
}

#[test]
fn nesting_and_aliases_are_bounded() {
    for (depth, error) in [
        (40, "nested deeper than 32"),
        (5_000, "recursion limit exceeded"),
    ] {
        let deep = format!("groups: {}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(refusal(&deep).ends_with(error), "{}", refusal(&deep));
    }
    let mut laughs = "a: &a0 [x, x]\n".to_owned();
    for level in 1..30 {
        let last = level - 1;
        laughs += &format!("b{level}: &a{level} [*a{last}, *a{last}]\n");
    }
    assert!(refusal(&laughs).ends_with("more than 1000000 values"));
    // A long text again and again, and the same values kept once for each of the lists around them.
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(100_000),
        "*a,".repeat(1_000)
    );
    assert!(refusal(&long).ends_with("more than 1000000 values"));
    let open: String = (0..20).map(|level| format!("&a{level} [")).collect();
    let kept = format!("a: {open}{}{}\n", "x,".repeat(100_000), "]".repeat(20));
    assert!(refusal(&kept).ends_with("more than 1000000 values"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ \\-\\[\\]{}:,&*!|>'\"a-c\n#%@?~]{0,60}") {
        let _ = read(&text);
    }
}

#[test]
fn what_is_found_in_a_rule_is_told_with_line_and_field() {
    use crate::catalogue::{KnownMetric, Metrics, Severity};
    use crate::samples::FamilyKind;
    let text = r#"
groups:
- name: a
  rules:
  - record: job:calls:rate5m
    expr: sum(rate(calls_total[5m]))
- name: b
  rules:
  - alert: Slow
    expr: |
      latency_seconds
      > 60
  - alert: Few
    for: 1m
    expr: job:calls:rate5m < job:other
"#;
    let metrics = Metrics::default()
        .with(KnownMetric::new("calls_total", FamilyKind::Counter))
        .with(KnownMetric::new("latency_seconds", FamilyKind::Histogram));
    let settings = Settings::default();
    let file = RuleFile::parse("r.yml", text, &settings).unwrap();
    assert_eq!(file.groups(), read(text).unwrap());
    let check = |metrics: &Metrics| {
        let found = file.check(metrics, &settings).into_iter();
        assert!(found.clone().all(|it| it.0 == Severity::Error));
        let cut = |text: String| text.split(": use ").next().unwrap().to_owned();
        found.map(|it| cut(it.1.to_string())).collect::<Vec<_>>()
    };
    let slow = "r.yml:11:7: groups[1].rules[0].expr: `Slow`: histogram `latency_seconds` has no series of this name";
    let few = "r.yml:15:11: groups[1].rules[1].expr: `Few`: unknown metric `job:other`";
    assert_eq!(check(&metrics), [slow, few]);
    let other = RuleGroup::new("c", [crate::Rule::record("job:other", "1")]);
    assert_eq!(check(&metrics.and_recorded([&other])), [slow]);
}

#[test]
fn a_tag_says_what_a_text_is_read_as() {
    for good in [
        "for: !!str 5m",
        "labels: {a: !!int 5, b: !!null ~, c: !own x, d: ! x, e: !!str ~}",
        "labels: !!map {a: !!timestamp 2001-01-01, b: !!bool true, c: !!float 5}",
    ] {
        assert!(
            read(&alert(&format!("expr: up\n    {good}"))).is_ok(),
            "{good}"
        );
    }
    let rule =
        &read(&alert("expr: up\n    labels: {a: !!null ~, b: !!str ~}")).unwrap()[0].rules[0];
    assert_eq!((&*rule.labels["a"], &*rule.labels["b"]), ("", "~"));
    for (bad, error) in [
        ("labels: {a: !!int x}", "6:17: `x` is no `!!int`"),
        ("labels: {a: !!bool yes}", "6:17: `yes` is no `!!bool`"),
        ("for: !!null 5m", "6:10: `5m` is no `!!null`"),
        (
            "labels: {a: !!binary eA==}",
            "6:17: `!!binary` is not known here",
        ),
        (
            "for: !!str ~",
            "6:10: groups[0].rules[0].for: `~` is no length of time such as `30s` or `1h30m`",
        ),
    ] {
        let refused = refusal(&alert(&format!("expr: up\n    {bad}")));
        assert_eq!(refused, format!("r.yml:{error}"));
    }
}
