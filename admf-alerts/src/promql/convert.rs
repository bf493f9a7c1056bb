//! Small parts of the parser's tree as ours.

use std::time::{Duration, UNIX_EPOCH};

use promql_parser::parser as parsed;

use super::Semantics;
use super::error::QueryError;
use super::expr::{At, Grouping, Millis, Shift};
use crate::series::{MatchOp, Matcher};

pub(super) fn unsupported(what: &str) -> QueryError {
    QueryError::syntax(None, format!("`{what}` is not known here"))
}

pub(super) fn matcher(
    name: &str,
    op: MatchOp,
    value: &str,
    semantics: Semantics,
) -> Result<Matcher, QueryError> {
    let lines = semantics == Semantics::Prometheus3;
    Matcher::new(name, op, value, lines).map_err(|problem| QueryError::syntax(None, problem))
}

pub(super) fn grouping(modifier: Option<&parsed::LabelModifier>) -> Option<Grouping> {
    Some(match modifier? {
        parsed::LabelModifier::Include(labels) => Grouping::Only(labels.labels.clone()),
        parsed::LabelModifier::Exclude(labels) => Grouping::Without(labels.labels.clone()),
    })
}

pub(super) fn shift(at: Option<&parsed::AtModifier>, offset: Option<&parsed::Offset>) -> Shift {
    Shift {
        at: at.map(|at| match at {
            parsed::AtModifier::Start => At::Start,
            parsed::AtModifier::End => At::End,
            parsed::AtModifier::At(time) => At::Time(match time.duration_since(UNIX_EPOCH) {
                Ok(since) => millis(since),
                Err(before) => -millis(before.duration()),
            }),
        }),
        offset: match offset {
            Some(parsed::Offset::Pos(offset)) => millis(*offset),
            Some(parsed::Offset::Neg(offset)) => -millis(*offset),
            None => 0,
        },
    }
}

/// No more than an eighth of all time, so that sums of a few stay in bounds.
pub(super) fn millis(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).map_or(i64::MAX / 8, |it| it.min(i64::MAX / 8))
}
