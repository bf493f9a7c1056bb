//! `rule_state_max`.

use std::time::Duration;

use admf_alerts::engine::Row;
use admf_alerts::{AlertState, Labels, Options, Rule, RuleGroup};
use serde_json::Value;

use super::{EPOCH, engine, same};
use crate::vectors::schema::{Checked, Fields};

/// How long the rule holds.
const HOLD: u64 = 60;

/// Brings each instance into its state, and asks for the state of the rule.
pub(super) fn state_max(case: &Fields<'_>) -> Checked<()> {
    let instances = case.must("instances", case.list("instances"))?;
    let states = instances.iter().map(state);
    let states: Vec<AlertState> = states.collect::<Checked<_>>()?;
    let rule = Rule::new("case", "given_by_the_case").for_(Duration::from_secs(HOLD));
    let mut engine = engine(RuleGroup::new("case", [rule]), Options::default())?;
    let mut evaluate = |at: u64, held: &[AlertState]| {
        let rows = rows(&states, held);
        engine.step_with(EPOCH + Duration::from_secs(at), |_| Ok(rows.clone()));
    };
    if !states.is_empty() {
        let was = [AlertState::Firing, AlertState::Inactive];
        evaluate(0, &was);
        evaluate(HOLD, &was);
        evaluate(HOLD + 1, &[AlertState::Firing, AlertState::Pending]);
    }
    let mut brought: Vec<_> = engine.alerts().map(|alert| alert.state).collect();
    let mut wanted = states;
    brought.sort();
    wanted.sort();
    same("the instances", wanted, brought)?;
    let shown = engine.rules().next().and_then(|rule| rule.state);
    let shown = shown.map_or("unknown".to_owned(), |state| state.to_string());
    same(
        "`expect`",
        case.must("expect", case.text("expect"))?,
        &shown,
    )
}

fn state(word: &Value) -> Checked<AlertState> {
    match word.as_str() {
        Some("inactive") => Ok(AlertState::Inactive),
        Some("pending") => Ok(AlertState::Pending),
        Some("firing") => Ok(AlertState::Firing),
        _ => Err(format!("`instances` has the unknown word {word}")),
    }
}

/// The rows of those instances that are to hold, told apart by a label.
fn rows(states: &[AlertState], held: &[AlertState]) -> Vec<Row> {
    let held = states
        .iter()
        .enumerate()
        .filter(|(_, state)| held.contains(state));
    let row = |(at, _): (usize, _)| Row {
        labels: Labels::from_iter([("instance", at.to_string())]),
        value: 1.0,
    };
    held.map(row).collect()
}
