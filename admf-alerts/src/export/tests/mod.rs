mod round_trip;

use std::time::Duration;

use super::*;
use crate::labels::Labels;
use crate::notation::{Described, Item};
use crate::rule::{AtLeast, Escalation, NoData, OnError, Rule, RuleGroup};
use crate::rule_file::parse;

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

fn written(rule: Rule) -> Result<String, ExportError> {
    one(RuleGroup::new("g", [rule]))
}

fn one(mut group: RuleGroup) -> Result<String, ExportError> {
    group.file = "r.yml".to_owned();
    rules(&[group], &Options::default())
}

fn lossy(group: RuleGroup) -> String {
    rules(&[group], &Options::default().lossy(true)).unwrap()
}

/// Every loss there is, each with a rule or a group that has it and no other.
fn losses() -> Vec<(&'static str, RuleGroup)> {
    let rule = |change: fn(&mut Rule)| {
        let mut rule = Rule::new("A", "up == 0");
        change(&mut rule);
        RuleGroup::new("g", [rule])
    };
    let group = |change: fn(&mut RuleGroup)| {
        let mut group = RuleGroup::new("g", [Rule::new("A", "up == 0")]);
        change(&mut group);
        group
    };
    vec![
        ("closure", RuleGroup::new("g", [Rule::when("A", |_| true)])),
        ("hold", rule(|it| it.hold = Some("up < 1".to_owned()))),
        ("no_data", rule(|it| it.no_data = NoData::KeepLast)),
        ("on_error", rule(|it| it.on_error = OnError::Alert)),
        ("cooldown", rule(|it| it.notify.cooldown = minutes(5))),
        (
            "receivers",
            rule(|it| it.notify.receivers = vec!["desk".to_owned()]),
        ),
        (
            "escalation",
            rule(|it| {
                it.notify.escalation = vec![Escalation {
                    level: 1,
                    delay: minutes(5),
                    receivers: vec!["lead".to_owned()],
                }];
            }),
        ),
        ("query_offset", group(|it| it.query_offset = minutes(1))),
        ("clock", group(|it| it.clock = "replay".to_owned())),
    ]
}

#[test]
fn what_prometheus_cannot_say_stops_the_export_and_is_named() {
    for (field, group) in losses() {
        let error = rules(&[group], &Options::default()).unwrap_err();
        assert_eq!((error.group(), error.field()), ("g", field));
        assert!(!error.value().is_empty(), "{error}");
    }
    let mut rule = Rule::new("A", "up == 0");
    rule.notify.cooldown = minutes(5);
    assert_eq!(
        written(rule).unwrap_err().to_string(),
        "r.yml: group `g`: rule `A`: cooldown `300s`: rules say nothing of notices there"
    );
    let mut group = RuleGroup::new("g", []);
    group.clock = "replay".to_owned();
    assert_eq!(
        one(group).unwrap_err().to_string(),
        "r.yml: group `g`: clock `replay`: Prometheus has one clock"
    );
}

#[test]
fn where_it_may_be_lost_each_loss_is_a_comment_at_its_rule() {
    for (field, group) in losses() {
        let text = lossy(group);
        assert_eq!(text.matches("# lost: ").count(), 1, "{text}");
        assert!(text.contains(&format!("  # lost: {field} `")), "{text}");
        let read = parse("r.yml", &text, &Settings::default()).unwrap();
        let kept = if field == "closure" { 0 } else { 1 };
        assert_eq!(read[0].rules.len(), kept, "{text}");
    }
    let mut rule = Rule::new("A", "up == 0").label("severity", "page");
    rule.notify.cooldown = minutes(5);
    rule.notify.receivers = vec!["a\nexpr: down\u{2028}b".to_owned()];
    let code = Rule::when("Code\nb", |_| true).annotation("summary", "one\ntwo");
    assert_eq!(
        lossy(RuleGroup::new("g", [rule, code])),
        "# Written by admf-alerts: change what it was written from.
groups:
- name: g
  rules:
  # lost: cooldown `300s`: rules say nothing of notices there
  # lost: receivers `a\u{fffd}expr: down\u{fffd}b`: rules say nothing of notices there
  - alert: A
    expr: up == 0
    labels:
      severity: page
  # lost: closure `code`: it is code of the program
  # - alert: |-
  #     Code
  #     b
  #   annotations:
  #     summary: |-
  #       one
  #       two
"
    );
}

#[test]
fn the_table_of_the_documentation_names_every_loss() {
    let page = include_str!("../../../docs/alert_export.md");
    let told: Vec<_> = page
        .lines()
        .filter(|line| line.contains("| loss |"))
        .collect();
    for (field, _) in losses() {
        let named = |row: &&str| {
            row.contains(&format!("`{field}`")) || row.contains(&format!("`{field}: "))
        };
        assert!(told.iter().any(named), "{field}");
    }
    assert_eq!(told.len(), losses().len());
}

