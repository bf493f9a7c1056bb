//! Runs the commands of a file.

use admf_alerts::promql::{Query, Sample, Settings, Value};

use crate::compare::{self, Compared};
use crate::data::Data;
use crate::report::{Case, Outcome, Report};
use crate::scope::out_of_scope;
use crate::script::{Command, Eval, Expected};

pub(crate) fn run(script: &[Command], settings: &Settings) -> Report {
    let mut data = Data::new();
    let mut report = Report::default();
    for command in script {
        match command {
            Command::Clear => data = Data::new(),
            Command::Load(load) => data.load(load),
            Command::Eval(eval) => {
                report.annotations += usize::from(eval.annotations);
                report.cases.push(Case {
                    line: eval.line,
                    expr: eval.expr.clone(),
                    outcome: outcome(eval, &data, settings),
                });
            }
        }
    }
    report
}

fn outcome(eval: &Eval, data: &Data, settings: &Settings) -> Outcome {
    let query = Query::parse(&eval.expr, settings);
    if let Some(why) = out_of_scope(eval, query.as_ref().ok(), &data.native) {
        return Outcome::OutOfScope(why);
    }
    let result = query.map_err(|error| error.to_string()).and_then(|query| {
        let run = Run {
            eval,
            query,
            data,
            settings,
        };
        match eval.span {
            (start, end, Some(step)) => run.range((start, end, step)),
            (time, _, None) => run.instant(time),
        }
    });
    let compared = match (&eval.fail, result) {
        (Some(failure), Err(problem)) => compare::failure(failure, &problem),
        (Some(_), Ok(_)) => Err("it should fail".to_owned()),
        (None, Err(problem)) => Err(problem),
        (None, Ok(compared)) => compared,
    };
    match compared {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

struct Run<'a> {
    eval: &'a Eval,
    query: Query,
    data: &'a Data,
    settings: &'a Settings,
}

/// The query's own failure, or how its result compares.
type Ran = Result<Compared, String>;

impl Run<'_> {
    fn range(&self, span: (i64, i64, i64)) -> Ran {
        let store = &self.data.store;
        let found = self.query.range(store, self.settings, span);
        let found = found.map_err(|error| error.to_string())?;
        let Expected::Series(expected) = &self.eval.expected else {
            return Ok(Err("a range gives series".to_owned()));
        };
        Ok(compare::matrix(expected, &found, (span.0, span.2)))
    }

    fn instant(&self, time: i64) -> Ran {
        let store = &self.data.store;
        let value = self.query.instant(store, self.settings, time);
        let value = value.map_err(|error| error.to_string())?;
        let compared = compare::value(self.eval, &value);
        Ok(compared.and_then(|()| self.middle(time, &value)))
    }

    /// An instant is what a range around it has there, but for what asks for the range itself.
    fn middle(&self, time: i64, value: &Value) -> Compared {
        const STEP: i64 = 60_000;
        let asks = ["start()", "end()"]
            .iter()
            .any(|it| self.eval.expr.contains(it));
        if asks || matches!(value, Value::Text(_) | Value::Matrix(_)) || self.eval.ordered {
            return Ok(());
        }
        let span = (time - STEP, time + STEP, STEP);
        let found = self.query.range(&self.data.store, self.settings, span);
        let found = found.map_err(|error| format!("as a range: {error}"))?;
        let at = found.iter().filter_map(|range| {
            let point = range.points.iter().find(|point| point.time == time)?;
            Some((range, point.value))
        });
        let same = match value {
            Value::Vector(samples) => {
                let at: Vec<_> = at.collect();
                let of = |sample: &Sample| {
                    let same = |(range, value): &(&admf_alerts::promql::Range, f64)| {
                        range.labels == sample.labels && compare::equal(*value, sample.value)
                    };
                    at.iter().any(same)
                };
                at.len() == samples.len() && samples.iter().all(of)
            }
            Value::Scalar(scalar) => at.map(|it| it.1).all(|it| compare::equal(it, *scalar)),
            _ => true,
        };
        match same {
            true => Ok(()),
            false => Err("as a range it gives something else".to_owned()),
        }
    }
}
