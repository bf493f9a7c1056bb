//! What promtool makes of templates: rules whose annotations they are, and what they are expected to say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use admf_alerts::Labels;
use admf_alerts::template::{Data, Query, Sample, Template};
use serde_json::{Value, json};

use crate::program::promtool;

/// The values that each template is rendered with.
pub(crate) const VALUES: [&str; 3] = ["1234567.5", "0.25", "0"];
const URL: &str = "http://p.example:9090/pre";

fn labels(value: usize) -> Labels {
    let value = value.to_string();
    let labels = [
        ("__name__", "m"),
        ("instance", "h.example.com:80"),
        ("job", "api"),
        ("n", "5"),
        ("v", &value),
    ];
    Labels::from_iter(labels)
}

/// Answers the queries of the cases as the series of the tests do.
struct Answers;

impl Query for Answers {
    fn query(&self, expression: &str) -> Result<Vec<Sample>, String> {
        let up = |jobs: &[(&str, f64)]| {
            let sample = |(job, value): &(&str, f64)| Sample {
                labels: Arc::new(Labels::from_iter([("__name__", "up"), ("job", job)])),
                value: *value,
            };
            jobs.iter().map(sample).collect()
        };
        match expression {
            "up" => Ok(up(&[("b", 2.0), ("a", 1.0), ("c", 0.5)])),
            "up{job='a'}" => Ok(up(&[("a", 1.0)])),
            "sum(up)" => Ok(vec![Sample {
                labels: Arc::default(),
                value: 3.5,
            }]),
            "none" => Ok(Vec::new()),
            other => Err(format!("`{other}` is no expression")),
        }
    }
}

/// Renders a template with one of the values; why it fails is not what Prometheus says of it.
pub(crate) fn rendered(text: &str, value: usize) -> Result<String, String> {
    let template = Template::parse(text).map_err(|error| error.to_string())?;
    let number = VALUES[value].parse().expect("it is a number");
    let data = Data::new(labels(value), number);
    let data = data.external(Labels::from_iter([("dc", "eu")]), URL);
    let rendered = template.render(&data, &Answers);
    rendered.map_err(|error| error.to_string())
}

/// One template, the index of its value, and what it must give; `None` is an error.
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) value: usize,
    pub(crate) expected: Option<String>,
}

/// Lists the cases in which promtool has it otherwise, with what it has; `None` where there is no
/// promtool, which fails if `ADMF_REQUIRE_SERVERS` is set.
pub(crate) fn differences(cases: &[Case]) -> Option<Vec<String>> {
    let said = run(cases)?;
    let failed: BTreeMap<usize, &str> = said
        .split("alertname: T")
        .skip(1)
        .map(|part| {
            let (number, rest) = part.split_once(',').expect("the time follows");
            (number.parse().expect("it is a number"), rest)
        })
        .collect();
    let cases = cases.iter().enumerate();
    let differ = cases.filter_map(|(i, case)| {
        let got = failed.get(&i).map(|said| annotation(said));
        let error = got.is_some_and(|got| got.starts_with("<error expanding template: "));
        let agrees = if case.expected.is_none() {
            error
        } else {
            got.is_none()
        };
        let (text, expected) = (&case.text, &case.expected);
        (!agrees).then(|| format!("{text}\n  ours {expected:?}\n  got  {got:?}"))
    });
    Some(differ.collect())
}

/// Cuts the annotation out that promtool found in place of the expected one.
fn annotation(said: &str) -> &str {
    let (_, got) = said.split_once("got:[").expect("it says what it got");
    let got = got.split_once("Annotations:{a=\"").map(|(_, got)| got);
    got.map_or("", |got| got.lines().next().unwrap_or_default())
}

fn run(cases: &[Case]) -> Option<String> {
    let mut rules: Vec<Value> = Vec::new();
    let mut tests = Vec::new();
    for (i, case) in cases.iter().enumerate() {
        let (name, value) = (format!("T{i}"), case.value);
        let expected = case
            .expected
            .as_deref()
            .unwrap_or("an error, which reads otherwise");
        let mut labels = labels(value);
        labels.remove("__name__");
        let labels: BTreeMap<_, _> = labels.iter().collect();
        rules.push(json!({
            "alert": name,
            "expr": format!("m{{v=\"{value}\"}}"),
            "annotations": { "a": case.text },
        }));
        tests.push(json!({
            "eval_time": "1m",
            "alertname": name,
            "exp_alerts": [{ "exp_labels": labels, "exp_annotations": { "a": expected } }],
        }));
    }
    let mut series: Vec<Value> = [("b", "2"), ("a", "1"), ("c", "0.5")]
        .map(|(job, value)| json!({ "series": format!("up{{job=\"{job}\"}}"), "values": format!("{value}x2") }))
        .to_vec();
    for (i, value) in VALUES.iter().enumerate() {
        let mut labels = labels(i);
        labels.remove("__name__");
        series.push(json!({ "series": format!("m{labels}"), "values": format!("{value}x2") }));
    }
    let rules = json!({ "groups": [{ "name": "g", "rules": rules }] });
    let tests = json!({
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "external_labels": { "dc": "eu" },
            "external_url": URL,
            "input_series": series,
            "alert_rule_test": tests,
        }],
    });
    let folder = tempfile::tempdir().expect("a folder can be made");
    written(folder.path(), "rules.yml", &rules);
    let tests = written(folder.path(), "tests.yml", &tests);
    let command = &mut Command::new("promtool");
    let (passed, said) = promtool(command.args(["test", "rules"]).arg(tests))?;
    // Whatever else it fails by, such as a rule file that it cannot read, says nothing of templates.
    assert_eq!(!passed, said.contains("got:["), "{said}");
    Some(said)
}

/// Tells of each text whether Prometheus reads it as a template.
pub(crate) fn read(texts: &[String]) -> Option<Vec<bool>> {
    let rules = texts.iter().enumerate().map(
        |(i, text)| json!({ "alert": format!("T{i}"), "expr": "m", "annotations": { "a": text } }),
    );
    let rules: Vec<Value> = rules.collect();
    let rules = json!({ "groups": [{ "name": "g", "rules": rules }] });
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = written(folder.path(), "rules.yml", &rules);
    let (_, said) = promtool(Command::new("promtool").args(["check", "rules"]).arg(path))?;
    let refused: BTreeSet<usize> = said
        .lines()
        .filter(|line| line.contains("annotation \"a\": template: "))
        .map(|line| {
            let (_, name) = line.split_once(", \"T").expect("the name of the rule");
            let (number, _) = name.split_once('"').expect("it ends");
            number.parse().expect("it is a number")
        })
        .collect();
    assert!(!refused.is_empty(), "{said}");
    Some((0..texts.len()).map(|i| !refused.contains(&i)).collect())
}

fn written(folder: &Path, name: &str, content: &Value) -> PathBuf {
    let path = folder.join(name);
    // YAML takes no control characters, and JSON leaves some as they are.
    let escaped = |c: char| match c {
        ' '..='~' => c.to_string(),
        c if c <= '\u{ffff}' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    let content: String = content.to_string().chars().map(escaped).collect();
    fs::write(&path, content).expect("it can be written");
    path
}
