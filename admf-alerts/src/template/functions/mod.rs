//! The functions, and how they are called.

mod builtin;
mod compare;
mod escape;
mod hosts;
mod humanize;
mod notices;
mod patterns;
mod samples;
mod strings;
mod table;

use regex::Regex;

use super::ast::Expr;
use super::dialect::Dialect;
use super::value::Value;
use super::{Fault, Query};
use crate::re2;
use crate::scan;

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// How many arguments it takes: at least, and at most.
    args: (usize, usize),
    run: Run,
}

#[derive(Debug)]
enum Run {
    And,
    Or,
    Query,
    Of(fn(&[Value]) -> Result<Value, String>),
    /// The first argument is a pattern.
    Matching(fn(&Regex, &[Value]) -> Result<Value, String>),
}

/// What a dynamic pattern or a query costs, in steps.
const DEAR: usize = 1000;

/// What calls need of the rendering.
pub(super) struct Context<'r> {
    pub(super) query: &'r dyn Query,
    pub(super) pattern: Option<&'r Regex>,
}

pub(super) fn find(name: &str, at: usize, dialect: Dialect) -> Result<&'static Function, Fault> {
    if let Some(function) = table::function(name, dialect) {
        return Ok(function);
    }
    Err(Fault::new(
        at,
        match table::instead(name, dialect) {
            Some(instead) => format!("function `{name}` is not supported: {instead}"),
            None => format!("there is no function `{}`", scan::shown(name)),
        },
    ))
}

/// Makes a call, once the number of arguments and a pattern that is a literal are right.
pub(super) fn call(function: &'static Function, args: Vec<Expr>, at: usize) -> Result<Expr, Fault> {
    let (min, max) = function.args;
    if args.len() < min || args.len() > max {
        let (name, given) = (function.name, args.len());
        let wanted = match max {
            table::ANY => format!("at least {min}"),
            max if max == min => format!("{min}"),
            max => format!("{min} to {max}"),
        };
        let problem = format!("`{name}` takes {wanted} arguments, not {given}");
        return Err(Fault::new(at, problem));
    }
    constants(function, &args).map_err(|problem| Fault::new(at, problem))?;
    let pattern = match (&function.run, args.first()) {
        (Run::Matching(_), Some(Expr::Constant(Value::Text(text)))) => {
            Some(re2::compile(text).map_err(|problem| Fault::new(at, problem))?)
        }
        _ => None,
    };
    Ok(Expr::Call {
        function,
        args,
        pattern,
        at,
    })
}

/// Refuses a first argument that is a constant and can be no text, where it must be one.
fn constants(function: &Function, args: &[Expr]) -> Result<(), String> {
    let takes_text = match function.run {
        Run::Query | Run::Matching(_) => true,
        Run::Of(_) => matches!(function.name, "label" | "sortByLabel"),
        Run::And | Run::Or => false,
    };
    match args.first() {
        Some(Expr::Constant(value)) if takes_text && !matches!(value, Value::Text(_)) => {
            Err(format!("`{}`: {}", function.name, wanted("string", value)))
        }
        _ => Ok(()),
    }
}

impl Function {
    /// Says whether it decides which of its arguments are evaluated.
    pub(super) fn is_lazy(&self) -> bool {
        matches!(self.run, Run::And | Run::Or)
    }

    /// Says whether it asks an expression: its first argument.
    pub(super) fn is_query(&self) -> bool {
        matches!(self.run, Run::Query)
    }

    pub(super) fn stops_at_true(&self) -> bool {
        matches!(self.run, Run::Or)
    }

    /// Calls it; `charge` takes steps from what is left of them.
    pub(super) fn call(
        &self,
        args: &[Value],
        context: &Context<'_>,
        mut charge: impl FnMut(usize) -> Result<(), String>,
    ) -> Result<Value, String> {
        charge(1 + args.iter().map(Value::work).sum::<usize>())?;
        match &self.run {
            Run::Of(run) => run(args),
            Run::Query => {
                charge(DEAR)?;
                samples::query(context.query, args)
            }
            Run::Matching(run) => match context.pattern {
                Some(pattern) => run(pattern, args),
                None => {
                    charge(DEAR)?;
                    run(&re2::compile(text(args, 0)?)?, args)
                }
            },
            Run::And | Run::Or => unreachable!("the evaluation does those itself"),
        }
    }
}

/// Returns an argument that must be a text. How many there are was checked when the template was read.
fn text(args: &[Value], index: usize) -> Result<&str, String> {
    match &args[index] {
        Value::Text(text) => Ok(text),
        other => Err(wanted("string", other)),
    }
}

pub(super) fn wanted(kind: &str, value: &Value) -> String {
    format!("{kind} was expected, not {}", value.kind())
}
