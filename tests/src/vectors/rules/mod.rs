//! The kinds of `alerts.json` that concern rules, put to the engine.

mod burn;
mod evaluate;
mod reload;
mod restore;
mod send;
mod shown;
#[cfg(test)]
mod tests;

use std::time::Duration;

use admf_alerts::engine::Row;
use admf_alerts::{Engine, Labels, Options, Rule, RuleGroup};
use serde_json::Value;

use super::schema::{Checked, Fields};

/// A kind, and what runs a case of it.
pub(super) type Kind = (&'static str, fn(&Fields<'_>) -> Checked<()>);

pub(super) const KINDS: &[Kind] = &[
    ("rule_eval", evaluate::eval),
    ("rule_eval_query_error", evaluate::eval),
    ("rule_eval_error", evaluate::error),
    ("rule_state_max", shown::state_max),
    ("rule_send", send::send),
    ("rule_restore", restore::restore),
    ("rule_reload", reload::reload),
    ("burn_rate", burn::rate),
    ("burn_factor", burn::factor),
];

/// What the epoch of a case is: times before it are times too.
pub(super) const EPOCH: Duration = Duration::from_secs(1_700_000_000);

/// Reads a time in seconds, to the nearest nanosecond; `null` says that there is none.
pub(super) fn time(fields: &Fields<'_>, key: &str) -> Checked<Option<Duration>> {
    if fields.raw(key).is_some_and(Value::is_null) {
        return Ok(None);
    }
    let seconds = fields.decimal(key)?;
    Ok(seconds.map(|seconds| {
        let length = Duration::from_nanos((seconds.abs() * 1e9).round() as u64);
        if seconds < 0.0 {
            EPOCH.saturating_sub(length)
        } else {
            EPOCH + length
        }
    }))
}

/// Reads a length of time in seconds.
pub(super) fn length(fields: &Fields<'_>, key: &str) -> Checked<Option<Duration>> {
    let seconds = fields.decimal(key)?;
    let whole = seconds.map(|it| Duration::from_nanos((it * 1e9).round() as u64));
    Ok(whole)
}

pub(super) fn texts(fields: Option<Fields<'_>>) -> Checked<Vec<(String, String)>> {
    let Some(fields) = fields else {
        return Ok(Vec::new());
    };
    let keys = fields.keys().map(|key| {
        let text = fields.must(key, fields.text(key))?;
        Ok((key.clone(), text.to_owned()))
    });
    keys.collect()
}

pub(super) fn labels(fields: &Fields<'_>) -> Checked<Labels> {
    Ok(
        texts(Some(fields.must("labels", fields.fields("labels"))?))?
            .into_iter()
            .collect(),
    )
}

/// Reads a rule, and the limit of its group.
fn rule(fields: &Fields<'_>) -> Checked<RuleGroup> {
    let name = fields.must("alert", fields.text("alert"))?;
    let mut rule = Rule::new(name, "given_by_the_case")
        .for_(length(fields, "for_s")?.unwrap_or_default())
        .keep_firing_for(length(fields, "keep_firing_for_s")?.unwrap_or_default());
    for (name, text) in texts(fields.fields("labels")?)? {
        rule = rule.label(name, text);
    }
    // A remark on a template, which is among the labels.
    fields.raw("labels_fn");
    let limit = fields.decimal("limit")?.unwrap_or_default();
    fields.finish()?;
    // The cast makes 0 of what is negative, which is no limit either.
    Ok(RuleGroup::new("case", [rule]).limit(limit as u64))
}

/// Reads the rule of a case.
fn ruled(case: &Fields<'_>) -> Checked<RuleGroup> {
    rule(&case.must("rule", case.fields("rule"))?)
}

fn engine(group: RuleGroup, options: Options) -> Checked<Engine> {
    Engine::with([group], options).map_err(|error| error.to_string())
}

/// Reads the rows that a query gave.
fn rows(result: &[Value]) -> Checked<Vec<Row>> {
    let row = |(at, row)| {
        let row = Fields::new(format!("row {at}"), row)?;
        let (labels, value) = (labels(&row)?, row.must("value", row.decimal("value"))?);
        row.finish()?;
        Ok(Row { labels, value })
    };
    result.iter().enumerate().map(row).collect()
}

/// Reads the rows of a case or a step.
fn result(fields: &Fields<'_>) -> Checked<Vec<Row>> {
    rows(fields.must("result", fields.list("result"))?)
}

/// Runs each step of a case.
pub(super) fn steps(
    case: &Fields<'_>,
    mut run: impl FnMut(&Fields<'_>) -> Checked<()>,
) -> Checked<()> {
    let steps = case.must("steps", case.list("steps"))?;
    if steps.is_empty() {
        return Err("`steps` is empty".to_owned());
    }
    for (index, step) in steps.iter().enumerate() {
        let number = index + 1;
        let step = Fields::new("the step", step)?;
        let done = run(&step).and_then(|()| step.finish());
        done.map_err(|why| format!("step {number}: {why}"))?;
    }
    Ok(())
}

/// Fails where two things are not the same.
pub(super) fn same<T: PartialEq + std::fmt::Debug>(what: &str, wanted: T, shown: T) -> Checked<()> {
    match wanted == shown {
        true => Ok(()),
        false => Err(format!("{what} should be {wanted:?}, is {shown:?}")),
    }
}
