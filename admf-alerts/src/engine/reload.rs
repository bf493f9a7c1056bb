//! Rules in place of others.

use std::collections::HashMap;

use super::Engine;
use super::alert::AlertEvent;
use super::evaluated::Carried;
use super::group::Group;
use super::load::compiled;
use super::snapshot::{Heirs, RuleKey};
use super::wanted::Wanted;
use crate::rule::{RuleError, RuleGroup};
use crate::series::Feed;

impl Engine {
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
        let mut slots = HashMap::new();
        let mut carried = Vec::new();
        for mut group in old {
            for rule in std::mem::take(&mut group.rules) {
                carried.push((group.key(&rule.compiled.rule), rule.carried));
            }
            let RuleGroup {
                file,
                name,
                interval,
                ..
            } = group.config;
            slots.insert((file, name, interval), group.slots);
        }
        let mut heirs = Heirs::new(carried);
        for group in &mut self.groups {
            let RuleGroup {
                file,
                name,
                interval,
                ..
            } = group.config.clone();
            group.slots = slots.remove(&(file, name, interval)).unwrap_or_default();
            inherit(group, &mut heirs, |carried, left| *carried = left);
        }
        self.wanted = Wanted::new(&self.groups, &self.options);
        self.wanted.keep(&mut self.store);
        self.feed.decide(&self.wanted);
        let mut events = Vec::new();
        let mut left = Vec::new();
        for (key, mut carried) in heirs.rest() {
            events.extend(carried.alerts.withdraw());
            left.push((anywhere(key), carried.written));
        }
        self.hand_on(left);
        Ok(events)
    }

    /// What rules wrote that are gone from their groups goes on where one that is alike is in another: its series must
    /// not end in between.
    fn hand_on(&mut self, left: Vec<(RuleKey, Feed)>) {
        let mut heirs = Heirs::new(left);
        for group in &mut self.groups {
            for at in 0..group.rules.len() {
                let key = anywhere(group.key(&group.rules[at].compiled.rule));
                let written = &mut group.rules[at].carried.written;
                if written.is_unused()
                    && let Some(left) = heirs.take(&key)
                {
                    *written = left;
                }
            }
        }
        self.orphans.extend(heirs.rest().map(|(_, left)| left));
    }
}

/// What tells rules apart, in whatever group they are.
fn anywhere((_, _, kind, name, labels): RuleKey) -> RuleKey {
    (String::new(), String::new(), kind, name, labels)
}

pub(super) fn inherit<T>(group: &mut Group, heirs: &mut Heirs<T>, give: impl Fn(&mut Carried, T)) {
    for at in 0..group.rules.len() {
        let key = group.key(&group.rules[at].compiled.rule);
        if let Some(left) = heirs.take(&key) {
            give(&mut group.rules[at].carried, left);
        }
    }
}
