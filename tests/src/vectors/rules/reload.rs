//! `rule_reload`.

use admf_alerts::engine::Row;
use admf_alerts::{Labels, Options, RuleGroup};
use serde_json::Value;

use super::{EPOCH, engine, rule, same};
use crate::vectors::schema::{Checked, Fields};

/// Each rule before gets an alert that bears its index, and each rule after shows whose it has.
pub(super) fn reload(case: &Fields<'_>) -> Checked<()> {
    let mut engine = engine(group(case, "old")?, Options::default())?;
    let mut index = 0;
    engine.step_with(EPOCH, |_| {
        index += 1;
        Ok(vec![Row {
            labels: Labels::from_iter([("rule", (index - 1).to_string())]),
            value: 1.0,
        }])
    });
    let reloaded = engine.reload([group(case, "new")?]);
    reloaded.map_err(|error| error.to_string())?;
    let carried = engine.rules().map(|rule| {
        let mut alerts = rule.alerts();
        alerts
            .next()
            .and_then(|alert| alert.labels.get("rule")?.parse().ok())
    });
    let carried: Vec<Option<u64>> = carried.collect();
    let wanted = case.must("expect_carried", case.list("expect_carried"))?;
    let wanted = wanted.iter().map(|it| match it {
        Value::Null => Ok(None),
        index => index
            .as_u64()
            .map(Some)
            .ok_or("`expect_carried` must hold indices"),
    });
    same(
        "`expect_carried`",
        wanted.collect::<Result<Vec<_>, _>>()?,
        carried,
    )
}

fn group(case: &Fields<'_>, key: &str) -> Checked<RuleGroup> {
    let mut rules = Vec::new();
    for (index, it) in case.must(key, case.list(key))?.iter().enumerate() {
        let fields = Fields::new(format!("rule {index} of `{key}`"), it)?;
        rules.extend(rule(&fields)?.rules);
    }
    Ok(RuleGroup::new("case", rules))
}
