//! Rules come, go, and hand on what they know.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluated::Carried;
use super::group::Group;
use super::options::Options;
use super::reload::inherit;
use super::snapshot::{Heirs, Restored, RuleSnapshot, Snapshot};
use super::wanted::Wanted;
use super::{Clock, Engine};
use crate::rule::{Rule, RuleError, RuleGroup, RuleKind};
use crate::series::{Feed, Store};

impl Engine {
    /// Checks the groups and begins with no alerts and an empty store.
    ///
    /// # Errors
    ///
    /// Names the first rule or group, field and value that is refused: an empty name, an expression, a label's or
    /// annotation's name or template that is not valid, what [`compile`](crate::rule::compile) refuses, two rules of one id, two
    /// groups of one name in a file, a limit of 0 for the store.
    pub fn with(
        groups: impl IntoIterator<Item = RuleGroup>,
        options: Options,
    ) -> Result<Self, RuleError> {
        let groups = compiled(groups, &options)?;
        let limits = options.limits;
        let mut store = Store::new(limits).map_err(|error| {
            RuleGroup::default().refused("limits", &format!("{limits:?}"), error)
        })?;
        let wanted = Wanted::new(&groups, &options);
        wanted.keep(&mut store);
        Ok(Self {
            wanted,
            groups,
            options,
            store,
            feed: Feed::default(),
            orphans: Vec::new(),
            clock: Clock::default(),
        })
    }

    /// Returns since when alerts have been pending or firing, for the next process.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut rules = Vec::new();
        for group in &self.groups {
            for rule in &group.rules {
                rules.extend(saved(group, &rule.compiled.rule, &rule.carried));
            }
        }
        Snapshot { rules }
    }

    /// Takes over what an engine before this one knew. At the first evaluation of a rule, an alert that holds again
    /// and that was pending or firing is not new: what was left of its `for` goes on, but for no less than
    /// [`Options::for_grace`].
    pub fn restore(&mut self, snapshot: Snapshot) {
        let rules = snapshot.rules.into_iter().map(|it| {
            let (file, group) = (it.file.clone(), it.group.clone());
            let key = (
                file,
                group,
                RuleKind::Alert,
                it.rule.clone(),
                it.labels.clone(),
            );
            (key, Restored::new(it))
        });
        let mut heirs = Heirs::new(rules);
        for group in &mut self.groups {
            inherit(group, &mut heirs, |restored| Carried {
                alerts: restored.into(),
                ..Carried::default()
            });
        }
    }
}

/// A rule without alerts is there too, so that of rules that are alike each finds its own.
fn saved(group: &Group, rule: &Rule, carried: &Carried) -> Option<RuleSnapshot> {
    if rule.kind == RuleKind::Record {
        return None;
    }
    Some(RuleSnapshot {
        file: group.config.file.clone(),
        group: group.config.name.clone(),
        rule: rule.name.clone(),
        labels: rule.labels.clone(),
        alerts: carried.alerts.saved(),
    })
}

pub(super) fn compiled(
    groups: impl IntoIterator<Item = RuleGroup>,
    options: &Options,
) -> Result<Vec<Group>, RuleError> {
    let watchdog = options.watchdog.then(RuleGroup::watchdog);
    let mut seen = BTreeSet::new();
    let mut ids = BTreeMap::new();
    let checked = groups.into_iter().chain(watchdog).map(|group| {
        if !seen.insert((group.file.clone(), group.name.clone())) {
            let problem = "another group of the file has this name";
            return Err(group.refused("name", &group.name, problem));
        }
        for rule in group.rules.iter().filter(|it| !it.id.is_empty()) {
            let place = format!("rule `{}` of group `{}`", rule.name, group.name);
            if let Some(other) = ids.insert(rule.id.clone(), place) {
                let of = format!("{other} has it too, and this is of group `{}`", group.name);
                return Err(rule.refused("id", &rule.id, of));
            }
        }
        Group::new(group, &options.promql)
    });
    checked.collect()
}
