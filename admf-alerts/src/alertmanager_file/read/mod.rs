//! From YAML to who is told.

pub(super) mod fields;
mod global;
mod http;
mod interval;
mod receiver;
mod route;
mod slack;
mod templates;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use fields::Around;
pub(super) use global::parsed as smarthost;
pub(super) use http::http;
pub(super) use route::listed;

use self::fields::{filled, there};
use self::global::Global;
use super::Setup;
use crate::channel::config::Channel;
use crate::notify::{Config, TimeInterval};
use crate::template::Definitions;
use crate::yaml::{At, Node, Read};

const FILE: &[&str] = &[
    "global",
    "route",
    "inhibit_rules",
    "receivers",
    "templates",
    "mute_time_intervals",
    "time_intervals",
];

type Intervals = BTreeMap<String, Vec<TimeInterval>>;

pub(super) fn setup(node: &Node, around: Around<'_>) -> Read<Setup> {
    let at = At::top(node);
    at.knows(FILE)?;
    let templates = templates::patterns(&at, around)?;
    let definitions = templates::definitions(&at, &templates)?;
    let nothing = Node {
        mark: node.mark,
        kind: crate::yaml::Kind::Map(Vec::new()),
    };
    let global = at.some("global").unwrap_or(At::top(&nothing));
    let global = global::global(&global, around)?;
    let time_intervals = intervals(&at)?;
    let channels = receivers(&at, &global, around, &definitions)?;
    let Some(root) = at.some("route") else {
        return Err(at.refused("there is no `route`"));
    };
    let known = route::Known {
        receivers: channels.keys().map(String::as_str).collect(),
        intervals: time_intervals.keys().map(String::as_str).collect(),
    };
    let route = route::route(&root, &known)?;
    route::root(&root, &route)?;
    let rules = at.list("inhibit_rules")?.into_iter();
    let rules = rules.map(|at| there(&at).and_then(|()| route::inhibit(&at)));
    let mut notify = Config::default();
    notify.route = route;
    notify.inhibit_rules = rules.collect::<Read<_>>()?;
    notify.time_intervals = time_intervals;
    notify.resolve_timeout = global.resolve_timeout.unwrap_or(notify.resolve_timeout);
    let mut setup = Setup::new(notify, channels);
    setup.templates = templates;
    Ok(setup)
}

fn receivers(
    at: &At<'_>,
    global: &Global,
    around: Around<'_>,
    definitions: &Definitions,
) -> Read<BTreeMap<String, Vec<Channel>>> {
    let mut receivers = BTreeMap::new();
    for at in at.list("receivers")? {
        let (name, channels) = receiver::receiver(&at, global, around, definitions)?;
        if receivers.insert(name.clone(), channels).is_some() {
            let here = at.get("name").expect("it was read");
            return Err(here.refused(format!("there is another receiver `{name}`")));
        }
    }
    Ok(receivers)
}

fn intervals(at: &At<'_>) -> Read<Intervals> {
    let mut intervals = Intervals::new();
    let mut names = BTreeSet::new();
    let both = [at.list("mute_time_intervals")?, at.list("time_intervals")?];
    for at in both.into_iter().flatten() {
        there(&at)?;
        at.knows(&["name", "time_intervals"])?;
        let Some(name) = filled(&at, "name")? else {
            return Err(at.refused("a time interval must have a name"));
        };
        if !names.insert(name.clone()) {
            let here = at.get("name").expect("it was read");
            return Err(here.refused(format!("there is another time interval `{name}`")));
        }
        let list = at.list("time_intervals")?.into_iter();
        let list = list
            .map(|at| interval::interval(&at))
            .collect::<Read<_>>()?;
        intervals.insert(name, list);
    }
    Ok(intervals)
}
