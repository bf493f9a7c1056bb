//! Why an expression has no answer.

use std::error::Error;
use std::fmt;

/// Says why an expression cannot be read, or has no answer; one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryError {
    /// It is no expression, or not one that can be evaluated.
    Syntax {
        /// Where, in bytes from the start, as far as that is known.
        position: Option<usize>,
        /// What is wrong there.
        problem: String,
    },
    /// It would touch more samples than it may.
    TooManySamples {
        /// How many it may touch.
        limit: usize,
    },
    /// Its operands do not fit one another: two series for one place, a parameter out of bounds.
    Failed(String),
}

impl QueryError {
    pub(super) fn syntax(position: impl Into<Option<usize>>, problem: impl Into<String>) -> Self {
        Self::Syntax {
            position: position.into(),
            problem: problem.into(),
        }
    }

    pub(super) fn failed(problem: impl Into<String>) -> Self {
        Self::Failed(problem.into())
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax {
                position: Some(position),
                problem,
            } => write!(f, "at {position}: {problem}"),
            Self::Syntax { problem, .. } => f.write_str(problem),
            Self::TooManySamples { limit } => {
                write!(f, "the query touches more than {limit} samples")
            }
            Self::Failed(problem) => f.write_str(problem),
        }
    }
}

impl Error for QueryError {}
