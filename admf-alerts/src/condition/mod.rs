//! What a rule asks of the samples: a selector compared with a number.

use std::fmt;

use crate::labels::{Labels, Quoted};
use crate::samples::Samples;
use crate::scan::{self, Scanner};

/// Compares each series that a selector matches with a threshold.
///
/// Reads and behaves like the PromQL of the same text: a series for which it holds is a row of the
/// result.
///
/// # Examples
///
/// ```
/// use admf_alerts::Condition;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let open = Condition::parse(r#"circuit_breaker_state{state="open"} == 1"#)?;
/// assert!(open.holds(1.0) && !open.holds(0.0));
/// assert_eq!(open.to_string(), r#"circuit_breaker_state{state="open"} == 1"#);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Which series.
    pub selector: Selector,
    /// How their values are compared.
    pub comparison: Comparison,
    /// What with; not NaN.
    pub threshold: f64,
}

/// Names series: by name, and by labels that must all match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The name of the series.
    pub name: String,
    /// What their labels must say.
    pub matchers: Vec<Matcher>,
}

/// Says what a label must, or must not, be. A label that is missing is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Matcher {
    /// `label="value"`
    Equal {
        /// The label.
        label: String,
        /// What it must be.
        value: String,
    },
    /// `label!="value"`
    NotEqual {
        /// The label.
        label: String,
        /// What it must not be.
        value: String,
    },
}

/// Says how a value is compared with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`; the only one that holds for NaN.
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// The longer of two that begin alike comes first.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
];

impl Condition {
    /// Parses `name{label="value", other!="value"} > number`; braces and blanks may be left out.
    ///
    /// # Errors
    ///
    /// Says what was expected and what is there; a threshold of NaN is refused, because nothing
    /// compares with it.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let error = |problem| ConditionError {
            text: text.to_owned(),
            problem,
        };
        Self::scan(text).map_err(error)
    }

    fn scan(text: &str) -> Result<Self, String> {
        let mut scanner = Scanner::new(text.trim());
        let selector = Selector::scan(&mut scanner)?;
        scanner.skip_blanks();
        let comparison = COMPARISONS
            .into_iter()
            .find(|(token, _)| scanner.eat(token));
        let Some((_, comparison)) = comparison else {
            return Err(scanner.expected("one of `==`, `!=`, `>`, `>=`, `<`, `<=`"));
        };
        scanner.skip_blanks();
        if scanner.rest.is_empty() {
            return Err(scanner.expected("a number"));
        }
        let threshold = scan::number(scanner.rest)?;
        if threshold.is_nan() {
            return Err("threshold must not be NaN".to_owned());
        }
        Ok(Self {
            selector,
            comparison,
            threshold,
        })
    }

    /// Says whether it holds for a value.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        match self.comparison {
            #[expect(clippy::float_cmp, reason = "it is what the rule asks for")]
            Comparison::Equal => value == self.threshold,
            #[expect(clippy::float_cmp, reason = "it is what the rule asks for")]
            Comparison::NotEqual => value != self.threshold,
            Comparison::Greater => value > self.threshold,
            Comparison::GreaterOrEqual => value >= self.threshold,
            Comparison::Less => value < self.threshold,
            Comparison::LessOrEqual => value <= self.threshold,
        }
    }

    /// Returns the series for which it holds, with their values.
    #[must_use]
    pub fn rows(&self, samples: &Samples) -> Vec<Row> {
        let held = samples
            .select(&self.selector)
            .filter(|sample| self.holds(sample.value));
        held.map(|sample| Row {
            labels: sample.labels.clone(),
            value: sample.value,
        })
        .collect()
    }
}

/// Holds one row of a rule's result: a series for which the condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The labels of the series; a `__name__` among them does not reach the alert.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

impl Selector {
    /// Parses `name` or `name{label="value", other!="value"}`.
    ///
    /// # Errors
    ///
    /// Says what was expected and what is there.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let mut scanner = Scanner::new(text.trim());
        let parsed = Self::scan(&mut scanner).and_then(|selector| {
            scanner.end()?;
            Ok(selector)
        });
        parsed.map_err(|problem| ConditionError {
            text: text.to_owned(),
            problem,
        })
    }

    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, String> {
        type Make = fn(String, String) -> Matcher;
        const OPERATORS: [(&str, Make); 2] = [
            ("!=", |label, value| Matcher::NotEqual { label, value }),
            ("=", |label, value| Matcher::Equal { label, value }),
        ];
        let name = scanner.metric_name()?.to_owned();
        scanner.skip_blanks();
        let matchers = scanner.braces(&OPERATORS)?.into_iter();
        let matchers = matchers
            .map(|(label, make, value)| make(label.to_owned(), value))
            .collect();
        Ok(Self { name, matchers })
    }

    /// Says whether labels satisfy every matcher.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.matches(labels))
    }
}

impl Matcher {
    /// Says whether labels satisfy it.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let is = |label, value| labels.get(label).unwrap_or_default() == value;
        match self {
            Self::Equal { label, value } => is(label.as_str(), value.as_str()),
            Self::NotEqual { label, value } => !is(label.as_str(), value.as_str()),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}",
            self.selector, self.comparison, self.threshold
        )
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = COMPARISONS
            .into_iter()
            .find(|(_, comparison)| comparison == self);
        f.write_str(token.map_or("", |(token, _)| token))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (i, matcher) in self.matchers.iter().enumerate() {
            write!(f, "{}{matcher}", if i == 0 { "{" } else { "," })?;
        }
        f.write_str(if self.matchers.is_empty() { "" } else { "}" })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal { label, value } => write!(f, "{label}={}", Quoted(value)),
            Self::NotEqual { label, value } => write!(f, "{label}!={}", Quoted(value)),
        }
    }
}

/// Reports a text that is not a condition, or not a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    text: String,
    problem: String,
}

impl ConditionError {
    pub(crate) fn into_parts(self) -> (String, String) {
        (self.text, self.problem)
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", scan::shown(&self.text), self.problem)
    }
}

impl std::error::Error for ConditionError {}

#[cfg(test)]
mod tests;
