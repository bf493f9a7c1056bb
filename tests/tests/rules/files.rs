//! Rule files made by chance, good and spoiled: both accept them, or both refuse them.
//!
//! `RULE_FILES` says how many (300), `RULE_FILES_SEED` with which seed (1).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use admf_alerts::promql::{Semantics, Settings};
use admf_alerts::rule_file::parse;
use tempfile::TempDir;

use crate::number;
use tests::chance::Chance;
use tests::promtool::promtool;

const EXPRS: &[&str] = &[
    "up == 0",
    "sum by (job) (rate(calls_total[5m])) > 1",
    "1",
    "absent(up{job=\"a\"})",
    "a / on (b) group_left c",
    "|\n      up\n        == 0",
    "'vector(1)'",
    "a[5m]",
];
const TEXTS: &[&str] = &[
    "page",
    "'{{ $value }}'",
    "'{{ $labels.job }} of {{ $labels.instance }}'",
    "5",
    "true",
    "",
    "~",
    "\"a\\nb\"",
    "\"{{ .Value }}\"",
    ">-\n          folded\n          text",
];
const LENGTHS: &[&str] = &[
    "5m", "0", "0s", "1h30m", "1d", "10ms", "2w3d", "1y", "~", "",
];

/// What is done to one line of a file that bears a key: another value, another key, another line after it.
const SPOILED: &[(&str, &str)] = &[
    ("for:", "for: 5"),
    ("for:", "for: 5min"),
    ("for:", "for: -5m"),
    ("for:", "for: 1m1h"),
    ("for:", "for: 300y"),
    ("for:", "for: ''"),
    ("for:", "for: [5m]"),
    ("for:", "for: !!str 5m"),
    ("for:", "for: !!int 5"),
    ("for:", "for: !!null 5m"),
    ("for:", "for: !!str ~"),
    ("for:", "fro: 5m"),
    ("for:", "for: 5m\n    for: 5m"),
    ("keep_firing_for:", "keep_firing_for: soon"),
    ("expr:", "expr: sum("),
    ("expr:", "expr: rate(a)"),
    ("expr:", "expr: ''"),
    ("expr:", "expr:"),
    ("expr:", "expr: {a: b}"),
    ("expr:", "expr: up\n    expr: up"),
    ("expr:", "expr: x[300]"),
    ("expr:", "exp: up"),
    ("alert:", "record: a_b"),
    ("alert:", "alert: ''"),
    ("alert:", "alert: A\n    record: a"),
    ("alert:", "alert: ~"),
    ("alert:", "alert: 7"),
    ("record:", "record: a-b"),
    ("record:", "record: a:b\n    annotations: {a: b}"),
    ("record:", "record: a\n    for: 5m"),
    ("record:", "record: a\n    for: 0s"),
    ("labels:", "labels: [a]"),
    ("labels:", "labels: text"),
    ("severity:", "a-b: page"),
    ("severity:", "__name__: page"),
    ("severity:", "9a: page"),
    ("severity:", "severity: '{{ $value'"),
    ("severity:", "severity: '{{ $valu }}'"),
    ("severity:", "severity: !!int x"),
    ("severity:", "severity: !!int 5"),
    ("severity:", "severity: !!float 5"),
    ("severity:", "severity: !!bool yes"),
    ("severity:", "severity: !!null ~"),
    ("severity:", "severity: !own x"),
    ("severity:", "severity: ! x"),
    ("severity:", "severity: [a]"),
    ("severity:", "severity: a\n      severity: a"),
    ("summary:", "summary: '{{ }'"),
    ("summary:", "a b: c"),
    ("summary:", "__name__: c"),
    ("interval:", "interval: 15"),
    ("interval:", "interval: 15s\n  query_offset: 1m"),
    ("interval:", "interval: 15s\n  labels: {a: b}"),
    ("interval:", "interval: 15s\n  source_tenants: [a]"),
    ("limit:", "limit: many"),
    ("limit:", "limit: -1"),
    ("limit:", "limit: !!str 5"),
    ("limit:", "limit: !!int '5'"),
    ("limit:", "limit: !own 5"),
    ("limit:", "limit: '5'"),
    ("limit:", "limit: [5]"),
    ("name:", "name: ''"),
    ("name:", "name:"),
    ("name:", "name: same"),
    ("name:", "name: g\n  name: g"),
    ("name:", "nam: g"),
    ("rules:", "rules: {}"),
    ("rules:", "rules: text"),
    ("rules:", "rule:"),
    ("groups:", "groups:\ngroups:"),
    ("groups:", "group:"),
    ("groups:", "version: 1\ngroups:"),
    ("groups:", "\tgroups:"),
];

