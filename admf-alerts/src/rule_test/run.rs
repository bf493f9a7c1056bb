//! One test at work.

use std::time::Duration;

use super::report::{Failure, Stopped};
use super::{Test, TestFile};
use crate::engine::{Engine, Options};
use crate::labels::Labels;
use crate::notation::Load;
use crate::rule::RuleGroup;
use crate::series::Limits;

/// How often the rules of a test may be evaluated.
const EVALUATIONS: u128 = 1_000_000;

pub(super) fn test(file: &TestFile, test: &Test, groups: &[RuleGroup]) -> Vec<Failure> {
    let run = Run { file, test };
    let load = match run.load() {
        Ok(load) => load,
        Err(stopped) => return stopped,
    };
    let mut failures = Vec::new();
    let engine = run
        .engine(groups)
        .and_then(|engine| run.evaluate(engine, &load, &mut failures));
    match engine {
        Ok(engine) => failures.extend(test.exprs.iter().filter_map(|case| run.expr(&engine, case))),
        Err(stopped) => failures.extend(stopped),
    }
    failures
}

pub(super) struct Run<'a> {
    pub(super) file: &'a TestFile,
    pub(super) test: &'a Test,
}

impl Run<'_> {
    pub(super) fn failure(&self, line: usize, problem: impl Into<String>) -> Failure {
        Failure {
            line: Some(line),
            test: self.test.shown.clone(),
            ..Failure::of_file(&self.file.file, problem)
        }
    }

    fn engine(&self, groups: &[RuleGroup]) -> Stopped<Engine> {
        let place = |group: &RuleGroup| self.file.order.iter().position(|it| *it == group.name);
        let mut groups = groups.to_vec();
        // Those that are not named are evaluated with the first.
        groups.sort_by_key(|group| place(group).unwrap_or(0));
        let limits = Limits::default().series(usize::MAX).samples(usize::MAX);
        let labels: Labels = self.test.external_labels.iter().collect();
        let options = Options::default()
            .promql(self.file.settings)
            .limits(limits.idle(Duration::MAX))
            .external_labels(labels)
            .external_url(&*self.test.external_url);
        let engine = Engine::with(groups, options);
        let mut engine =
            engine.map_err(|error| vec![self.failure(self.test.line, error.to_string())])?;
        engine.store_mut().keep(Duration::MAX, []);
        Ok(engine)
    }

    /// Evaluates all groups from 0 to the last time of a case, at one interval, whatever they have of their own.
    fn evaluate(
        &self,
        mut engine: Engine,
        load: &Load,
        failures: &mut Vec<Failure>,
    ) -> Stopped<Engine> {
        let interval = self.file.interval;
        let alerts = self.test.alerts.iter().map(|case| case.time);
        let times = alerts.chain(self.test.exprs.iter().map(|case| case.time));
        let last = times.max().unwrap_or_default();
        if last.as_nanos() / interval.as_nanos() >= EVALUATIONS {
            let problem = format!("it asks for more than {EVALUATIONS} evaluations");
            return Err(vec![self.failure(self.test.line, problem)]);
        }
        let mut points = load.points().into_iter().peekable();
        let mut due: Vec<_> = self.test.alerts.iter().collect();
        due.sort_by_key(|case| case.time);
        let mut due = due.into_iter().peekable();
        let mut now = Duration::ZERO;
        while now <= last {
            let until = |time: i64| u128::try_from(time).is_ok_and(|time| time <= now.as_millis());
            while let Some((labels, point)) = points.next_if(|(_, point)| until(point.time)) {
                // What a rule wrote there before stays, as in Prometheus.
                let _ = engine.store_mut().append(labels, point.time, point.value);
            }
            engine.evaluate(now);
            let errors = self.errors(&engine, now);
            if !errors.is_empty() {
                return Err(errors);
            }
            let next = now.saturating_add(interval);
            while let Some(case) = due.next_if(|case| case.time < next) {
                failures.extend(self.alert(&engine, case));
            }
            now = next;
        }
        Ok(engine)
    }

    fn errors(&self, engine: &Engine, now: Duration) -> Vec<Failure> {
        let failed = engine
            .rules()
            .filter_map(|rule| Some((rule.rule, rule.error?)));
        let failures = failed.map(|(rule, error)| Failure {
            time: Some(now),
            test: format!("{}: rule `{}`", self.test.shown, rule.name),
            ..self.failure(self.test.line, error.to_string())
        });
        failures.collect()
    }
}
