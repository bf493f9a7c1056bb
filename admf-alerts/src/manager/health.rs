//! How a manager does.

use std::fmt;

/// Shows how the evaluation of rules does; its `Display` is a line for a page of health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManagerHealth {
    /// Whether rules are evaluated at all.
    pub evaluating: bool,
    /// How many rules there are, without those that are disabled.
    pub rules: usize,
    /// How many alerts are disabled.
    pub disabled: usize,
    /// How many rules failed at their last evaluation.
    pub failing: usize,
    /// The name of the first of them, and why.
    pub first_failure: Option<(String, String)>,
}

impl fmt::Display for ManagerHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.evaluating {
            f.write_str("evaluation is switched off; ")?;
        }
        write!(f, "{} rules", self.rules)?;
        if self.disabled > 0 {
            write!(f, ", {} disabled", self.disabled)?;
        }
        if let Some((rule, why)) = &self.first_failure {
            let line = format!(", {} failing: `{rule}`: {why}", self.failing);
            f.write_str(&crate::scan::shown(&line))?;
        }
        Ok(())
    }
}
