//! `route`, `route_inherit`, `group_labels`, `grouping`.

use std::collections::BTreeSet;

use admf_alerts::Labels;
use admf_alerts::notify::{GroupBy, Node, Posted, Route, Routes};
use serde_json::Value;

use super::super::rules::{EPOCH, labels, length, same, texts};
use super::super::schema::{Checked, Fields};
use super::pipeline::{notifier, one_receiver};
use super::{matchers, words};

pub(super) fn group_by(names: Vec<&str>) -> GroupBy {
    match names[..] {
        ["..."] => GroupBy::All,
        _ => GroupBy::Labels(names.into_iter().map(str::to_owned).collect()),
    }
}

/// Reads a node and what is below it.
fn tree(fields: &Fields<'_>) -> Checked<Route> {
    let mut route = Route::default();
    route.receiver = fields.text("receiver")?.map(str::to_owned);
    route.matchers = matchers(fields, "matchers")?;
    route.r#continue = fields.flag("continue")?.unwrap_or_default();
    route.group_by = words(fields, "group_by")?.map(group_by);
    route.group_wait = length(fields, "group_wait_s")?;
    route.group_interval = length(fields, "group_interval_s")?;
    route.repeat_interval = length(fields, "repeat_interval_s")?;
    for child in fields.list("routes")?.into_iter().flatten() {
        route.routes.push(tree(&Fields::new("a route", child)?)?);
    }
    fields.finish()?;
    Ok(route)
}

pub(super) fn route(case: &Fields<'_>) -> Checked<()> {
    let routes = Routes::new(&tree(&case.must("config", case.fields("config"))?)?)?;
    let labels = labels(case)?;
    let nodes: Vec<&Node> = routes.matching(&labels).map(|(_, node)| node).collect();
    let expect = case.must("expect", case.list("expect"))?;
    same("how many routes", expect.len(), nodes.len())?;
    for (expect, node) in expect.iter().zip(nodes) {
        let expect = Fields::new("a route of `expect`", expect)?;
        if let Some(receiver) = expect.text("receiver")? {
            same("`receiver`", receiver, &node.receiver)?;
        }
        if let Some(names) = words(&expect, "group_by")? {
            same("`group_by`", group_by(names), node.group_by.clone())?;
        }
        let lengths = [
            ("group_wait_s", node.group_wait),
            ("group_interval_s", node.group_interval),
            ("repeat_interval_s", node.repeat_interval),
        ];
        for (key, shown) in lengths {
            if let Some(wanted) = length(&expect, key)? {
                same(key, wanted, shown)?;
            }
        }
        expect.finish()?;
    }
    Ok(())
}

pub(super) fn inherit(case: &Fields<'_>) -> Checked<()> {
    let parent = case.must("parent_group_by", words(case, "parent_group_by"))?;
    let mut root = Route::default();
    root.receiver = Some("receiver".to_owned());
    root.group_by = Some(group_by(parent));
    for child in case.must("children", case.list("children"))? {
        let mut route = Route::default();
        if let Value::Array(names) = child {
            let names = names
                .iter()
                .map(|it| it.as_str().ok_or("a name must be a text"));
            route.group_by = Some(group_by(names.collect::<Result<_, _>>()?));
        }
        root.routes.push(route);
    }
    let routes = Routes::new(&root)?;
    let all = routes
        .nodes()
        .skip(1)
        .map(|(_, node)| node.group_by == GroupBy::All);
    let all: Vec<Value> = all.map(Value::from).collect();
    let wanted = case.must("expect_group_by_all", case.list("expect_group_by_all"))?;
    same("`expect_group_by_all`", wanted, &all)
}

pub(super) fn group_labels(case: &Fields<'_>) -> Checked<()> {
    let names = case.must("group_by", words(case, "group_by"))?;
    let wanted: Labels = texts(case.fields("expect")?)?.into_iter().collect();
    same("`expect`", wanted, group_by(names).labels(&labels(case)?))
}

pub(super) fn grouping(case: &Fields<'_>) -> Checked<()> {
    let route = tree(&case.must("config", case.fields("config"))?)?;
    let mut notifier = notifier(one_receiver(route))?;
    let mut alerts = Vec::new();
    for alert in case.must("alerts", case.list("alerts"))? {
        let labels: Labels = texts(Some(Fields::new("an alert", alert)?))?
            .into_iter()
            .collect();
        let posted = Posted {
            labels: labels.clone(),
            ..Posted::default()
        };
        notifier.post(EPOCH, posted)?;
        alerts.push(labels);
    }
    let index = |labels: &Labels| alerts.iter().position(|it| it == labels);
    let shown: BTreeSet<(String, &str, BTreeSet<Option<usize>>)> = notifier
        .groups()
        .map(|group| {
            let alerts = group.alerts().map(|it| index(&it.labels)).collect();
            (group.key(), group.node().receiver.as_str(), alerts)
        })
        .collect();
    let mut wanted = BTreeSet::new();
    for group in case.must("expect", case.list("expect"))? {
        let group = Fields::new("a group of `expect`", group)?;
        let key = group.must("group_key", group.text("group_key"))?.to_owned();
        let receiver = group.must("receiver", group.text("receiver"))?;
        let alerts = group.must("alerts", group.list("alerts"))?.iter();
        let alerts = alerts.map(|it| it.as_u64().map(|it| it as usize));
        wanted.insert((key, receiver, alerts.collect()));
        group.finish()?;
    }
    same("the groups", wanted, shown)
}
