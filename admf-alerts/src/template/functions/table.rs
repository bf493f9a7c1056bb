//! Which functions there are.

use super::{Function, Run, Value};
use super::{builtin, compare, escape, hosts, humanize, notices, patterns, samples, strings};
use crate::template::dialect::Dialect;

pub(super) const ANY: usize = usize::MAX;

const fn of(
    name: &'static str,
    min: usize,
    max: usize,
    run: fn(&[Value]) -> Result<Value, String>,
) -> Function {
    special(name, min, max, Run::Of(run))
}

const fn special(name: &'static str, min: usize, max: usize, run: Run) -> Function {
    let args = (min, max);
    Function { name, args, run }
}

/// Go's, and what both have besides.
static COMMON: &[Function] = &[
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
    of("toUpper", 1, 1, strings::to_upper),
    of("toLower", 1, 1, strings::to_lower),
    of("safeHtml", 1, 1, strings::safe_html),
    special("match", 2, 2, Run::Matching(patterns::is_match)),
    special("reReplaceAll", 3, 3, Run::Matching(patterns::replace_all)),
];

static OF_RULES: &[Function] = &[
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
    of("parseDuration", 1, 1, strings::parse_duration),
    of("stripPort", 1, 1, hosts::strip_port),
    of("stripDomain", 1, 1, hosts::strip_domain),
    of("graphLink", 1, 1, escape::graph_link),
    of("tableLink", 1, 1, escape::table_link),
];

static OF_NOTICES: &[Function] = &[
    of("title", 1, 1, notices::title),
    of("trimSpace", 1, 1, notices::trim_space),
    of("join", 2, 2, notices::join),
    of("stringSlice", 0, ANY, notices::string_slice),
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

pub(super) fn function(name: &str, dialect: Dialect) -> Option<&'static Function> {
    let own = match dialect {
        Dialect::Rule => OF_RULES,
        Dialect::Notice => OF_NOTICES,
    };
    COMMON.iter().chain(own).find(|it| it.name == name)
}

/// What to do instead of a function that is left out.
pub(super) fn instead(name: &str, dialect: Dialect) -> Option<&'static str> {
    let left_out = REFUSED.iter().find(|(refused, _)| *refused == name);
    let left_out = left_out.filter(|_| dialect == Dialect::Rule || name == "call");
    left_out.map(|(_, instead)| *instead)
}
