//! `rule_restore`.

use admf_alerts::engine::Row;
use admf_alerts::{Engine, Labels, Options, Rule, RuleGroup};

use super::{engine, length, same, time};
use crate::vectors::schema::{Checked, Fields};

/// One engine sees the condition hold, a second one takes over its snapshot.
pub(super) fn restore(case: &Fields<'_>) -> Checked<()> {
    let grace = case.must("for_grace_period_s", length(case, "for_grace_period_s"))?;
    let tolerance = case.must("outage_tolerance_s", length(case, "outage_tolerance_s"))?;
    let options = Options::default()
        .for_grace(grace)
        .outage_tolerance(tolerance);
    let hold = case.must("for_s", length(case, "for_s"))?;
    let group = RuleGroup::new("case", [Rule::new("case", "given_by_the_case").for_(hold)]);
    let holds = |engine: &mut Engine, now| {
        let row = Row {
            labels: Labels::new(),
            value: 1.0,
        };
        engine.step_with(now, |_| Ok(vec![row.clone()]));
    };
    let mut before = engine(group.clone(), options.clone())?;
    for key in ["active_at_s", "last_sample_s"] {
        holds(&mut before, case.must(key, time(case, key))?);
    }
    let written = serde_json::to_string(&before.snapshot()).map_err(|error| error.to_string())?;
    let mut after = engine(group, options)?;
    after.restore(serde_json::from_str(&written).map_err(|error| error.to_string())?);
    holds(
        &mut after,
        case.must("restore_at_s", time(case, "restore_at_s"))?,
    );
    let active_at = after.alerts().next().map(|alert| alert.active_at);
    let wanted = time(case, "expect_active_at_s")?;
    same("`expect_active_at_s`", wanted, active_at)
}
