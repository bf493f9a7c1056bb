//! Rules come, go, and hand on what they know.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::alert::AlertEvent;
use super::evaluated::Carried;
use super::group::{Group, Slots};
use super::options::Options;
use super::snapshot::{Heirs, Restored, RuleSnapshot, Snapshot};
use super::wanted::Wanted;
use super::{Clock, Engine};
use crate::promql::Query;
use crate::rule::{Rule, RuleError, RuleGroup, RuleKind};
use crate::series::{Feed, Limits, Store};

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
        let limits = options.limits.age(reach(&groups, &options));
        let store = Store::new(limits).map_err(|error| {
            RuleGroup::default().refused("limits", &format!("{limits:?}"), error)
        })?;
        Ok(Self {
            wanted: Wanted::new(&groups, &options.promql),
            groups,
            options,
            store,
            feed: Feed::default(),
            orphans: Vec::new(),
            clock: Clock::default(),
        })
    }

    /// Takes other groups in place of those it has. A rule takes over the alerts of the one that has its name and
    /// labels in the group of this name: of several that are alike the first those of the first. What else the
    /// expression, `for`, or annotations are by now does not matter.
    ///
    /// Returns the alerts that fired under rules that are gone.
    ///
    /// # Errors
    ///
    /// As [`with`](Self::with); then all stays as it was.
    pub fn reload(
        &mut self,
        groups: impl IntoIterator<Item = RuleGroup>,
    ) -> Result<Vec<AlertEvent>, RuleError> {
        let groups = compiled(groups, &self.options)?;
        let old = std::mem::replace(&mut self.groups, groups);
        let slots = old.iter().map(|it| (it.config.clone(), it.slots));
        let slots: Vec<(RuleGroup, Slots)> = slots.collect();
        let carried = old.into_iter().flat_map(|mut group| {
            let rules = std::mem::take(&mut group.rules).into_iter();
            let left = rules.map(|rule| (group.key(&rule.compiled.rule), rule.carried));
            left.collect::<Vec<_>>()
        });
        let mut heirs = Heirs::new(carried);
        for group in &mut self.groups {
            let same = |it: &&(RuleGroup, Slots)| {
                let (old, new) = (&it.0, &group.config);
                (&old.file, &old.name, old.interval) == (&new.file, &new.name, new.interval)
            };
            group.slots = slots.iter().find(same).map_or(Slots::default(), |it| it.1);
            inherit(group, &mut heirs, |carried| carried);
        }
        self.wanted = Wanted::new(&self.groups, &self.options.promql);
        self.store.keep(reach(&self.groups, &self.options));
        let mut events = Vec::new();
        for Carried {
            mut alerts,
            written,
            ..
        } in heirs.rest()
        {
            events.extend(alerts.withdraw());
            self.orphans.push(written);
        }
        Ok(events)
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

fn inherit<T>(group: &mut Group, heirs: &mut Heirs<T>, carried: impl Fn(T) -> Carried) {
    for at in 0..group.rules.len() {
        let key = group.key(&group.rules[at].compiled.rule);
        if let Some(left) = heirs.take(&key) {
            group.rules[at].carried = carried(left);
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

fn compiled(
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

/// How far back any rule looks. Where that depends on when it is asked, or on code, as far as the limits say.
fn reach(groups: &[Group], options: &Options) -> Duration {
    let kept = Limits::kept(&options.limits);
    let lookback = options.promql.lookback;
    let rules = groups.iter().flat_map(|group| {
        let offset = group.config.query_offset;
        let rules = group.rules.iter().map(|rule| &rule.compiled);
        rules.map(move |rule| {
            let furthest = |far: Duration, query: &Query| {
                let reach = query.reach(&options.promql);
                far.max(reach.unwrap_or(kept))
            };
            let code = rule.rule.closure.as_ref().map_or(Duration::ZERO, |_| kept);
            let reach = rule.queries().fold(code, furthest);
            reach.saturating_add(offset)
        })
    });
    // Chunks end at an eighth of it, so that it is to be more than that of milliseconds.
    rules
        .fold(lookback, Duration::max)
        .max(Duration::from_millis(8))
}