fn good(chance: &mut Chance) -> String {
    let mut text = "groups:\n".to_owned();
    for group in 0..=chance.below(3) {
        text += &format!("- name: g{group}\n");
        some(chance, &mut text, "  interval: ", LENGTHS);
        some(chance, &mut text, "  limit: ", &["0", "7", "-3", "~"]);
        text += "  rules:\n";
        for _ in 0..=chance.below(3) {
            rule(chance, &mut text);
        }
    }
    text
}

fn some(chance: &mut Chance, text: &mut String, key: &str, values: &[&str]) {
    if !chance.one_in(3) {
        *text += &format!("{key}{}\n", chance.pick(values));
    }
}

fn rule(chance: &mut Chance, text: &mut String) {
    let alerts = !chance.one_in(3);
    *text += match alerts {
        true => "  - alert: HighThing\n",
        false => "  - record: job:a:sum\n",
    };
    *text += &format!("    expr: {}\n", chance.pick(EXPRS));
    if alerts {
        some(chance, text, "    for: ", LENGTHS);
        some(chance, text, "    keep_firing_for: ", LENGTHS);
    }
    *text += "    labels:\n";
    some(chance, text, "      severity: ", TEXTS);
    some(chance, text, "      _b9: ", TEXTS);
    if alerts {
        *text += "    annotations:\n";
        some(chance, text, "      summary: ", TEXTS);
    }
}

/// Puts one thing in place of a line; the file as it was where it has no such line.
fn spoiled(chance: &mut Chance, text: &str, index: u64) -> String {
    let at = usize::try_from(index).expect("it is small") % SPOILED.len();
    let (key, wrong) = SPOILED[at];
    let places: Vec<_> = text.match_indices(&format!(" {key}")).collect();
    let (at, skip) = match places.is_empty() {
        true => (text.find(key), 0),
        false => (Some(chance.pick(&places).0), 1),
    };
    let Some(at) = at else {
        return text.to_owned();
    };
    let (before, after) = text.split_at(at + skip);
    // A folded value goes with its line.
    let mut lines = after.split_inclusive('\n').skip(1).skip_while(|line| {
        let deep = line.len() - line.trim_start().len();
        deep >= 10 || (deep >= 6 && !line.contains(": ") && key == "expr:")
    });
    let rest: String = lines.by_ref().collect();
    format!("{before}{wrong}\n{rest}")
}

/// Says by file name which files promtool accepts.
fn accepted(folder: &Path, files: &BTreeMap<String, String>) -> Option<BTreeMap<String, bool>> {
    let mut args = vec![OsString::from("check"), OsString::from("rules")];
    args.push("--lint=none".into());
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("it can be written");
        args.push(path.into());
    }
    let done = promtool(args)?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let parts = said.split("Checking ").skip(1).map(|part| {
        let path = part.lines().next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        (name, part.contains("SUCCESS"))
    });
    Some(parts.collect())
}

#[test]
fn a_rule_file_is_accepted_or_refused_as_by_promtool() {
    let (count, seed) = (number("RULE_FILES", 300), number("RULE_FILES_SEED", 1));
    let mut chance = Chance::new(seed);
    let files = (0..count).map(|index| {
        let good = good(&mut chance);
        let text = match index % 4 {
            0 => good,
            _ => spoiled(&mut chance, &good, index),
        };
        (format!("{index:06}.yml"), text)
    });
    let files: BTreeMap<_, _> = files.collect();
    let folder = TempDir::new().expect("a folder can be made");
    let Some(theirs) = accepted(folder.path(), &files) else {
        return;
    };
    assert_eq!(theirs.len(), files.len());
    let settings = Settings::default().semantics(Semantics::Prometheus2);
    let mut refused = 0;
    for (name, text) in &files {
        let ours = parse(name, text, &settings);
        refused += usize::from(!theirs[name]);
        assert_eq!(ours.is_ok(), theirs[name], "{ours:?}\n{text}");
    }
    // Both kinds are there, or it shows nothing.
    assert!(
        refused > files.len() / 4 && refused < files.len() * 3 / 4,
        "{refused}"
    );
}
