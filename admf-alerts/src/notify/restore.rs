//! From one process to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use super::group::Group;
use super::inhibit::Inhibitor;
use super::kept::Kept;
use super::log::Log;
use super::notifier::{GroupId, Notifier};
use super::state::{Changes, GroupKey, GroupState, State};
use super::timed::Agenda;

/// What becomes of groups that were there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// They go on.
    AsBefore,
    /// They are made anew, as Alertmanager does, but for those of levels, which nobody else makes.
    Anew,
}

impl Notifier {
    /// Returns all that outlives the process.
    #[must_use]
    pub fn state(&self) -> State {
        let alerts = self.alerts.iter();
        State {
            alerts: alerts
                .map(|(key, alert)| (*key, Alert::clone(alert)))
                .collect(),
            silences: BTreeMap::clone(&self.silences.silences),
            log: BTreeMap::clone(&self.log.entries),
            cooldowns: BTreeMap::clone(&self.cooldowns.told),
            owed: BTreeMap::clone(&self.owed),
            acknowledgements: BTreeMap::clone(&self.acknowledgements),
            escalations: BTreeMap::clone(&self.climbs),
            groups: self.group_states(),
            totals: self.totals,
        }
    }

    /// Takes over what another process left; whatever this one knew before is gone.
    ///
    /// Groups go on where they were. What was about to be told is told at once, under the same
    /// [key](super::Batch::idempotency_key) as long as nothing changed; of what ended meanwhile, the end.
    pub fn restore(&mut self, state: State, now: Duration) {
        self.alerts = into(
            state
                .alerts
                .into_iter()
                .map(|(key, it)| (key, Arc::new(it))),
        );
        self.silences.silences = state.silences.into();
        self.log = Log {
            entries: state.log.into(),
        };
        self.cooldowns.told = state.cooldowns.into();
        self.owed = state.owed.into();
        self.acknowledgements = state.acknowledgements.into();
        self.climbs = state.escalations.into();
        self.totals = state.totals;
        self.out.clear();
        self.groups = Agenda::default();
        self.forget_changes();
        self.regroup(&state.groups, Grouping::AsBefore, now);
    }

    /// Returns what changed since the last time, for a store that holds the rest; all, if nobody has asked yet or the
    /// configuration became another.
    pub fn take_changes(&mut self) -> Changes {
        let whole = !std::mem::replace(&mut self.watched, true);
        if whole {
            self.forget_changes();
            self.watched = true;
        }
        let nodes = &self.routes;
        let key = |(at, labels): GroupId| GroupKey {
            group: nodes.node(at).group_key(&labels),
            receiver: nodes.node(at).receiver.clone(),
        };
        let groups = self.groups.take(Group::state);
        Changes {
            whole,
            alerts: self.alerts.take(|it| Alert::clone(it)),
            silences: self.silences.silences.take(Clone::clone),
            log: self.log.entries.take(Clone::clone),
            cooldowns: self.cooldowns.told.take(Clone::clone),
            owed: self.owed.take(Clone::clone),
            acknowledgements: self.acknowledgements.take(Clone::clone),
            escalations: self.climbs.take(Clone::clone),
            groups: groups.into_iter().map(|(id, it)| (key(id), it)).collect(),
            totals: self.totals,
        }
    }

    /// Notes no changes until somebody asks for them again, and gets all: for a store that lost some.
    pub fn forget_changes(&mut self) {
        self.watched = false;
        self.alerts.forget_changes();
        self.silences.silences.forget_changes();
        self.log.entries.forget_changes();
        self.cooldowns.told.forget_changes();
        self.owed.forget_changes();
        self.acknowledgements.forget_changes();
        self.climbs.forget_changes();
        self.groups.forget_changes();
    }

    pub(super) fn group_states(&self) -> BTreeMap<GroupKey, GroupState> {
        let states = self.groups.iter();
        states
            .map(|(id, group)| (self.group_key(id), group.state()))
            .collect()
    }

    fn group_key(&self, (at, labels): &GroupId) -> GroupKey {
        let node = self.routes.node(*at);
        GroupKey {
            group: node.group_key(labels),
            receiver: node.receiver.clone(),
        }
    }

    /// Groups all alerts. Levels hold those that they held.
    pub(super) fn regroup(
        &mut self,
        kept: &BTreeMap<GroupKey, GroupState>,
        grouping: Grouping,
        now: Duration,
    ) {
        self.inhibitor = Inhibitor::new(self.config.inhibit_rules.clone());
        let members = kept.values().flat_map(|it| &it.alerts).copied();
        let members: BTreeSet<Fingerprint> = members.collect();
        let alerts: Vec<_> = self.alerts.values().cloned().collect();
        for alert in &alerts {
            if !alert.once {
                self.inhibitor.add(alert);
            }
            let (fingerprint, places) = (alert.fingerprint(), self.places(&alert.labels));
            let kept_places = match grouping {
                Grouping::AsBefore => places.clone(),
                Grouping::Anew => Vec::new(),
            };
            let mut stays = false;
            for id in kept_places.into_iter().chain(self.levels(&alert.labels)) {
                let state = kept.get(&self.group_key(&id));
                let Some(state) = state.filter(|it| it.alerts.contains(&fingerprint)) else {
                    continue;
                };
                stays = true;
                let group = self.groups.change_or(id, || Group::of(state));
                group.alerts.insert(fingerprint, Arc::clone(alert));
            }
            let joins = match grouping {
                // Nothing is lost of a group that is no more.
                Grouping::AsBefore => {
                    !alert.is_resolved(now) || (!stays && members.contains(&fingerprint))
                }
                Grouping::Anew => !alert.once || members.contains(&fingerprint),
            };
            for id in places.into_iter().filter(|_| joins) {
                let group = self.groups.get(&id);
                if !group.is_some_and(|it| it.alerts.contains_key(&fingerprint)) {
                    self.join(id, alert, now);
                }
            }
        }
        self.climb_anew(now);
    }
}

fn into<K: Ord, V>(pairs: impl Iterator<Item = (K, V)>) -> Kept<K, V> {
    pairs.collect::<BTreeMap<_, _>>().into()
}
