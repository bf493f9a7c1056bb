//! What a test looks at.

use super::compare::{self, Alert, Sample};
use super::report::Failure;
use super::run::Run;
use super::{AlertCase, ExprCase};
use crate::engine::{AlertState, Engine};
use crate::labels::Labels;
use crate::notation::Described;
use crate::promql::{Query, Value};

impl Run<'_> {
    pub(super) fn alert(&self, engine: &Engine, case: &AlertCase) -> Option<Failure> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let firing = engine.alerts().filter(|it| it.state == AlertState::Firing);
        let named = firing.filter(|it| it.name() == case.name);
        let got: Vec<Alert> = named
            .map(|it| {
                (
                    it.labels.iter().map(owned).collect(),
                    it.annotations.clone(),
                )
            })
            .collect();
        let agreed = case.expected.len();
        let (missing, left) = compare::differences(case.expected.clone(), got, |a, b| a == b);
        if missing.is_empty() && left.is_empty() {
            return None;
        }
        Some(Failure {
            alertname: Some(case.name.clone()),
            time: Some(case.time),
            expected: missing.iter().map(compare::shown_alert).collect(),
            got: left.iter().map(compare::shown_alert).collect(),
            ..self.failure(case.line, differs("fires", agreed - missing.len()))
        })
    }

    pub(super) fn expr(&self, engine: &Engine, case: &ExprCase) -> Option<Failure> {
        let failure = |problem: String| Failure {
            expr: Some(case.expr.clone()),
            time: Some(case.time),
            ..self.failure(case.line, problem)
        };
        let found = self
            .asked(engine, case)
            .and_then(|got| Ok((got, wanted(case)?)));
        let (got, wanted) = match found {
            Ok(found) => found,
            Err(problem) => return Some(failure(problem)),
        };
        let agreed = wanted.len();
        let fuzzy = self.file.fuzzy;
        let same = |a: &Sample, b: &Sample| compare::same_sample(a, b, fuzzy);
        let (missing, left) = compare::differences(wanted, got, same);
        if missing.is_empty() && left.is_empty() {
            return None;
        }
        let mut problem = differs("is there", agreed - missing.len());
        if missing.iter().any(|(_, value)| value.is_nan()) {
            problem += "; NaN is equal to nothing, not even to NaN";
        }
        Some(Failure {
            expected: missing.iter().map(compare::shown_sample).collect(),
            got: left.iter().map(compare::shown_sample).collect(),
            ..failure(problem)
        })
    }

    fn asked(&self, engine: &Engine, case: &ExprCase) -> Result<Vec<Sample>, String> {
        let settings = &self.file.settings;
        let query = Query::parse(&case.expr, settings).map_err(|error| error.to_string())?;
        let time = i64::try_from(case.time.as_millis()).map_err(|error| error.to_string())?;
        let value = query.instant(engine.store(), settings, time);
        match value.map_err(|error| error.to_string())? {
            Value::Scalar(value) => Ok(vec![(Labels::new(), value)]),
            Value::Vector(samples) => {
                let samples = samples.into_iter();
                Ok(samples
                    .map(|it| (Labels::clone(&it.labels), it.value))
                    .collect())
            }
            _ => Err("its result is not a vector or a scalar".to_owned()),
        }
    }
}

fn wanted(case: &ExprCase) -> Result<Vec<Sample>, String> {
    let wanted = case.expected.iter().map(|(text, value)| {
        let labels = Described::labels(text);
        let labels = labels.map_err(|problem| format!("exp_samples: `{text}`: {problem}"));
        Ok((labels?, *value))
    });
    wanted.collect()
}

fn differs(what: &str, agreed: usize) -> String {
    match agreed {
        0 => format!("something else {what}"),
        agreed => format!("something else {what} besides {agreed} as expected"),
    }
}
