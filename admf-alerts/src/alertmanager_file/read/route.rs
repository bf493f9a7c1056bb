//! Routes and inhibit rules.

use std::collections::{BTreeMap, BTreeSet};

use super::super::matchers;
use super::fields::{filled, length, more, texts, there, truth};
use crate::notify::{GroupBy, InhibitRule, Route};
use crate::scan::is_label_name;
use crate::series::{MatchOp, Matcher};
use crate::yaml::{At, Kind, Read};

const ROUTE: &[&str] = &[
    "receiver",
    "group_by",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "match",
    "match_re",
    "matchers",
    "continue",
    "mute_time_intervals",
    "active_time_intervals",
    "routes",
];
const INHIBIT: &[&str] = &[
    "source_match",
    "source_match_re",
    "source_matchers",
    "target_match",
    "target_match_re",
    "target_matchers",
    "equal",
];

/// What routes may name.
pub(super) struct Known<'k> {
    pub(super) receivers: BTreeSet<&'k str>,
    pub(super) intervals: BTreeSet<&'k str>,
}

pub(super) fn route(at: &At<'_>, known: &Known<'_>) -> Read<Route> {
    there(at)?;
    at.knows(ROUTE)?;
    let receiver = filled(at, "receiver")?;
    if let Some(name) = receiver
        .as_deref()
        .filter(|it| !known.receivers.contains(it))
    {
        let here = at.get("receiver").expect("it was read");
        return Err(here.refused(format!("there is no receiver `{name}`")));
    }
    let below = at.list("routes")?.into_iter().map(|at| route(&at, known));
    Ok(Route {
        receiver,
        matchers: all_matchers(at, "match", "match_re", "matchers")?,
        r#continue: truth(at, "continue")?.unwrap_or(false),
        group_by: group_by(at)?,
        group_wait: length(at, "group_wait")?,
        group_interval: more(at, "group_interval")?,
        repeat_interval: more(at, "repeat_interval")?,
        mute_time_intervals: intervals(at, "mute_time_intervals", known)?,
        active_time_intervals: intervals(at, "active_time_intervals", known)?,
        routes: below.collect::<Read<_>>()?,
    })
}

/// Refuses a root that does not take every alert, and always.
pub(super) fn root(at: &At<'_>, root: &Route) -> Read<()> {
    if root.receiver.is_none() {
        return Err(at.refused("the root must have a receiver"));
    }
    let wrong = [
        ("match", "must take every alert"),
        ("match_re", "must take every alert"),
        ("matchers", "must take every alert"),
        ("mute_time_intervals", "must not have time intervals"),
        ("active_time_intervals", "must not have time intervals"),
    ];
    let empty = |at: &At<'_>| match &at.node.kind {
        Kind::List(it) => it.is_empty(),
        Kind::Map(it) => it.is_empty(),
        Kind::Scalar(..) => true,
    };
    for (key, problem) in wrong {
        if let Some(here) = at.some(key).filter(|at| !empty(at)) {
            return Err(here.refused(format!("the root {problem}")));
        }
    }
    match at.get("continue").filter(|_| root.r#continue) {
        Some(here) => Err(here.refused("there is nothing after the root")),
        None => Ok(()),
    }
}

fn intervals(at: &At<'_>, key: &str, known: &Known<'_>) -> Read<Vec<String>> {
    for at in at.list(key)? {
        let name = at.own_text()?;
        if !known.intervals.contains(name) {
            return Err(at.refused(format!("there is no time interval `{name}`")));
        }
    }
    texts(at, key)
}

fn group_by(at: &At<'_>) -> Read<Option<GroupBy>> {
    let names = at.list("group_by")?;
    let mut labels = BTreeSet::new();
    for name in &names {
        let text = name.own_text()?;
        if text == "..." && names.len() == 1 {
            return Ok(Some(GroupBy::All));
        }
        if text == "..." {
            return Err(name.refused("`...` is all labels, and stands alone"));
        }
        if !is_label_name(text) {
            return Err(name.refused(format!("`{text}` is no name of a label")));
        }
        if !labels.insert(text.to_owned()) {
            return Err(name.refused(format!("`{text}` is there twice")));
        }
    }
    // Nothing there is what stands above, as for Alertmanager.
    Ok((!labels.is_empty()).then_some(GroupBy::Labels(labels)))
}

fn all_matchers(at: &At<'_>, equal: &str, pattern: &str, list: &str) -> Read<Vec<Matcher>> {
    let mut all = pairs(at, equal, MatchOp::Equal)?;
    all.extend(pairs(at, pattern, MatchOp::Matches)?);
    all.extend(listed(at, list)?);
    Ok(all)
}

/// A list of texts with matchers.
pub(in crate::alertmanager_file) fn listed(at: &At<'_>, key: &str) -> Read<Vec<Matcher>> {
    let mut all = Vec::new();
    for at in at.list(key)? {
        all.extend(matchers(at.own_text()?).map_err(|problem| at.refused(problem))?);
    }
    Ok(all)
}

fn pairs(at: &At<'_>, key: &str, op: MatchOp) -> Read<Vec<Matcher>> {
    let values: BTreeMap<String, String> = at.texts(key)?;
    let at = at.get(key);
    let pairs = values.iter().map(|(name, value)| {
        let here = at
            .as_ref()
            .and_then(|at| at.get(name))
            .expect("it was read");
        if !is_label_name(name) {
            return Err(here.refused(format!("`{name}` is no name of a label")));
        }
        if op == MatchOp::Matches && here.node.is_null() {
            return Err(here.refused("there is no pattern"));
        }
        Matcher::new(name, op, value, false).map_err(|problem| here.refused(problem))
    });
    pairs.collect()
}

pub(super) fn inhibit(at: &At<'_>) -> Read<InhibitRule> {
    at.knows(INHIBIT)?;
    for name in at.list("equal")? {
        let text = name.own_text()?;
        if !is_label_name(text) {
            return Err(name.refused(format!("`{text}` is no name of a label")));
        }
    }
    Ok(InhibitRule {
        source: all_matchers(at, "source_match", "source_match_re", "source_matchers")?,
        target: all_matchers(at, "target_match", "target_match_re", "target_matchers")?,
        equal: texts(at, "equal")?.into_iter().collect(),
    })
}
