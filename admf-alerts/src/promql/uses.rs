//! What an expression asks for, before there is data.

use std::time::Duration;

use super::Settings;
use super::eval::millis;
use super::expr::{At, Expr, Millis, Selector, Shift};
use crate::series::{MatchOp, Matcher, NAME};

/// Shows one selector of a query, and what is done with its samples first.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Use<'q> {
    /// A series is selected where all matchers of any of these match.
    pub any: &'q [Vec<Matcher>],
    /// The window, where it is one.
    pub window: Option<Duration>,
    /// The function that the selector is an argument of, such as `rate`.
    pub function: Option<&'static str>,
}

impl<'q> Use<'q> {
    /// Returns the name that all selected series have, where there is one such.
    #[must_use]
    pub fn name(&self) -> Option<&'q str> {
        let [all] = self.any else {
            return None;
        };
        let mut named = all.iter().filter(|it| it.name() == NAME);
        let exact = named.find(|it| it.op() == MatchOp::Equal);
        exact.map(Matcher::value)
    }
}

/// Lists the selectors below an expression that `function` is applied to.
pub(super) fn uses<'q>(expr: &'q Expr, function: Option<&'static str>, found: &mut Vec<Use<'q>>) {
    let mut add = |selector: &'q Selector, window: Option<Millis>| {
        found.push(Use {
            any: &selector.any,
            window: window.map(length),
            function,
        });
    };
    match expr {
        Expr::Number(_) | Expr::Text(_) => {}
        Expr::Vector(selector) => add(selector, None),
        Expr::Matrix(selector, range) => add(selector, Some(*range)),
        Expr::Subquery(subquery) => uses(&subquery.expr, None, found),
        Expr::Negated(inner) => uses(inner, None, found),
        Expr::Binary(binary) => {
            uses(&binary.left, None, found);
            uses(&binary.right, None, found);
        }
        Expr::Aggregate(aggregate) => {
            let param = aggregate.param.iter();
            param.for_each(|param| uses(param, None, found));
            uses(&aggregate.expr, None, found);
        }
        Expr::Call(call) => {
            let args = call.args.iter();
            args.for_each(|arg| uses(arg, Some(call.function.name), found));
        }
    }
}

/// How far back an expression looks; `None` where that depends on when it is asked.
pub(super) fn reach(expr: &Expr, settings: &Settings) -> Option<Duration> {
    millis_back(expr, settings).map(length)
}

fn length(millis: Millis) -> Duration {
    Duration::from_millis(millis.max(0).unsigned_abs())
}

fn millis_back(expr: &Expr, settings: &Settings) -> Option<Millis> {
    match expr {
        Expr::Number(_) | Expr::Text(_) => Some(0),
        Expr::Vector(selector) => shifted(selector.shift, millis(settings.lookback)),
        Expr::Matrix(selector, range) => shifted(selector.shift, *range),
        Expr::Subquery(subquery) => {
            let inner = millis_back(&subquery.expr, settings)?;
            shifted(subquery.shift, subquery.range.saturating_add(inner))
        }
        Expr::Negated(inner) => millis_back(inner, settings),
        Expr::Binary(binary) => furthest([&binary.left, &binary.right], settings),
        Expr::Aggregate(aggregate) => {
            let param = aggregate.param.iter();
            furthest(param.chain([&aggregate.expr]), settings)
        }
        Expr::Call(call) => furthest(&call.args, settings),
    }
}

fn shifted(shift: Shift, back: Millis) -> Option<Millis> {
    match shift.at {
        Some(At::Time(_)) => None,
        // Both are now for a rule, and no further than the range for what is asked at many times.
        None | Some(At::Start | At::End) => Some(back.saturating_add(shift.offset).max(0)),
    }
}

fn furthest<'e>(exprs: impl IntoIterator<Item = &'e Expr>, settings: &Settings) -> Option<Millis> {
    let mut furthest = 0;
    for expr in exprs {
        furthest = furthest.max(millis_back(expr, settings)?);
    }
    Some(furthest)
}
