//! What is wrong with a text.

use std::fmt;

use crate::rule::Rule;

/// Reports one thing that is wrong: line, series, rule and value, on one line.
///
/// What it shows of the text is cut after 200 characters, and control characters are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    line: usize,
    series: String,
    rule: Rule,
    value: String,
}

impl Problem {
    pub(crate) fn new(line: usize, rule: Rule, series: &str, value: impl fmt::Display) -> Self {
        Self {
            line,
            series: shown(series),
            rule,
            value: shown(&value.to_string()),
        }
    }

    /// Returns the number of the line; the first is 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Returns the series, or the metric, with its labels; empty for what is not about one.
    #[must_use]
    pub fn series(&self) -> &str {
        &self.series
    }

    /// Returns the rule that was broken.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Returns what broke it; empty where the rule says it all.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        self.rule.tell(f, &self.series, &self.value)
    }
}

impl std::error::Error for Problem {}

/// Reports all that is wrong with a text, by line; there is at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// Returns them as an error, if there are any.
    pub(crate) fn none_of(mut list: Vec<Problem>) -> Result<(), Self> {
        list.sort_by_key(Problem::line);
        if list.is_empty() {
            Ok(())
        } else {
            Err(Self { list })
        }
    }

    /// Lists them, by line.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.list
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self {
            list: vec![problem],
        }
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

/// The first, and how many more.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for first in self.list.iter().take(1) {
            write!(f, "{first}")?;
        }
        match self.list.len() {
            0 | 1 => Ok(()),
            many => write!(f, "; and {} more", many - 1),
        }
    }
}

impl std::error::Error for Problems {}

/// Makes a text fit for one line of an error or a console, which must not obey what is in it.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 200;
    let mut chars = text.chars();
    let start = chars.by_ref().take(MOST);
    let mut out: String = start
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if chars.next().is_some() {
        out.push('…');
    }
    out
}
