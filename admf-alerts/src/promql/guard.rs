//! What an expression must be before the parser sees it: bounded, and of the chosen generation.
//!
//! The parser recurses into what it has built, takes lengths of time without bounds and tells no
//! positions. So its tokens are looked at first, one after another.

use super::Semantics;
use super::error::QueryError;
use super::newer::Newer;
use super::tokens::{Token, Tokens};

/// The longest text, in bytes.
const LENGTH: usize = 64 * 1024;
/// The deepest nesting, of brackets and of operators that follow one another.
const DEPTH: usize = 200;
/// The longest time, 290 years, in seconds.
const LONGEST: f64 = 290.0 * 365.0 * 86_400.0;

pub(super) fn check(text: &str, semantics: Semantics) -> Result<(), QueryError> {
    if text.len() > LENGTH {
        let problem = format!("the expression is longer than {LENGTH} bytes");
        return Err(QueryError::syntax(LENGTH, problem));
    }
    let mut guard = Guard {
        semantics,
        newer: Newer::default(),
        open: vec![],
        operators: 0,
        depth: 0,
        after_offset: false,
    };
    for token in Tokens::new(text) {
        let (position, token) = token?;
        if semantics == Semantics::Prometheus2 {
            guard.newer.take(&text[position..], position, &token)?;
        }
        guard.take(position, &token)?;
    }
    match guard.open.pop() {
        Some(open) => Err(QueryError::syntax(open.position, "it is not closed")),
        None => Ok(()),
    }
}

struct Open {
    bracket: char,
    position: usize,
    operators: usize,
}

struct Guard {
    semantics: Semantics,
    newer: Newer,
    open: Vec<Open>,
    /// Since the innermost bracket.
    operators: usize,
    /// All of these, and all open brackets.
    depth: usize,
    after_offset: bool,
}

impl Guard {
    fn take(&mut self, position: usize, token: &Token<'_>) -> Result<(), QueryError> {
        let after_offset = std::mem::replace(&mut self.after_offset, false);
        match *token {
            Token::Open(bracket) => self.open(position, bracket)?,
            Token::Close(bracket) => self.close(position, bracket)?,
            Token::Operator => {
                self.after_offset = after_offset;
                self.operators += 1;
                self.deepen(position)?;
            }
            Token::Word("offset") => self.after_offset = true,
            Token::Word("and" | "or" | "unless" | "atan2") => {
                self.operators += 1;
                self.deepen(position)?;
            }
            // A new argument: no operator before it has it as its operand.
            Token::Comma => {
                self.depth -= self.operators;
                self.operators = 0;
            }
            Token::Number(seconds) => self.number(position, seconds, after_offset)?,
            Token::Length(seconds) => self.length(position, seconds, after_offset)?,
            Token::Word(_) | Token::Text | Token::Other => {}
        }
        Ok(())
    }

    fn deepen(&mut self, position: usize) -> Result<(), QueryError> {
        self.depth += 1;
        if self.depth > DEPTH {
            let problem = format!("the expression is nested more than {DEPTH} deep");
            return Err(QueryError::syntax(position, problem));
        }
        Ok(())
    }

    fn open(&mut self, position: usize, bracket: char) -> Result<(), QueryError> {
        let operators = std::mem::replace(&mut self.operators, 0);
        self.open.push(Open {
            bracket,
            position,
            operators,
        });
        self.deepen(position)
    }

    fn close(&mut self, position: usize, bracket: char) -> Result<(), QueryError> {
        let opened = match bracket {
            ')' => '(',
            ']' => '[',
            _ => '{',
        };
        let open = self.open.pop().filter(|open| open.bracket == opened);
        let Some(open) = open else {
            let problem = format!("`{bracket}` closes nothing");
            return Err(QueryError::syntax(position, problem));
        };
        // What follows one another, with the brackets each has: `(a)(b)` is no deeper than `(a)`.
        self.depth -= 1 + self.operators;
        self.operators = open.operators;
        Ok(())
    }

    fn in_square(&self) -> bool {
        self.open.last().is_some_and(|open| open.bracket == '[')
    }

    /// A number may stand for seconds since Prometheus 3.
    fn number(&self, position: usize, seconds: f64, offset: bool) -> Result<(), QueryError> {
        if !offset && !self.in_square() {
            return Ok(());
        }
        if self.semantics == Semantics::Prometheus2 {
            let problem = "a length of time has a unit, as in `5m`";
            return Err(QueryError::syntax(position, problem));
        }
        bounded(position, seconds)
    }

    /// A length of time may stand for a number of seconds since Prometheus 3.
    fn length(&self, position: usize, seconds: f64, offset: bool) -> Result<(), QueryError> {
        let is_length = offset || self.in_square();
        if !is_length && self.semantics == Semantics::Prometheus2 {
            let problem = "a length of time is no number";
            return Err(QueryError::syntax(position, problem));
        }
        bounded(position, seconds)
    }
}

fn bounded(position: usize, seconds: f64) -> Result<(), QueryError> {
    if seconds.is_finite() && (0.0..=LONGEST).contains(&seconds) {
        return Ok(());
    }
    let problem = "a length of time is above 0 and at most 290 years";
    Err(QueryError::syntax(position, problem))
}
