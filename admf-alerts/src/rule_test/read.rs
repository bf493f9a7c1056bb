//! From YAML to tests.

use std::collections::BTreeMap;
use std::time::Duration;

use super::number::yaml_number;
use super::{AlertCase, ExprCase, Input, Test, TestFile};
use crate::promql::{Semantics, Settings};
use crate::yaml::{At, Kind, Node, Read};

const FILE: &[&str] = &[
    "rule_files",
    "evaluation_interval",
    "group_eval_order",
    "tests",
];
const FILE_3: &[&str] = &[
    "rule_files",
    "evaluation_interval",
    "group_eval_order",
    "tests",
    "fuzzy_compare",
];
const TEST: &[&str] = &[
    "interval",
    "input_series",
    "alert_rule_test",
    "promql_expr_test",
    "external_labels",
    "external_url",
    "name",
];

/// What an empty file says.
pub(super) fn empty(settings: &Settings) -> TestFile {
    let interval = Duration::from_secs(60);
    TestFile {
        file: String::new(),
        rule_files: Vec::new(),
        interval,
        order: Vec::new(),
        fuzzy: false,
        tests: Vec::new(),
        settings: settings.subquery_step(interval),
    }
}

pub(super) fn file(document: &Node, settings: &Settings) -> Read<TestFile> {
    let mut file = empty(settings);
    let document = At::top(document);
    let three = settings.semantics == Semantics::Prometheus3;
    if document.get("groups").is_some() {
        return Err(document.refused("is a rule file, and holds no tests: it is for `check`"));
    }
    document.knows(if three { FILE_3 } else { FILE })?;
    file.rule_files = texts(&document, "rule_files")?;
    let interval = document.length("evaluation_interval")?;
    if !interval.is_zero() {
        file.interval = interval;
        file.settings = settings.subquery_step(interval);
    }
    file.fuzzy = flag(&document, "fuzzy_compare")?;
    for at in document.list("group_eval_order")? {
        let name = own_text(&at)?;
        if file.order.contains(&name) {
            return Err(at.refused(format!("the group `{name}` is there twice")));
        }
        file.order.push(name);
    }
    for (index, at) in document.list("tests")?.into_iter().enumerate() {
        let mut test = test(&at, index)?;
        if three && test.interval.is_zero() {
            test.interval = file.interval;
        }
        file.tests.push(test);
    }
    Ok(file)
}

fn test(at: &At<'_>, index: usize) -> Read<Test> {
    at.knows(TEST)?;
    let input = at.list("input_series")?.into_iter().map(|at| {
        at.knows(&["series", "values"])?;
        let [series, values] = [text(&at, "series")?, text(&at, "values")?];
        Ok(Input {
            line: at.node.mark.line,
            text: format!("{series} {values}"),
        })
    });
    let alerts = at.list("alert_rule_test")?;
    let exprs = at.list("promql_expr_test")?;
    let name = text(at, "name")?;
    Ok(Test {
        line: at.node.mark.line,
        shown: match &*name {
            "" => format!("tests[{index}]"),
            name => format!("test `{name}`"),
        },
        interval: at.length("interval")?,
        input: input.collect::<Read<_>>()?,
        alerts: alerts.iter().map(alert).collect::<Read<_>>()?,
        exprs: exprs.iter().map(expr).collect::<Read<_>>()?,
        external_labels: at.texts("external_labels")?,
        external_url: text(at, "external_url")?,
    })
}

fn alert(at: &At<'_>) -> Read<AlertCase> {
    at.knows(&["eval_time", "alertname", "exp_alerts"])?;
    let name = text(at, "alertname")?;
    if name.is_empty() {
        return Err(at.refused("`alertname` must be set"));
    }
    let expected = at.list("exp_alerts")?.into_iter().map(|at| {
        at.knows(&["exp_labels", "exp_annotations"])?;
        let mut labels: BTreeMap<_, _> = at.texts("exp_labels")?;
        labels.insert("alertname".to_owned(), name.clone());
        Ok((labels, at.texts("exp_annotations")?))
    });
    Ok(AlertCase {
        line: at.node.mark.line,
        time: at.length("eval_time")?,
        expected: expected.collect::<Read<_>>()?,
        name,
    })
}

fn expr(at: &At<'_>) -> Read<ExprCase> {
    at.knows(&["expr", "eval_time", "exp_samples"])?;
    let expected = at.list("exp_samples")?.into_iter().map(|at| {
        at.knows(&["labels", "value"])?;
        Ok((text(&at, "labels")?, number(&at, "value")?))
    });
    Ok(ExprCase {
        line: at.node.mark.line,
        time: at.length("eval_time")?,
        expr: text(at, "expr")?,
        expected: expected.collect::<Read<_>>()?,
    })
}

fn text(at: &At<'_>, key: &str) -> Read<String> {
    Ok(at.text(key)?.unwrap_or_default().to_owned())
}

/// A text of a list, where nothing is an empty one.
fn own_text(at: &At<'_>) -> Read<String> {
    match at.node.is_null() {
        true => Ok(String::new()),
        false => at.own_text().map(str::to_owned),
    }
}

fn texts(at: &At<'_>, key: &str) -> Read<Vec<String>> {
    at.list(key)?.iter().map(own_text).collect()
}

fn flag(at: &At<'_>, key: &str) -> Read<bool> {
    let Some(at) = at.some(key) else {
        return Ok(false);
    };
    match &at.node.kind {
        Kind::Scalar(text, true) if text == "true" => Ok(true),
        Kind::Scalar(text, true) if text == "false" => Ok(false),
        _ => Err(at.refused("must be true or false")),
    }
}

fn number(at: &At<'_>, key: &str) -> Read<f64> {
    let Some(at) = at.some(key) else {
        return Ok(0.0);
    };
    let number = match &at.node.kind {
        Kind::Scalar(text, true) => yaml_number(text),
        _ => None,
    };
    number.ok_or_else(|| at.refused("must be a number"))
}
