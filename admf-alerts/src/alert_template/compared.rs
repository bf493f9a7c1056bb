//! Comparisons with a number.

use super::condition::Operator;
use super::problem::Problem;

/// A comparison, of which the number may yet be another one.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) left: String,
    pub(super) operator: Operator,
    pub(super) value: Option<f64>,
    /// What has to be there besides.
    pub(super) guard: String,
}

impl Compared {
    pub(super) fn with(&self, value: f64) -> String {
        let sign = self.operator.sign();
        format!("{} {sign} {value}{}", self.left, self.guard)
    }
}

pub(super) fn value(own: Option<f64>, threshold: Option<f64>) -> Result<f64, Problem> {
    let (field, value) = match (own, threshold) {
        (Some(own), Some(threshold)) if own != threshold => {
            let problem = format!("disagrees with condition.value `{own}`");
            return Err(Problem::new("threshold", threshold, problem));
        }
        (Some(value), _) => ("condition.value", value),
        (None, Some(value)) => ("threshold", value),
        (None, None) => return Err(Problem::new("condition.value", "", "must be set")),
    };
    match value.is_finite() {
        true => Ok(value),
        false => Err(Problem::new(field, value, "must be a finite number")),
    }
}

/// Checks that what resolves an alert is not stricter than what fires it.
pub(super) fn cleared(operator: Operator, value: f64, clear: f64) -> Result<f64, Problem> {
    let problem = match operator {
        Operator::Gt | Operator::Gte if clear <= value => return Ok(clear),
        Operator::Lt | Operator::Lte if clear >= value => return Ok(clear),
        Operator::Gt | Operator::Gte => format!("must be at most condition.value `{value}`"),
        Operator::Lt | Operator::Lte => format!("must be at least condition.value `{value}`"),
        Operator::Eq | Operator::Ne => "is of `lt`, `lte`, `gt` and `gte` alone".to_owned(),
    };
    Err(Problem::new("clear", clear, problem))
}
