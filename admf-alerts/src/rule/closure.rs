//! Conditions that are code.

use std::fmt;
use std::sync::Arc;

use crate::engine::{EvalError, Row, View};

/// Holds a condition that is code: it is shown the series, and returns a row for each alert.
///
/// Equal to itself and its clones alone.
#[derive(Clone)]
pub struct Closure(Arc<Condition>);

type Condition = dyn Fn(&View<'_>) -> Result<Vec<Row>, EvalError> + Send + Sync;

impl Closure {
    /// Wraps the condition.
    pub fn new(
        condition: impl Fn(&View<'_>) -> Result<Vec<Row>, EvalError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(condition))
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
