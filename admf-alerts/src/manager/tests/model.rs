//! Changes by chance, held against a map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Change {
    Add(usize, u32, bool),
    Update(usize, u32, bool),
    AddRule(usize, u32),
    Enable(usize),
    Disable(usize),
    Remove(usize),
    /// Templates that a file has, by name and limit.
    Load(BTreeMap<usize, u32>),
    /// A template that nobody can evaluate.
    Bad(usize),
}

/// Limits beyond 5 do not hold, and those from 8 on are of another severity: another alert.
fn declared(id: usize, limit: u32, enabled: bool) -> AlertTemplate {
    let severity = [Severity::Warning, Severity::Critical][usize::from(limit >= 8)];
    template(&format!("t{id}"), &format!("x >= {limit}"))
        .severity(severity)
        .enabled(enabled)
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let (id, limit) = (0_usize..5, 0_u32..10);
    let change = prop_oneof![
        (id.clone(), limit.clone(), any::<bool>()).prop_map(|it| Change::Add(it.0, it.1, it.2)),
        (id.clone(), limit.clone(), any::<bool>()).prop_map(|it| Change::Update(it.0, it.1, it.2)),
        (id.clone(), limit.clone()).prop_map(|it| Change::AddRule(it.0, it.1)),
        id.clone().prop_map(Change::Enable),
        id.clone().prop_map(Change::Disable),
        id.clone().prop_map(Change::Remove),
        prop::collection::btree_map(id.clone(), limit, 0..3).prop_map(Change::Load),
        id.prop_map(Change::Bad),
    ];
    prop::collection::vec(change, 0..40)
}

/// What an alert is, as far as a map can tell.
#[derive(Clone, Debug, PartialEq)]
struct Naive {
    expr: String,
    /// What tells its alerts from those of the same id before: labels, and where it is from.
    key: String,
    enabled: bool,
    in_file: bool,
    /// Since when it fires.
    since: Option<Duration>,
}

type Model = BTreeMap<usize, Naive>;

fn naive(limit: u32, enabled: bool, in_file: bool, kind: &str) -> Naive {
    Naive {
        expr: format!("x >= {limit}"),
        key: format!("{kind} {} {in_file}", limit >= 8),
        enabled,
        in_file,
        since: None,
    }
}

/// Puts an alert in place of another one; it goes on where it is the same.
fn put(model: &mut Model, id: usize, mut new: Naive) {
    if let Some(old) = model.get(&id) {
        let goes_on = old.enabled && new.enabled && old.key == new.key;
        new.since = old.since.filter(|_| goes_on);
    }
    model.insert(id, new);
}

/// Does a change, or says that it is refused.
fn apply(model: &mut Model, change: &Change) -> bool {
    match change {
        Change::Bad(_) => return false,
        Change::Add(id, ..) | Change::AddRule(id, _) if model.contains_key(id) => return false,
        Change::Add(id, limit, enabled) => put(model, *id, naive(*limit, *enabled, false, "t")),
        Change::AddRule(id, limit) => put(model, *id, naive(*limit, true, false, "r")),
        Change::Update(id, limit, enabled) => match model.get(id).map(|it| it.in_file) {
            Some(in_file) => put(model, *id, naive(*limit, *enabled, in_file, "t")),
            None => return false,
        },
        Change::Enable(id) | Change::Disable(id) => {
            let Some(there) = model.get_mut(id) else {
                return false;
            };
            there.enabled = matches!(change, Change::Enable(_));
            there.since = there.since.filter(|_| there.enabled);
        }
        Change::Remove(id) => return model.remove(id).is_some(),
        Change::Load(file) => {
            let taken = |id: &usize| model.get(id).is_some_and(|it| !it.in_file);
            if file.keys().any(taken) {
                return false;
            }
            model.retain(|id, it| !it.in_file || file.contains_key(id));
            for (id, limit) in file {
                put(model, *id, naive(*limit, true, true, "t"));
            }
        }
    }
    true
}

fn done(manager: &mut Manager, change: &Change) -> bool {
    let changed = match change {
        Change::Add(id, limit, enabled) => manager.add_template(declared(*id, *limit, *enabled)),
        Change::Update(id, limit, enabled) => {
            manager.update_template(declared(*id, *limit, *enabled))
        }
        Change::AddRule(id, limit) => {
            let rule = Rule::new("Rule", format!("x >= {limit}")).id(format!("t{id}"));
            let severe = [("", ""), ("severe", "yes")][usize::from(*limit >= 8)];
            manager.add_rule(if severe.0.is_empty() {
                rule
            } else {
                rule.label(severe.0, severe.1)
            })
        }
        Change::Enable(id) => manager.enable(&format!("t{id}")),
        Change::Disable(id) => manager.disable(&format!("t{id}")),
        Change::Remove(id) => manager.remove(&format!("t{id}")),
        Change::Load(file) => {
            let file = file.iter().map(|(id, limit)| declared(*id, *limit, true));
            manager.load("file", file)
        }
        Change::Bad(id) => manager.add_template(template(&format!("t{id}"), "x >")),
    };
    changed.is_ok()
}

proptest! {
    #[test]
    fn the_engine_has_exactly_what_is_enabled_and_each_alert_its_own_state(changes in changes()) {
        let (mut manager, mut model) = (manager(), Model::new());
        let scrape = scrape("x 5\n");
        for (second, change) in changes.iter().enumerate() {
            let before = seen(&manager);
            let expected = apply(&mut model, change);
            prop_assert_eq!(done(&mut manager, change), expected, "{:?}", change);
            if !expected {
                prop_assert_eq!(seen(&manager), before);
            }
            let now = seconds(second as u64);
            manager.step(now, &scrape);
            for alert in model.values_mut().filter(|it| it.enabled) {
                let limit: u32 = alert.expr[5..].parse().unwrap();
                alert.since = if limit <= 5 { alert.since.or(Some(now)) } else { None };
            }
            let listed: BTreeMap<_, _> = manager
                .list()
                .map(|it| (it.id.to_owned(), (it.enabled, it.rule.expr.clone())))
                .collect();
            let expected: BTreeMap<_, _> = model
                .iter()
                .map(|(id, it)| (format!("t{id}"), (it.enabled, it.expr.clone())))
                .collect();
            prop_assert_eq!(listed, expected);
            let firing: BTreeMap<_, _> = manager
                .engine()
                .rules()
                .map(|it| {
                    let firing = it.alerts().find(|it| it.state == AlertState::Firing);
                    (it.rule.id.clone(), firing.and_then(|it| it.fired_at))
                })
                .collect();
            let enabled = model.iter().filter(|it| it.1.enabled);
            let expected = enabled.map(|(id, it)| (format!("t{id}"), it.since));
            prop_assert_eq!(firing, expected.collect::<BTreeMap<_, _>>());
        }
    }
}
