//! What is written is read back.

use std::time::Duration;

use proptest::prelude::*;

use crate::export::{Options, rules};
use crate::promql::{Semantics, Settings};
use crate::rule::{Rule, RuleGroup};
use crate::rule_file::parse;

/// Anything that YAML or Prometheus might take for something else.
fn odd() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "~",
        "null",
        "true",
        "No",
        "0x1F",
        "1e3",
        ".inf",
        "2026-11-21",
        "- a",
        "? a",
        "a: b",
        "a:",
        "a #b",
        "#",
        "---",
        "...",
        "!tag",
        "&a",
        "*a",
        "|",
        ">-",
        "'",
        "\"",
        "\\n",
        "%a",
        "@a",
        "`a`",
        "[a]",
        "{a}",
        ",",
        " a",
        "a ",
        "\ta",
        "a\t",
        "a\nb",
        "a\n\nb\n",
        "\na",
        "a\n",
        "a\n\n",
        "a\n  b",
        "  a\nb",
        "a\r\nb",
        "é",
        "日本",
        "😀",
        "\u{feff}a",
        "a\u{85}b",
        "a\u{2028}b",
        "\u{7}",
        "\0",
        "\u{a0}",
        "\u{fffe}",
        "\u{7f}",
    ]);
    let parts = prop_oneof![
        words.prop_map(str::to_owned),
        "[ -~é\n\t#:'\"]{0,8}",
        any::<String>()
    ];
    prop::collection::vec(parts, 1..4).prop_map(|parts| parts.concat())
}

fn length() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(0), 1..10_u64, 0..10_000_000_000_u64].prop_map(Duration::from_millis)
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("[a-z_]{1,4}|true|on|y|null", odd()), 0..4)
}

fn some_rule() -> impl Strategy<Value = Rule> {
    let expr = prop::sample::select(vec![
        "up == 0",
        "1",
        "-a",
        "{a=\"b: c #d\"} > 0",
        "sum by (job) (\n  rate(a[5m])\n) > 0 # all\n",
        "  a",
        "a\t> 0\n\n",
    ]);
    let alert = (
        (odd(), expr.clone()),
        (length(), length()),
        labels(),
        labels(),
    );
    let alert = alert.prop_map(|((name, expr), (for_, keep), labels, said)| {
        // The texts are no templates, whatever they hold.
        let plain = |text: String| text.replace('{', "{ ");
        let mut rule = Rule::new(name + "A", expr).for_(for_).keep_firing_for(keep);
        for (name, text) in labels {
            rule = rule.label(name, plain(text));
        }
        for (name, text) in said {
            rule = rule.annotation(name, plain(text) + "{{ $value }}");
        }
        rule
    });
    let record = (expr, labels()).prop_map(|(expr, labels)| {
        let record = Rule::record("job:a:sum", expr);
        let labelled = |rule: Rule, (name, text)| rule.label(name, text);
        labels.into_iter().fold(record, labelled)
    });
    prop_oneof![alert, record]
}

fn some_groups() -> impl Strategy<Value = Vec<RuleGroup>> {
    let group = (
        odd(),
        length(),
        0..3_u64,
        prop::collection::vec(some_rule(), 0..3),
    );
    let groups = prop::collection::vec(group, 0..3);
    groups.prop_map(|groups| {
        let group = |(index, (name, interval, limit, rules))| {
            let mut group = RuleGroup::new(format!("{name}{index}"), rules).limit(limit);
            group.file = "r.yml".to_owned();
            group.interval = Some(interval).filter(|it: &Duration| !it.is_zero());
            group
        };
        groups.into_iter().enumerate().map(group).collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_groups(groups in some_groups()) {
        let text = rules(&groups, &Options::default()).unwrap();
        prop_assert_eq!(&text, &rules(&groups, &Options::default()).unwrap());
        let settings = Settings::default().semantics(Semantics::Prometheus2);
        let read = parse("r.yml", &text, &settings);
        prop_assert_eq!(read.as_ref(), Ok(&groups), "{}", text);
    }
}
