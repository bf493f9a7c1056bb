//! `rule_eval`, `rule_eval_query_error`, `rule_eval_error`.

use admf_alerts::engine::{Alert, EvalError, Row};
use admf_alerts::{AlertState, Engine, Options, RuleGroup};
use serde_json::Value;

use super::{engine, labels, result, ruled, same, steps, time};
use crate::vectors::schema::{Checked, Fields};

pub(super) fn eval(case: &Fields<'_>) -> Checked<()> {
    let mut group = ruled(case)?;
    // A remark on a template.
    case.raw("labels_fn");
    let mut engine = engine(group.clone(), Options::default())?;
    steps(case, |step| eval_step(step, &mut group, &mut engine))
}

fn eval_step(step: &Fields<'_>, group: &mut RuleGroup, engine: &mut Engine) -> Checked<()> {
    let now = step.must("t_s", time(step, "t_s"))?;
    if let Some(hold) = super::length(step, "set_for_s")? {
        group.rules[0].for_ = hold;
        let reloaded = engine.reload([group.clone()]);
        reloaded.map_err(|error| error.to_string())?;
    }
    let answer: Result<Vec<Row>, EvalError> = match step.text("error")? {
        Some(error) => Err(EvalError::query(error)),
        None => Ok(result(step)?),
    };
    let failures = failures(engine);
    let failed = answer.is_err();
    engine.step_with(now, |_| answer.clone());
    if failed {
        same(
            "the count of failures",
            failures + 1,
            self::failures(engine),
        )?;
    }
    if let Some(health) = step.text("expect_health")? {
        same("`expect_health`", health, &shown_health(engine))?;
    }
    expect(step.must("expect", step.list("expect"))?, engine)
}

fn failures(engine: &Engine) -> u64 {
    engine.rules().map(|rule| rule.failures).sum()
}

fn shown_health(engine: &Engine) -> String {
    let health = engine.rules().map(|rule| rule.health.to_string());
    health.collect()
}

/// Compares all that is pending or firing, in any order.
fn expect(wanted: &[Value], engine: &Engine) -> Checked<()> {
    let active = |it: &&Alert| it.state != AlertState::Inactive;
    let alerts: Vec<&Alert> = engine.alerts().filter(active).collect();
    same("the number of alerts", wanted.len(), alerts.len())?;
    for (index, wanted) in wanted.iter().enumerate() {
        let wanted = Fields::new(format!("alert {index}"), wanted)?;
        let labels = labels(&wanted)?;
        let alert = alerts.iter().find(|alert| alert.labels == labels);
        let alert = alert.ok_or_else(|| format!("{labels} is not among {alerts:?}"))?;
        expect_alert(&wanted, alert).map_err(|why| format!("{labels}: {why}"))?;
    }
    Ok(())
}

fn expect_alert(wanted: &Fields<'_>, alert: &Alert) -> Checked<()> {
    let state = wanted.must("state", wanted.text("state"))?;
    same("`state`", state, &alert.state.to_string())?;
    let active_at = wanted.must("active_at_s", time(wanted, "active_at_s"))?;
    same("`active_at_s`", active_at, alert.active_at)?;
    match wanted.raw("fired_at_s") {
        None => {}
        Some(Value::Null) => same("`fired_at_s`", None, alert.fired_at)?,
        Some(_) => same("`fired_at_s`", time(wanted, "fired_at_s")?, alert.fired_at)?,
    }
    wanted.finish()
}

pub(super) fn error(case: &Fields<'_>) -> Checked<()> {
    let mut engine = engine(ruled(case)?, Options::default())?;
    let rows = result(case)?;
    engine.step_with(super::EPOCH, |_| Ok(rows.clone()));
    let status = engine.rules().next().ok_or("there is no rule")?;
    let shown = status.error.map(ToString::to_string);
    let wanted = match case.raw("expect_error") {
        Some(Value::Null) => return same("`expect_error`", None, shown),
        _ => case.must("expect_error", case.text("expect_error"))?,
    };
    match shown {
        Some(shown) if shown.contains(wanted) => same("the alerts", 0, status.alerts().count()),
        other => Err(format!("`expect_error` should be {wanted:?}, is {other:?}")),
    }
}
