//! Walks an expression at one time after another.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::error::QueryError;
use super::expr::{Call, Expr, Millis};
use super::functions::Body;
use super::value::{Range, Sample, Value, all_differ, distinct, settle, unnamed};
use super::{Semantics, Settings};
use crate::labels::Labels;
use crate::series::{Point, Series, Store};

/// The times at which something is evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: Millis,
    pub(super) end: Millis,
    pub(super) step: Millis,
}

impl Span {
    pub(super) fn instant(time: Millis) -> Self {
        Self {
            start: time,
            end: time,
            step: 1,
        }
    }

    fn times(self) -> impl Iterator<Item = Millis> {
        let from = (self.start <= self.end).then_some(self.start);
        std::iter::successors(from, move |time| {
            time.checked_add(self.step).filter(|&next| next <= self.end)
        })
    }
}

/// What all evaluations of one query share.
struct Shared<'a> {
    store: &'a Store,
    settings: &'a Settings,
    /// Of the whole query.
    span: Span,
    touched: Cell<usize>,
    selected: RefCell<HashMap<usize, Rc<[&'a Series]>>>,
}

/// Evaluates at the times of one span: those of the query, or of a subquery.
pub(super) struct Eval<'a> {
    shared: Rc<Shared<'a>>,
    pub(super) span: Span,
    pub(super) subqueries: RefCell<HashMap<usize, Rc<Vec<Range>>>>,
}

pub(super) type Evaluated = Result<Value, QueryError>;

impl<'a> Eval<'a> {
    pub(super) fn new(store: &'a Store, settings: &'a Settings, span: Span) -> Self {
        let shared = Shared {
            store,
            settings,
            span,
            touched: Cell::new(0),
            selected: RefCell::default(),
        };
        Self::over(Rc::new(shared), span)
    }

    fn over(shared: Rc<Shared<'a>>, span: Span) -> Self {
        Self {
            shared,
            span,
            subqueries: RefCell::default(),
        }
    }

    /// The same query at other times.
    pub(super) fn within(&self, span: Span) -> Self {
        Self::over(Rc::clone(&self.shared), span)
    }

