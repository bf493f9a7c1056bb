//! Conditions that are code.

use std::fmt;
use std::sync::Arc;

use super::Rule;
use crate::engine::{EvalError, Row, View};
use crate::labels::Labels;

/// Holds a condition that is code: it is shown the series, and returns what holds.
///
/// Equal to itself and its clones alone.
#[derive(Clone)]
pub struct Closure(Arc<Condition>);

type Condition = dyn Fn(&View<'_>) -> Result<Vec<Row>, EvalError> + Send + Sync;

impl Closure {
    /// Wraps the condition.
    pub fn new<H: Held>(condition: impl Fn(&View<'_>) -> H + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |view| condition(view).rows()))
    }

    pub(crate) fn rows(&self, view: &View<'_>) -> Result<Vec<Row>, EvalError> {
        (self.0)(view)
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closure(..)")
    }
}

impl PartialEq for Closure {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What a condition that is code may return: `bool`, `Option<f64>`, [`Row`]s, or a `Result` of these.
pub trait Held {
    /// Returns a row for each alert.
    ///
    /// # Errors
    ///
    /// Says why the condition has no answer.
    fn rows(self) -> Result<Vec<Row>, EvalError>;
}

/// It holds, with the value 1; or not.
impl Held for bool {
    fn rows(self) -> Result<Vec<Row>, EvalError> {
        self.then_some(1.0).rows()
    }
}

/// It holds with this value; or not.
impl Held for Option<f64> {
    fn rows(self) -> Result<Vec<Row>, EvalError> {
        let row = |value| Row {
            labels: Labels::new(),
            value,
        };
        Ok(self.map(row).into_iter().collect())
    }
}

/// Each row is an alert of its own.
impl Held for Vec<Row> {
    fn rows(self) -> Result<Vec<Row>, EvalError> {
        Ok(self)
    }
}

impl<H: Held, E: Into<EvalError>> Held for Result<H, E> {
    fn rows(self) -> Result<Vec<Row>, EvalError> {
        self.map_err(Into::into)?.rows()
    }
}

impl Rule {
    /// Creates a rule whose condition is code: it is shown the series at each evaluation. It returns whether it holds, with
    /// which value (`Option<f64>`), or for which labels (`Vec<Row>`); or a `Result` of one of these.
    ///
    /// A condition that panics fails the evaluation of its own rule, and no other. It must not wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use admf_alerts::{Engine, Rule, Samples};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let behind = Rule::when("Behind", |view| {
    ///     let [made, done] = ["made", "done"].map(|stage| view.value("orders", &[("stage", stage)]));
    ///     Some(made? - done?).filter(|behind| *behind > 10.0)
    /// });
    /// let mut engine = Engine::new([behind.annotation("summary", "{{ $value }} orders behind")])?;
    /// let scrape = Samples::parse("orders{stage=\"made\"} 40\norders{stage=\"done\"} 28\n")?;
    /// let events = engine.step(Duration::from_secs(1), &scrape);
    /// assert_eq!(events[0].to_string(), "FIRING   Behind value=12 since 1s: 12 orders behind");
    /// # Ok(())
    /// # }
    /// ```
    pub fn when<H: Held>(
        name: impl Into<String>,
        condition: impl Fn(&View<'_>) -> H + Send + Sync + 'static,
    ) -> Self {
        Self {
            closure: Some(Closure::new(condition)),
            ..Self::new(name, "")
        }
    }
}
