//! Expressions of Prometheus over a [`Store`].
//!
#![doc = include_str!("../../docs/promql.md")]

mod aggregate;
mod binary;
mod call;
mod compile;
mod convert;
mod error;
mod eval;
mod expr;
mod functions;
mod group;
mod guard;
mod matching;
mod newer;
mod number;
mod older;
mod operators;
mod presence;
mod rewrite;
mod select;
mod sets;
#[cfg(test)]
mod tests;
mod time;
mod tokens;
mod uses;
mod value;
mod walk;
mod windows;

use std::time::Duration;

use crate::series::{Matcher, Store};
pub use error::QueryError;
use eval::{Eval, Span};
use expr::{Expr, Kind};
pub(crate) use presence::presence;
pub(crate) use rewrite::in_words_of_2;
pub(crate) use uses::name;
pub use uses::{Buckets, Use};
pub use value::{Range, Sample, Value};

/// Which Prometheus an expression is read and evaluated like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Semantics {
    /// As 2.42: windows and the lookback take in both ends, a length of time has a unit.
    Prometheus2,
    /// As 3: windows and the lookback are open on the left, `x[300]` is `x[5m]`.
    #[default]
    Prometheus3,
}

/// Says how expressions are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Whose rules hold. Default: those of Prometheus 3.
    pub semantics: Semantics,
    /// How long a sample stands for its series. Default: 5 minutes.
    pub lookback: Duration,
    /// The step of a subquery that names none: the interval of evaluation. Default: 1 minute.
    pub subquery_step: Duration,
    /// How many samples a query may touch. Default: 5,000,000.
    pub max_samples: usize,
    /// Keeps a series' name until the end, as the feature of that name does. Default: off.
    pub delayed_name_removal: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            semantics: Semantics::default(),
            lookback: Duration::from_secs(300),
            subquery_step: Duration::from_secs(60),
            max_samples: 5_000_000,
            delayed_name_removal: false,
        }
    }
}

impl Settings {
    /// Sets whose rules hold.
    #[must_use]
    pub fn semantics(mut self, semantics: Semantics) -> Self {
        self.semantics = semantics;
        self
    }

    /// Sets how long a sample stands for its series.
    #[must_use]
    pub fn lookback(mut self, lookback: Duration) -> Self {
        self.lookback = lookback;
        self
    }

    /// Sets the step of subqueries that name none.
    #[must_use]
    pub fn subquery_step(mut self, step: Duration) -> Self {
        self.subquery_step = step;
        self
    }

    /// Sets how many samples a query may touch.
    #[must_use]
    pub fn max_samples(mut self, samples: usize) -> Self {
        self.max_samples = samples;
        self
    }

    /// Keeps names until the end.
    #[must_use]
    pub fn delayed_name_removal(mut self, delayed: bool) -> Self {
        self.delayed_name_removal = delayed;
        self
    }
}

/// Holds an expression that was read and checked.
///
/// # Examples
///
/// ```
/// use admf_alerts::Labels;
/// use admf_alerts::promql::{Query, Settings, Value};
/// use admf_alerts::series::{Limits, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut store = Store::new(Limits::default())?;
/// let calls = Labels::from_iter([("__name__", "calls_total"), ("code", "500")]);
/// for minute in 0..=5 {
///     store.append(&calls, minute * 60_000, minute as f64 * 30.0)?;
/// }
/// let settings = Settings::default();
/// let query = Query::parse("sum by (code) (rate(calls_total[5m])) > 0.1", &settings)?;
/// let Value::Vector(found) = query.instant(&store, &settings, 300_000)? else {
///     panic!("an aggregation gives a vector");
/// };
/// assert_eq!(found[0].labels.to_string(), r#"{code="500"}"#);
/// assert_eq!(found[0].value, 0.5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Query {
    text: String,
    expr: Expr,
}

impl Query {
    /// Reads an expression: at most 64 KiB, and nested at most 200 deep.
    ///
    /// # Errors
    ///
    /// What is no expression of that version, or one whose types do not fit.
    pub fn parse(text: &str, settings: &Settings) -> Result<Self, QueryError> {
        Ok(Self {
            text: text.to_owned(),
            expr: compile::compile(text, settings.semantics)?,
        })
    }

    /// Returns the expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Lists the selectors, in the order in which they are written.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        uses::uses(&self.expr)
    }

    /// Returns how far back it looks: what a store must keep for it. `None` where that depends on when it is
    /// asked, since a selector holds a time by `@`.
    #[must_use]
    pub fn reach(&self, settings: &Settings) -> Option<Duration> {
        let uses = self.uses().into_iter();
        uses.map(|used| used.reach(settings))
            .try_fold(Duration::ZERO, |furthest, it| Some(furthest.max(it?)))
    }

    /// Says whether it is a number, which has no labels and no end.
    pub(crate) fn is_scalar(&self) -> bool {
        self.expr.kind() == Kind::Scalar
    }

    /// Returns which series it selects, if it does nothing else.
    pub(crate) fn into_selector(self) -> Result<Vec<Vec<Matcher>>, QueryError> {
        match self.expr {
            Expr::Vector(selector) if selector.shift.is_none() => Ok(selector.any),
            _ => Err(QueryError::syntax(
                None,
                "expected a selector and nothing else",
            )),
        }
    }

    /// Evaluates at one time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// Operands that do not fit one another, or more samples than may be touched.
    pub fn instant(
        &self,
        store: &Store,
        settings: &Settings,
        time: i64,
    ) -> Result<Value, QueryError> {
        Eval::new(store, settings, Span::instant(time)).instant(&self.expr, time)
    }

    /// Evaluates at `start` and every `step` milliseconds from there to `end`; the series are sorted by
    /// their labels.
    ///
    /// # Errors
    ///
    /// A step that is not above 0, an expression that gives no number at a time, and what
    /// [`instant`](Self::instant) fails by at any step.
    pub fn range(
        &self,
        store: &Store,
        settings: &Settings,
        (start, end, step): (i64, i64, i64),
    ) -> Result<Vec<Range>, QueryError> {
        if step <= 0 {
            return Err(QueryError::failed("the step must be above 0"));
        }
        if !matches!(self.expr.kind(), Kind::Scalar | Kind::Vector) {
            let problem = "only a scalar or an instant vector has a value at each step";
            return Err(QueryError::failed(problem));
        }
        let span = Span { start, end, step };
        Eval::new(store, settings, span).range(&self.expr)
    }
}
