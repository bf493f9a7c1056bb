//! What is wrong with a text.

use std::collections::HashMap;
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

/// Problems as they are found. A text of one bad line, over and over, costs no more than a good one: of
/// each rule some are kept and the others counted. Of each, so that none hides another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    kept: Vec<Problem>,
    of_rule: HashMap<Rule, usize>,
}

impl Found {
    pub(crate) fn push(&mut self, problem: Problem) {
        let found = self.of_rule.entry(problem.rule).or_default();
        *found += 1;
        if *found <= Problems::MOST_OF_A_RULE {
            self.kept.push(problem);
        }
    }

    /// Returns them as an error, if there are any.
    pub(crate) fn none(mut self) -> Result<(), Problems> {
        self.kept.sort_by_key(Problem::line);
        match self.of_rule.values().sum() {
            0 => Ok(()),
            count => Err(Problems {
                list: self.kept,
                count,
            }),
        }
    }
}

/// Reports what is wrong with a text, by line; there is at least one problem.
///
/// Of each rule it holds the first [`MOST_OF_A_RULE`](Self::MOST_OF_A_RULE) that were found, and counts all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    count: usize,
}

impl Problems {
    /// How many problems with one rule are held.
    pub const MOST_OF_A_RULE: usize = 100;

    /// Lists those that are held, by line.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.list
    }

    /// Returns how many were found, at least as many as are held.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self {
            list: vec![problem],
            count: 1,
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
        match self.count {
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
