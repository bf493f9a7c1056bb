//! Other names for metrics.

use std::fmt;

use super::Metrics;
use super::nearest::{near, nearest};
use crate::scan;

/// What the names of most of our metrics begin with.
const PREFIX: &str = "admf_";

/// Reports a name that no metric has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    name: String,
    nearest: Vec<String>,
}

impl Unknown {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lists the names that are nearest to it, of metrics and of aliases: at most three, the nearest first.
    #[must_use]
    pub fn nearest(&self) -> &[String] {
        &self.nearest
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let near = near(self.nearest.iter().map(String::as_str));
        let text = format!("unknown metric `{}`{near}", self.name);
        f.write_str(&scan::shown(&text))
    }
}

impl std::error::Error for Unknown {}

impl Metrics {
    /// Finds the series that a name means: of a metric, of a part of a histogram, or an alias. What is none of these is
    /// taken in snake case with `_` for `.`, as it is or after `admf_`: `system.cpuRatio` may be `admf_system_cpu_ratio`.
    ///
    /// # Errors
    ///
    /// There is nothing of the kind.
    pub fn resolve<'n>(&'n self, name: &'n str) -> Result<&'n str, Unknown> {
        if self.of_series(name).is_some() {
            return Ok(name);
        }
        if let Some(name) = self.aliases.get(name) {
            return Ok(name);
        }
        let plain = snake_case(name);
        let mapped = [plain.clone(), format!("{PREFIX}{plain}")];
        let mut found = mapped
            .iter()
            .filter_map(|it| self.metrics.get_key_value(it));
        found
            .next()
            .map(|(name, _)| name.as_str())
            .ok_or_else(|| self.unknown(name))
    }

    /// Names what is nearest to a name that is not there.
    pub(super) fn unknown(&self, name: &str) -> Unknown {
        let known = self.metrics.keys().chain(self.aliases.keys());
        let known: Vec<&str> = known.map(String::as_str).collect();
        let plain = snake_case(name);
        let prefixed = format!("{PREFIX}{plain}");
        let mut found = nearest(name, known.iter().copied());
        for other in [&plain, &prefixed] {
            if found.is_empty() {
                found = nearest(other, known.iter().copied());
            }
        }
        Unknown {
            name: name.to_owned(),
            nearest: found.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// `performance.customMetric` in the way of metrics: `performance_custom_metric`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut small_before = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && small_before {
            snake.push('_');
        }
        small_before = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(match c {
            '.' | '-' => '_',
            c => c.to_ascii_lowercase(),
        });
    }
    snake
}
