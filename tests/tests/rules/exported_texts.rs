//! Texts and expressions at the edge of what YAML and Prometheus 2.42 read.

use std::collections::BTreeMap;
use std::ffi::OsString;

use admf_alerts::{Rule, RuleGroup, export};
use serde_json::{Value, json};
use tempfile::TempDir;

use tests::promtool::promtool;

/// What YAML takes for something else unless it is quoted.
const ODD: &[&str] = &[
    "",
    "~",
    "null",
    "true",
    "No",
    "y",
    "0x1F",
    "0o7",
    "1e3",
    "1_000",
    ".inf",
    ".NaN",
    "+1",
    "2026-11-21",
    "12:30:45",
    "- a",
    "-",
    "? a",
    ":",
    "a: b",
    "a:",
    ":a",
    "a #b",
    "#a",
    "---",
    "...",
    "!tag",
    "&a",
    "*a",
    "|",
    ">-",
    "'",
    "''",
    "\"",
    "\\n",
    "\\",
    "%a",
    "@a",
    "`a`",
    "[a]",
    "{a}",
    ",",
    "<<",
    "=",
    " a",
    "a ",
    "  ",
    "\ta",
    "a\t",
    "a\nb",
    "a\n\nb\n",
    "\na",
    "\n",
    "a\n",
    "a\n\n",
    "a\n  b",
    "  a\nb",
    "a\n \nb",
    "a\r\nb",
    "\r",
    "# a\n# b",
    "a\n---\nb",
    "é",
    "日本",
    "😀",
    "\u{feff}a",
    "a\u{85}b",
    "a\u{2028}b",
    "\u{7}",
    "\0",
    "\u{a0}",
    "\u{a0}a\u{a0}",
    "\u{fffd}",
    "\u{7f}",
    "\u{ad}",
    "ends with a backslash \\",
    "it's \"quoted\": yes # no",
];

/// JSON is YAML, but for characters that stand there as they are.
fn escaped(value: &Value) -> String {
    let plain = |c: char| match c {
        ' '..='~' => c.to_string(),
        c if c <= '\u{ffff}' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    value.to_string().chars().map(plain).collect()
}

#[test]
fn promtool_reads_every_odd_text_as_it_was() {
    let rules = ODD.iter().enumerate().map(|(index, text)| {
        // Between braces it is a text, and no template.
        let quoted = text.replace("{{", "");
        Rule::new(format!("A{index}"), "m")
            .label("l", quoted.as_str())
            .annotation("a", quoted)
    });
    let group = RuleGroup::new("a: #group", rules.collect::<Vec<_>>());
    let text = export::rules(&[group], &export::Options::default()).expect("nothing is lost");
    let tests: Vec<_> = ODD
        .iter()
        .enumerate()
        .map(|(index, text)| {
            // An empty label is none.
            let labels: BTreeMap<_, _> = [("l", text)]
                .into_iter()
                .filter(|it| !it.1.is_empty())
                .collect();
            json!({
                "eval_time": "0s",
                "alertname": format!("A{index}"),
                "exp_alerts": [{"exp_labels": labels, "exp_annotations": {"a": text}}],
            })
        })
        .collect();
    let tests = json!({
        "rule_files": ["rules.yml"],
        "tests": [{"interval": "1m", "input_series": [{"series": "m", "values": "1"}], "alert_rule_test": tests}],
    });
    let folder = TempDir::new().expect("a folder can be made");
    std::fs::write(folder.path().join("rules.yml"), &text).expect("it can be written");
    let path = folder.path().join("tests.yml");
    std::fs::write(&path, escaped(&tests)).expect("it can be written");
    let Some(done) = promtool([OsString::from("test"), "rules".into(), path.into()]) else {
        return;
    };
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}\n{text}");
}

/// What parsers differ in, and versions.
const EXPRS: &str = include_str!("expressions.txt");

#[test]
fn an_expression_is_exported_only_if_promtool_reads_what_is_written() {
    let folder = TempDir::new().expect("a folder can be made");
    let mut args = ["check", "rules", "--lint=none"]
        .map(OsString::from)
        .to_vec();
    let mut refused = 0;
    for (index, expr) in EXPRS.lines().enumerate() {
        let group = RuleGroup::new("g", [Rule::new("A", expr)]);
        match export::rules(&[group], &export::Options::default()) {
            Ok(text) => {
                let path = folder.path().join(format!("{index}.yml"));
                std::fs::write(&path, text).expect("it can be written");
                args.push(path.into());
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        refused > 50 && args.len() > 80,
        "{refused} of {}",
        args.len()
    );
    let Some(done) = promtool(args) else {
        return;
    };
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
}

#[test]
fn what_is_lost_is_a_comment_to_promtool_whatever_it_holds() {
    let rules = ODD.iter().enumerate().map(|(index, text)| {
        let mut rule = match index % 2 {
            0 => Rule::new(format!("A{index}"), "m == 0"),
            _ => Rule::when(format!("A{index}{text}"), |_| true),
        };
        rule.notify.receivers = vec![format!("{text}\n- alert: B\n  expr: m")];
        rule.annotation("a", *text)
    });
    let lost = Rule::when("Code", |_| true);
    let groups = [
        RuleGroup::new("odd", rules.collect::<Vec<_>>()),
        RuleGroup::new("code", [lost]),
    ];
    let text = export::rules(&groups, &export::Options::default().lossy(true));
    let text = text.expect("what is lost is a comment");
    let folder = TempDir::new().expect("a folder can be made");
    let path = folder.path().join("rules.yml");
    std::fs::write(&path, &text).expect("it can be written");
    let Some(done) = promtool([
        OsString::from("check"),
        "rules".into(),
        "--lint=none".into(),
        path.into(),
    ]) else {
        return;
    };
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let kept = ODD.len().div_ceil(2);
    assert!(
        said.contains(&format!("SUCCESS: {kept} rules found")),
        "{said}\n{text}"
    );
}
