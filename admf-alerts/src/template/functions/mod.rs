//! The functions, and how they are called.

mod builtin;
mod compare;
mod escape;
mod hosts;
mod humanize;
mod patterns;
mod samples;
mod strings;

use regex::Regex;

use super::ast::Expr;
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

const ANY: usize = usize::MAX;

const fn of(
    name: &'static str,
    min: usize,
    max: usize,
    run: fn(&[Value]) -> Result<Value, String>,
) -> Function {
    let args = (min, max);
    let run = Run::Of(run);
    Function { name, args, run }
}

const fn special(name: &'static str, min: usize, max: usize, run: Run) -> Function {
    let args = (min, max);
    Function { name, args, run }
}

static FUNCTIONS: &[Function] = &[
    special("and", 1, ANY, Run::And),
    special("or", 1, ANY, Run::Or),
    of("not", 1, 1, compare::not),
    of("eq", 2, ANY, compare::eq),
    of("ne", 2, 2, compare::ne),
    of("lt", 2, 2, compare::lt),
    of("le", 2, 2, compare::le),
    of("gt", 2, 2, compare::gt),
    of("ge", 2, 2, compare::ge),
    of("len", 1, 1, builtin::len),
    of("index", 1, ANY, builtin::index),
    of("slice", 1, 3, builtin::slice),
    of("print", 0, ANY, builtin::print),
    of("println", 0, ANY, builtin::println),
    of("printf", 1, ANY, builtin::printf),
    of("html", 0, ANY, escape::html),
    of("js", 0, ANY, escape::js),
    of("urlquery", 0, ANY, escape::urlquery),
    special("query", 1, 1, Run::Query),
    of("first", 1, 1, samples::first),
    of("value", 1, 1, samples::value),
    of("strvalue", 1, 1, samples::strvalue),
    of("label", 2, 2, samples::label),
    of("sortByLabel", 2, 2, samples::sort_by_label),
    of("humanize", 1, 1, humanize::humanize),
    of("humanize1024", 1, 1, humanize::humanize1024),
    of("humanizeDuration", 1, 1, humanize::duration),
    of("humanizePercentage", 1, 1, humanize::percentage),
    of("humanizeTimestamp", 1, 1, humanize::timestamp),
    of("title", 1, 1, strings::title),
    of("toUpper", 1, 1, strings::to_upper),
    of("toLower", 1, 1, strings::to_lower),
    of("safeHtml", 1, 1, strings::same),
    of("parseDuration", 1, 1, strings::parse_duration),
    of("stripPort", 1, 1, hosts::strip_port),
    of("stripDomain", 1, 1, hosts::strip_domain),
    of("graphLink", 1, 1, escape::graph_link),
    of("tableLink", 1, 1, escape::table_link),
    special("match", 2, 2, Run::Matching(patterns::is_match)),
    special("reReplaceAll", 3, 3, Run::Matching(patterns::replace_all)),
];

/// Those of Prometheus and Go that are left out, with what to do instead.
const REFUSED: [(&str, &str); 6] = [
    ("args", "it serves `tmpl`, which is not supported"),
    ("call", "there are no values that can be called"),
    ("externalURL", "write `$externalURL`"),
    ("pathPrefix", "write `$externalURL`"),
    ("tmpl", "rules have no templates by name"),
    ("toTime", "write `humanizeTimestamp`"),
];

/// What a dynamic pattern or a query costs, in steps.
const DEAR: usize = 1000;

/// What calls need of the rendering.
pub(super) struct Context<'r> {
    pub(super) query: &'r dyn Query,
    pub(super) pattern: Option<&'r Regex>,
}

pub(super) fn find(name: &str, at: usize) -> Result<&'static Function, Fault> {
    if let Some(function) = FUNCTIONS.iter().find(|it| it.name == name) {
        return Ok(function);
    }
    let refused = REFUSED.iter().find(|(refused, _)| *refused == name);
    Err(Fault::new(
        at,
        match refused {
            Some((_, instead)) => format!("function `{name}` is not supported: {instead}"),
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
            ANY => format!("at least {min}"),
            max if max == min => format!("{min}"),
            max => format!("{min} to {max}"),
        };
        let problem = format!("`{name}` takes {wanted} arguments, not {given}");
        return Err(Fault::new(at, problem));
    }
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
        let read = args.iter().map(|arg| match arg {
            Value::Text(text) => text.len() / 64,
            _ => 0,
        });
        charge(1 + read.sum::<usize>())?;
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

fn wanted(kind: &str, value: &Value) -> String {
    format!("{kind} was expected, not {}", value.kind())
}
