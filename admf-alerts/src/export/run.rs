//! What our engine says of a scenario.

use std::time::Duration;

use super::ExportError;
use super::scenario::Scenario;
use crate::engine::{Alert, AlertState, Engine, Options};
use crate::notation::Item;
use crate::promql::{Semantics, Settings};
use crate::rule::RuleGroup;

/// What fires at one of the times.
pub(super) struct Look {
    pub(super) time: Duration,
    pub(super) firing: Vec<Alert>,
}

/// Evaluates all groups at each step of a scenario, as promtool does.
pub(super) fn run(
    groups: &[RuleGroup],
    scenario: &Scenario,
    evaluation: Duration,
    settings: &Settings,
) -> Result<Vec<Look>, ExportError> {
    let settings = settings
        .semantics(Semantics::Prometheus2)
        .subquery_step(evaluation);
    let options = Options::default().promql(settings);
    let engine = Engine::with(groups.iter().cloned(), options);
    let engine = engine.map_err(|error| {
        ExportError::of_scenario(scenario, error.field(), error.value(), &error.problem)
    })?;
    let mut run = Run {
        engine,
        scenario,
        fed: 0,
    };
    let mut times = scenario.times.clone();
    times.sort_unstable();
    times.dedup();
    let (mut looks, mut step) = (Vec::new(), 0);
    for time in times {
        while evaluation * step <= time {
            run.evaluate(evaluation * step)?;
            step += 1;
        }
        let alerts = run.engine.alerts();
        let firing = alerts.filter(|it| it.state == AlertState::Firing).cloned();
        looks.push(Look {
            time,
            firing: firing.collect(),
        });
    }
    Ok(looks)
}

struct Run<'s> {
    engine: Engine,
    scenario: &'s Scenario,
    /// How many samples of each series.
    fed: u32,
}

impl Run<'_> {
    fn evaluate(&mut self, now: Duration) -> Result<(), ExportError> {
        let longest = self.scenario.series.iter().map(|it| it.items.len()).max();
        let longest = longest.unwrap_or(0);
        while (self.fed as usize) < longest && self.scenario.interval * self.fed <= now {
            self.feed();
            self.fed += 1;
        }
        self.engine.evaluate(now);
        let failed = self.engine.rules().find_map(|rule| {
            let error = rule.error.as_ref()?;
            let value = &rule.rule.expr;
            let problem = format!("fails at {now:?}: {error}");
            Some(ExportError::of_scenario(
                self.scenario,
                &rule.rule.name,
                value,
                problem,
            ))
        });
        failed.map_or(Ok(()), Err)
    }

    fn feed(&mut self) {
        let time = (self.scenario.interval * self.fed).as_millis();
        let time = i64::try_from(time).unwrap_or(i64::MAX);
        for series in &self.scenario.series {
            if let Some(&Item::Value(value)) = series.items.get(self.fed as usize) {
                // What the store has no room for is counted there.
                let _ = self.engine.store_mut().append(&series.labels, time, value);
            }
        }
    }
}