    pub(super) fn store(&self) -> &'a Store {
        self.shared.store
    }

    pub(super) fn whole(&self) -> Span {
        self.shared.span
    }

    pub(super) fn semantics(&self) -> Semantics {
        self.shared.settings.semantics
    }

    pub(super) fn delayed(&self) -> bool {
        self.shared.settings.delayed_name_removal
    }

    pub(super) fn lookback(&self) -> Millis {
        millis(self.shared.settings.lookback)
    }

    pub(super) fn subquery_step(&self) -> Millis {
        millis(self.shared.settings.subquery_step).max(1)
    }

    /// The series of a selector, looked up once.
    pub(super) fn selected(
        &self,
        id: usize,
        look_up: impl FnOnce() -> Vec<&'a Series>,
    ) -> Rc<[&'a Series]> {
        let mut selected = self.shared.selected.borrow_mut();
        Rc::clone(selected.entry(id).or_insert_with(|| look_up().into()))
    }

    /// Counts samples, and refuses what would be too many.
    pub(super) fn touch(&self, samples: usize) -> Result<(), QueryError> {
        let touched = self.shared.touched.get().saturating_add(samples);
        self.shared.touched.set(touched);
        let limit = self.shared.settings.max_samples;
        if touched > limit {
            return Err(QueryError::TooManySamples { limit });
        }
        Ok(())
    }

    pub(super) fn instant(&self, expr: &Expr, time: Millis) -> Evaluated {
        let mut value = self.eval(expr, time)?;
        match &mut value {
            Value::Vector(samples) => {
                distinct(samples)?;
                settle(samples);
            }
            Value::Matrix(ranges) => {
                for range in ranges.iter_mut().filter(|range| range.nameless) {
                    range.labels = unnamed(&range.labels);
                }
                all_differ(ranges.iter().map(|range| Arc::clone(&range.labels)))?;
            }
            Value::Scalar(_) | Value::Text(_) => {}
        }
        Ok(value)
    }

    pub(super) fn range(&self, expr: &Expr) -> Result<Vec<Range>, QueryError> {
        let mut ranges = self.steps(expr, true)?;
        ranges.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(ranges)
    }

    /// Evaluates at all times; names that were lost are removed where they are not asked for any more.
    pub(super) fn steps(&self, expr: &Expr, last: bool) -> Result<Vec<Range>, QueryError> {
        let mut ranges: Vec<Range> = vec![];
        let mut places: HashMap<(Arc<Labels>, bool), usize> = HashMap::new();
        for time in self.span.times() {
            self.touch(1)?;
            let mut samples = match self.eval(expr, time)? {
                Value::Scalar(value) => vec![Sample::new(Arc::default(), value)],
                Value::Vector(samples) => samples,
                Value::Text(_) | Value::Matrix(_) => vec![],
            };
            distinct(&samples)?;
            if last || !self.delayed() {
                settle(&mut samples);
                samples.iter_mut().for_each(|it| it.nameless = false);
            }
            for sample in samples {
                let value = sample.value;
                let key = (sample.labels, sample.nameless);
                let place = *places.entry(key).or_insert_with_key(|(labels, nameless)| {
                    ranges.push(Range {
                        labels: Arc::clone(labels),
                        points: vec![],
                        nameless: *nameless,
                    });
                    ranges.len() - 1
                });
                ranges[place].points.push(Point { time, value });
            }
        }
        Ok(ranges)
    }

    pub(super) fn eval(&self, expr: &Expr, time: Millis) -> Evaluated {
        match expr {
            Expr::Number(number) => Ok(Value::Scalar(*number)),
            Expr::Text(text) => Ok(Value::Text(text.clone())),
            Expr::Vector(selector) => self.select(selector, time).map(Value::Vector),
            Expr::Matrix(..) | Expr::Subquery(_) => self.matrix(expr, time),
            Expr::Negated(inner) => self.negate(inner, time),
            Expr::Binary(binary) => self.binary(binary, time),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, time).map(Value::Vector),
            Expr::Call(call) => self.call(call, time),
        }
    }

    pub(super) fn vector(&self, expr: &Expr, time: Millis) -> Result<Vec<Sample>, QueryError> {
        match self.eval(expr, time)? {
            Value::Vector(samples) => Ok(samples),
            _ => Err(QueryError::failed("expected an instant vector")),
        }
    }

    pub(super) fn scalar(&self, expr: &Expr, time: Millis) -> Result<f64, QueryError> {
        match self.eval(expr, time)? {
            Value::Scalar(value) => Ok(value),
            _ => Err(QueryError::failed("expected a scalar")),
        }
    }

    fn negate(&self, inner: &Expr, time: Millis) -> Evaluated {
        match self.eval(inner, time)? {
            Value::Scalar(value) => Ok(Value::Scalar(-value)),
            Value::Vector(samples) => {
                self.derived(samples.iter().map(|sample| sample.derived(-sample.value)))
            }
            _ => Err(QueryError::failed("expected a scalar or an instant vector")),
        }
    }

    /// A vector of what lost its name: unless that is to be seen later, no two may be equal.
    pub(super) fn derived(&self, samples: impl Iterator<Item = Sample>) -> Evaluated {
        let samples: Vec<_> = samples.collect();
        if !self.delayed() {
            distinct(&samples)?;
        }
        Ok(Value::Vector(samples))
    }

    fn call(&self, call: &Call, time: Millis) -> Evaluated {
        let args = &call.args;
        match call.function.body {
            Body::Special(eval) => eval(self, args, time),
            Body::Window { named, of } => {
                let params = self.params(args, time)?;
                let mut samples = vec![];
                self.windows(args, time, |range, window| {
                    if let Some(value) = of(window, &params)? {
                        let mut sample = Sample::new(Arc::clone(range.labels), value);
                        sample.nameless = !named || range.nameless;
                        samples.push(sample);
                    }
                    Ok(())
                })?;
                self.derived(samples.into_iter())
            }
            Body::Map(of) => {
                let samples = self.vector(&args[0], time)?;
                self.derived(samples.iter().map(|it| it.derived(of(it.value))))
            }
            Body::Params(of) => {
                let params = self.params(args, time)?;
                let samples = self.vector(&args[0], time)?;
                let found = samples
                    .iter()
                    .filter_map(|it| Some(it.derived(of(it.value, &params)?)));
                self.derived(found)
            }
            Body::Calendar(of) => match args.first() {
                Some(arg) => {
                    let samples = self.vector(arg, time)?;
                    self.derived(samples.iter().map(|it| it.derived(of(it.value as i64))))
                }
                None => {
                    let now = of(time.div_euclid(1000));
                    Ok(Value::Vector(vec![Sample::new(Arc::default(), now)]))
                }
            },
        }
    }

    /// The numbers among the arguments.
    fn params(&self, args: &[Expr], time: Millis) -> Result<Vec<f64>, QueryError> {
        let scalars = args
            .iter()
            .filter(|arg| arg.kind() == super::expr::Kind::Scalar);
        scalars.map(|arg| self.scalar(arg, time)).collect()
    }
}

pub(super) fn millis(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).map_or(i64::MAX / 8, |it| it.min(i64::MAX / 8))
}
