//! From YAML to tests.

use std::collections::BTreeMap;
use std::time::Duration;

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

/// A number as YAML 1.1 writes it: `5`, `1e3`, `0x1f`, `0o17`, `017`, `0b11`, `1_000`, `.inf`, `-.Inf`, `.nan`.
fn yaml_number(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        return Some(sign * f64::INFINITY);
    }
    let prefixed = [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
        ("0", 8),
    ];
    for (prefix, radix) in prefixed {
        let whole = digits
            .strip_prefix(prefix)
            .filter(|it| !it.starts_with(['+', '-']));
        if let Some(Ok(whole)) = whole.map(|it| u64::from_str_radix(it, radix)) {
            return Some(sign * whole as f64);
        }
    }
    let float = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let value: f64 = digits
        .parse()
        .ok()
        .filter(|_| begins && digits.chars().all(float))?;
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::yaml_number;

    #[test]
    fn a_number_is_read_as_promtool_reads_it() {
        for (text, number) in [
            ("5", 5.0),
            ("+5", 5.0),
            ("-5.", -5.0),
            (".5", 0.5),
            ("1e3", 1_000.0),
            ("1_000", 1_000.0),
            ("0x10", 16.0),
            ("010", 8.0),
            ("09", 9.0),
            ("0o10", 8.0),
            ("0b10", 2.0),
            ("-.Inf", f64::NEG_INFINITY),
            ("0", 0.0),
        ] {
            assert_eq!(yaml_number(text), Some(number), "{text}");
        }
        assert!(yaml_number(".nan").is_some_and(f64::is_nan));
        for text in [
            "Inf", "NaN", "inf", "five", "", "0x", "--5", "1e", "5s", "true",
        ] {
            assert_eq!(yaml_number(text), None, "{text}");
        }
    }
}