#[test]
fn what_prometheus_can_say_in_other_words_is_compiled() {
    let mut rule = Rule::new("A", "avg_over_time(x[300]) > 5m").for_(minutes(90));
    rule.no_data = NoData::Alert;
    rule.at_least = Some(AtLeast { times: 2, of: 3 });
    let group = RuleGroup::new("g", [rule]).interval(minutes(1)).limit(5);
    assert_eq!(
        one(group).unwrap(),
        "# Written by admf-alerts: change what it was written from.
groups:
- name: g
  interval: 1m
  limit: 5
  rules:
  - alert: A
    expr: (count_over_time((avg_over_time(x[5m]) > 300)[2m59s999ms:1m]) >= 2) or label_replace(absent(avg_over_time(x[5m])), \"alert_reason\", \"no_data\", \"\", \"\")
    for: 1h30m
"
    );
}

#[test]
fn what_cannot_be_written_at_all_is_refused_lossy_or_not() {
    let group = |change: fn(&mut RuleGroup)| {
        let mut group = RuleGroup::new("g", [Rule::new("A", "up == 0")]);
        change(&mut group);
        group
    };
    let rule = |rule: Rule| RuleGroup::new("g", [rule]);
    let text = "x > 0";
    for (group, error) in [
        (
            rule(Rule::new("A", "min_of(1, 2)")),
            "rule `A`: expr `min_of(1, 2)`: `min_of` is not known here",
        ),
        (
            rule(Rule::new("A", "sum(")),
            "rule `A`: expr `sum(`: at 3: it is not closed",
        ),
        (rule(Rule::new("", text)), "name ``: must not be empty"),
        (
            rule(Rule::new("A", text).label("a-b", "")),
            "rule `A`: labels `a-b`: name must match [a-zA-Z_][a-zA-Z0-9_]* and not be `__name__`",
        ),
        (
            rule(Rule::new("A", text).for_(Duration::from_nanos(1))),
            "rule `A`: for `1ns`: is no whole number of milliseconds",
        ),
        (
            rule(Rule::new("A", text).keep_firing_for(Duration::from_secs(u64::MAX))),
            "rule `A`: keep_firing_for `18446744073709551615s`: is out of range",
        ),
        (
            group(|it| it.interval = Some(Duration::ZERO)),
            "interval `0s`: must be at least a millisecond",
        ),
        (
            group(|it| it.interval = Some(Duration::from_micros(1))),
            "interval `1µs`: is no whole number of milliseconds",
        ),
        (
            group(|it| it.limit = u64::MAX),
            "limit `18446744073709551615`: is out of range",
        ),
    ] {
        for lossy in [false, true] {
            let options = Options::default().lossy(lossy);
            let refused = rules(std::slice::from_ref(&group), &options).unwrap_err();
            assert_eq!(refused.to_string(), format!("group `g`: {error}"));
        }
    }
    let same = [RuleGroup::new("g", []), RuleGroup::new("g", [])];
    let refused = rules(&same, &Options::default()).unwrap_err();
    assert_eq!((refused.field(), refused.value()), ("name", "g"));
    let refused = one(RuleGroup::new("", [])).unwrap_err();
    assert_eq!(refused.to_string(), "r.yml: name ``: must not be empty");
}

#[test]
fn scenarios_that_promtool_cannot_run_are_refused() {
    let groups = [RuleGroup::new("g", [Rule::new("A", "a + on () b > 0")])];
    let scenario = |lines: &[&str]| {
        let empty = Scenario::new("s", minutes(1)).at([minutes(1)]);
        lines
            .iter()
            .fold(empty, |scenario, line| scenario.series(line).unwrap())
    };
    let zero = Scenario {
        interval: Duration::ZERO,
        ..scenario(&[])
    };
    let nameless = Labels::from_iter([("b", "c")]);
    let items = vec![Item::Value(1.0)];
    let nameless = Scenario {
        series: vec![Described {
            labels: nameless,
            items,
        }],
        ..scenario(&[])
    };
    for (scenario, error) in [
        (zero, "interval `0s`: must be at least a millisecond"),
        (nameless, "series `{b=\"c\"}`: is no series with a name"),
        (scenario(&["a 1", "a 2"]), "series `a{}`: is there twice"),
        (
            scenario(&["a {{}}"]),
            "series `a{}`: has native histograms, which nothing here knows",
        ),
        (
            scenario(&[]).at([Duration::MAX]),
            "times `18446744073709551615.999999999s`: is after more than 1000000 evaluations",
        ),
        (
            scenario(&[]).at([Duration::from_nanos(1)]),
            "times `1ns`: is no whole number of milliseconds",
        ),
        (
            scenario(&["b{c=\"d\"} 1", "b 1", "a 1"]),
            "A `a + on () b > 0`: fails at 0ns: ",
        ),
    ] {
        let refused = tests("r.yml", &groups, &[scenario], &Options::default()).unwrap_err();
        let line = refused.to_string();
        assert!(
            line.starts_with(&format!("scenario `s`: {error}")),
            "{line}"
        );
    }
    assert!(
        tests("r.yml", &[], &[], &Options::default())
            .unwrap()
            .ends_with("tests: []\n")
    );
}
