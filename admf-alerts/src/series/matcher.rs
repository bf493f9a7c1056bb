//! What a label must be like.

use std::fmt;

use regex::Regex;

use crate::labels::{Labels, Quoted};
use crate::re2;

/// How a label's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`: the whole value matches the expression.
    Matches,
    /// `!~`
    MatchesNot,
}

/// Says what one label of a series must be like; a label that is not there is empty.
///
/// # Examples
///
/// ```
/// use admf_alerts::series::{MatchOp, Matcher};
///
/// let matcher = Matcher::new("code", MatchOp::Matches, "5..", false)?;
/// assert!(matcher.is_match("503"));
/// assert!(!matcher.is_match("1503"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct Matcher {
    name: Box<str>,
    op: MatchOp,
    value: Box<str>,
    regex: Option<Regex>,
}

impl Matcher {
    /// Creates a matcher; with `lines` a dot matches a line feed too, as since Prometheus 3.
    ///
    /// # Errors
    ///
    /// An expression that is none.
    pub fn new(name: &str, op: MatchOp, value: &str, lines: bool) -> Result<Self, String> {
        let regex = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Matches | MatchOp::MatchesNot => Some(re2::anchored(value, lines)?),
        };
        Ok(Self {
            name: name.into(),
            op,
            value: value.into(),
            regex,
        })
    }

    pub(crate) fn equal(name: &str, value: &str) -> Self {
        Self {
            name: name.into(),
            op: MatchOp::Equal,
            value: value.into(),
            regex: None,
        }
    }

    /// Returns the label's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the value or the expression.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns how they are compared.
    #[must_use]
    pub fn op(&self) -> MatchOp {
        self.op
    }

    /// Says whether a value will do.
    #[must_use]
    pub fn is_match(&self, value: &str) -> bool {
        let found = match &self.regex {
            Some(regex) => regex.is_match(value),
            None => *self.value == *value,
        };
        found != matches!(self.op, MatchOp::NotEqual | MatchOp::MatchesNot)
    }

    /// Says whether the labels of a series will do.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.is_match(labels.get(&self.name).unwrap_or_default())
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Matches => "=~",
            MatchOp::MatchesNot => "!~",
        };
        let odd = |c: char| c.is_whitespace() || "{}!=~,\\\"'`".contains(c);
        match self.name.contains(odd) {
            true => write!(f, "{}", Quoted(&self.name))?,
            false => f.write_str(&self.name)?,
        }
        write!(f, "{op}{}", Quoted(&self.value))
    }
}
