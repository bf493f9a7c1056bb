//! Runs the commands of a file.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::promql::{Query, Sample, Settings, Value};
use admf_alerts::series::{Limits, NAME, Store};

use crate::compare::{self, Compared};
use crate::description::{Description, Item};
use crate::scope::out_of_scope;
use crate::script::{Command, Eval, Expected, Load};

pub(crate) enum Outcome {
    Passed,
    Failed(String),
    OutOfScope(&'static str),
}

pub(crate) struct Case {
    pub(crate) line: usize,
    pub(crate) expr: String,
    pub(crate) outcome: Outcome,
}

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) cases: Vec<Case>,
    /// Cases that expect or forbid a warning or an information.
    pub(crate) annotations: usize,
}

impl Report {
    fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for case in &self.cases {
            counts[match case.outcome {
                Outcome::Passed => 0,
                Outcome::Failed(_) => 1,
                Outcome::OutOfScope(_) => 2,
            }] += 1;
        }
        counts
    }

    pub(crate) fn percent(&self) -> f64 {
        let [passed, failed, _] = self.counts();
        100.0 * passed as f64 / (passed + failed) as f64
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.cases.extend(other.cases);
        self.annotations += other.annotations;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [passed, failed, out] = self.counts();
        write!(f, "{passed} passed, {failed} failed, {out} out of scope")
    }
}

/// What is loaded.
struct Data {
    store: Store,
    /// Series with native histograms, which are not in the store.
    native: Vec<Labels>,
}

impl Data {
    fn new() -> Self {
        let limits = Limits::default().age(Duration::MAX).idle(Duration::MAX);
        Self {
            store: Store::new(limits).expect("no limit is 0"),
            native: vec![],
        }
    }

    fn load(&mut self, load: &Load) {
        // The last of a block that is given twice is the one that counts.
        let series: BTreeMap<&Labels, &Description> =
            load.series.iter().map(|it| (&it.labels, it)).collect();
        for (labels, description) in series {
            if load.with_native && labels.get(NAME).is_some_and(is_part) {
                self.native.push(whole(labels));
            }
            if description.items.contains(&Item::Native) {
                self.native.push(labels.clone());
            }
            let mut time = 0;
            for item in &description.items {
                if let Item::Number(value) = *item {
                    // What is out of order is refused in Prometheus too.
                    let _ = self.store.append(labels, time, value);
                }
                time += load.step;
            }
        }
    }
}

const PARTS: [&str; 3] = ["_bucket", "_count", "_sum"];

fn is_part(name: &str) -> bool {
    PARTS.iter().any(|part| name.ends_with(part))
}

/// The native histogram that a part of a classic one is made into.
fn whole(labels: &Labels) -> Labels {
    let mut whole = labels.clone();
    let name = labels.get(NAME).unwrap_or_default();
    let part = PARTS.iter().find_map(|part| name.strip_suffix(part));
    whole.insert(NAME, part.unwrap_or(name));
    whole.remove("le");
    whole
}

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
