//! `burn_rate`, `burn_factor`.

use admf_alerts::BurnRate;
use serde_json::Value;

use super::{length, same};
use crate::vectors::schema::{Checked, Fields};

pub(super) fn rate(case: &Fields<'_>) -> Checked<()> {
    // The window is a name for the reader, and its lengths are those that the ratios were measured over.
    case.text("window")?;
    for key in ["period_s", "long_s", "short_s"] {
        length(case, key)?;
    }
    let rate = BurnRate {
        factor: case.must("factor", case.decimal("factor"))?,
        slo: case.must("slo", case.decimal("slo"))?,
    };
    let [long, short] = ["error_ratio_long", "error_ratio_short"].map(|key| ratio(case, key));
    let expect = case.must("expect", case.flag("expect"))?;
    same("`expect`", expect, rate.fires(long?, short?))
}

/// Without traffic there is no ratio.
fn ratio(case: &Fields<'_>, key: &str) -> Checked<Option<f64>> {
    match case.raw(key) {
        Some(Value::Null) => Ok(None),
        _ => case.must(key, case.decimal(key)).map(Some),
    }
}

pub(super) fn factor(case: &Fields<'_>) -> Checked<()> {
    let percent = case.must("budget_percent", case.decimal("budget_percent"))?;
    let long = case.must("long_s", length(case, "long_s"))?;
    let period = case.must("period_s", length(case, "period_s"))?;
    let shown = BurnRate::factor_of(percent, long, period);
    let wanted = case.must("expect", case.decimal("expect"))?;
    match (shown - wanted).abs() <= wanted.abs() * 1e-9 {
        true => Ok(()),
        false => Err(format!("`expect` should be {wanted}, is {shown}")),
    }
}
