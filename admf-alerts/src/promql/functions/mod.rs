//! The functions, as a table: names, since or until when they are, and what they do.
//!
//! How many arguments of which types each takes was checked by the parser.

mod absent;
mod calendar;
mod histogram;
mod labels;
mod maths;
mod over_time;
mod rate;
mod shape;
mod smooth;

use super::Semantics;
use super::error::QueryError;
use super::eval::{Eval, Evaluated};
use super::expr::{Expr, Millis};
use super::windows::Window;

/// What is not there where a window has too few samples.
pub(super) type Answer = Result<Option<f64>, QueryError>;

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// Where it is only known to one.
    only: Option<Semantics>,
    pub(super) body: Body,
}

/// What a function does; numbers among its arguments are given as a slice.
pub(super) enum Body {
    /// From each series' window to a value; `named` keeps the series' name.
    Window {
        named: bool,
        of: fn(&Window<'_>, &[f64]) -> Answer,
    },
    /// From each value to another.
    Map(fn(f64) -> f64),
    /// From each value and the numbers to another, or none.
    Params(fn(f64, &[f64]) -> Option<f64>),
    /// From seconds since the Unix epoch: the values', or now.
    Calendar(fn(i64) -> f64),
    Special(fn(&Eval<'_>, &[Expr], Millis) -> Evaluated),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Window { .. } => "Window",
            Self::Map(_) => "Map",
            Self::Params(_) => "Params",
            Self::Calendar(_) => "Calendar",
            Self::Special(_) => "Special",
        })
    }
}

impl Function {
    const fn new(name: &'static str, body: Body) -> Self {
        Self {
            name,
            only: None,
            body,
        }
    }

    const fn window(name: &'static str, of: fn(&Window<'_>, &[f64]) -> Answer) -> Self {
        Self::new(name, Body::Window { named: false, of })
    }

    const fn map(name: &'static str, of: fn(f64) -> f64) -> Self {
        Self::new(name, Body::Map(of))
    }

    const fn special(
        name: &'static str,
        eval: fn(&Eval<'_>, &[Expr], Millis) -> Evaluated,
    ) -> Self {
        Self::new(name, Body::Special(eval))
    }

    const fn only(self, semantics: Semantics) -> Self {
        Self {
            name: self.name,
            only: Some(semantics),
            body: self.body,
        }
    }
}

static TABLES: [&[Function]; 9] = [
    &absent::FUNCTIONS,
    &calendar::FUNCTIONS,
    &labels::FUNCTIONS,
    &maths::FUNCTIONS,
    &over_time::FUNCTIONS,
    &rate::FUNCTIONS,
    &shape::FUNCTIONS,
    &smooth::FUNCTIONS,
    &histogram::FUNCTIONS,
];

/// Finds a function by its name.
pub(super) fn find(name: &str, semantics: Semantics) -> Option<&'static Function> {
    let mut all = TABLES.iter().copied().flatten();
    all.find(|it| it.name == name && it.only.is_none_or(|only| only == semantics))
}
