//! The files whose cases go by `kind`.

use serde_json::Value;

use super::quiet;
use super::report::Verdict;
use super::rules::Kind;
use super::schema::{Checked, Fields};

/// The kinds of `metrics.json`, none of which is built yet.
pub(super) const METRICS: &[&str] = &[
    "hist_buckets",
    "psi",
    "psi_binned",
    "ewma",
    "zscore",
    "mad",
    "des",
    "holt_winters_additive",
    "rolling_count",
    "sharpe",
    "max_drawdown",
    "drawdown_ratio_now",
    "win_rate",
    "profit_factor",
    "consecutive_losses",
    "fill_rate",
];

/// Runs a case of a kind that is `built`, or says that its kind is among those to come.
pub(super) fn verdict(case: &Value, built: &[&[Kind]], to_come: &[&str]) -> Verdict {
    let kind = match case.get("kind").and_then(Value::as_str) {
        None => return Verdict::failed("has no `kind`"),
        Some(kind) if to_come.contains(&kind) => return Verdict::NotBuilt(kind.to_owned()),
        Some(kind) => kind,
    };
    let Some((_, run)) = built
        .iter()
        .copied()
        .flatten()
        .find(|(name, _)| *name == kind)
    else {
        return Verdict::failed(format!("has the unknown kind `{kind}`"));
    };
    match quiet::catch(|| checked(case, *run)) {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(why)) => Verdict::Failed(why),
        Err(panic) => Verdict::Failed(panic),
    }
}

fn checked(case: &Value, run: fn(&Fields<'_>) -> Checked<()>) -> Checked<()> {
    let case = Fields::new("the case", case)?;
    for key in ["id", "kind", "source", "desc"] {
        case.text(key)?;
    }
    run(&case)?;
    case.finish()
}
