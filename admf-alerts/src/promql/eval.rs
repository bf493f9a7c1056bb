//! Walks an expression at one time after another.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use regex::Regex;

use super::error::QueryError;
use super::expr::{Expr, Millis};
use super::value::{Range, Sample, Value};
use super::{Semantics, Settings};
use crate::re2::anchored;
use crate::series::{Series, Store};

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

    pub(super) fn times(self) -> impl Iterator<Item = Millis> {
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
    patterns: RefCell<HashMap<String, Regex>>,
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
            patterns: RefCell::default(),
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

    /// The pattern of a `label_replace()`, read once for all the times that are asked for.
    pub(super) fn pattern(&self, text: &str) -> Result<Regex, QueryError> {
        let mut patterns = self.shared.patterns.borrow_mut();
        if let Some(regex) = patterns.get(text) {
            return Ok(regex.clone());
        }
        let lines = self.semantics() == Semantics::Prometheus3;
        let regex = anchored(text, lines).map_err(|_| {
            let problem = format!("invalid regular expression in label_replace(): {text}");
            QueryError::failed(problem)
        })?;
        patterns.insert(text.to_owned(), regex.clone());
        Ok(regex)
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
}

pub(super) fn millis(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).map_or(i64::MAX / 8, |it| it.min(i64::MAX / 8))
}
