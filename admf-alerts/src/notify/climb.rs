//! Alerts on their way up a ladder.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alert::{Alert, Fingerprint};
use super::escalation::Escalation;
use super::group::Group;
use super::happened::Happened;
use super::ladder::rank;
use super::notifier::{GroupId, Notifier};
use super::timed::Timed;
use crate::labels::Labels;

/// Says that somebody takes care of an alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// Why.
    pub comment: String,
    /// Since when.
    pub at: Duration,
    /// Until when it counts; `None`: as long as the alert fires.
    pub until: Option<Duration>,
}

impl Acknowledgement {
    fn counts(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// Holds how far alerts have climbed that are alike but for their severity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Climb {
    escalation: Escalation,
    alerts: BTreeSet<Fingerprint>,
    /// The worst of those that fire.
    rank: u8,
    looked: Duration,
    due: Option<Duration>,
}

impl Timed for Climb {
    fn due(&self) -> Option<Duration> {
        self.due
    }
}

/// What tells climbs apart: a change of the severity is none of the alert.
fn place(labels: &Labels) -> (Fingerprint, Labels) {
    let mut labels = labels.clone();
    labels.remove("severity");
    (Fingerprint::of(labels.iter()), labels)
}

impl Notifier {
    /// Takes that somebody takes care of an alert, so that nobody else is told next.
    ///
    /// # Errors
    ///
    /// No such alert fires.
    pub fn acknowledge(
        &mut self,
        now: Duration,
        alert: Fingerprint,
        by: &str,
        comment: &str,
    ) -> Result<(), String> {
        self.acknowledge_for(now, alert, by, comment, None)
    }

    /// Does as [`acknowledge`](Self::acknowledge), for a length of time; `None`: for as long as the ladder says.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn acknowledge_for(
        &mut self,
        now: Duration,
        alert: Fingerprint,
        by: &str,
        comment: &str,
        length: Option<Duration>,
    ) -> Result<(), String> {
        let Some(known) = self.alerts.get(&alert).filter(|it| !it.is_resolved(now)) else {
            return Err(format!("no alert {alert} fires"));
        };
        let labels = known.labels.clone();
        let ladder = self.ladder(&labels).map(|it| &self.config.ladders[it]);
        let until = length.or(ladder.and_then(|it| it.acknowledged_for));
        let acknowledgement = Acknowledgement {
            by: by.to_owned(),
            comment: comment.to_owned(),
            at: now,
            until: until.map(|it| now.saturating_add(it)),
        };
        let (key, _) = place(&labels);
        self.look(key, now);
        self.acknowledgements.insert(alert, acknowledgement);
        self.look(key, now);
        Ok(())
    }

    /// Takes that nobody takes care of an alert any more.
    ///
    /// # Errors
    ///
    /// Nobody did.
    pub fn unacknowledge(&mut self, now: Duration, alert: Fingerprint) -> Result<(), String> {
        let key = self.alerts.get(&alert).map(|it| place(&it.labels).0);
        if let Some(key) = key {
            self.look(key, now);
        }
        let counts = self.acknowledged(now, alert).is_some();
        let known = self.acknowledgements.change(&alert).filter(|_| counts);
        let known = known.ok_or_else(|| format!("nobody has acknowledged {alert}"))?;
        // It stays, so that another process knows that it was taken back.
        (known.at, known.until) = (now, Some(now));
        if let Some(key) = key {
            self.look(key, now);
        }
        Ok(())
    }

    /// Returns who takes care of an alert at `now`.
    #[must_use]
    pub fn acknowledged(&self, now: Duration, alert: Fingerprint) -> Option<&Acknowledgement> {
        self.acknowledgements
            .get(&alert)
            .filter(|it| it.counts(now))
    }

    fn ladder(&self, labels: &Labels) -> Option<usize> {
        self.config.ladders.iter().position(|it| it.takes(labels))
    }

    /// Takes that these alerts fire and are told of: their way begins.
    pub(super) fn climb_from(&mut self, alerts: &[Arc<Alert>], now: Duration) {
        for alert in alerts.iter().filter(|it| it.ends_at.is_none() && !it.once) {
            let Some(ladder) = self.ladder(&alert.labels) else {
                continue;
            };
            let fingerprint = alert.fingerprint();
            let (key, _) = place(&alert.labels);
            let known = self.climbs.get(&key);
            if known.is_some_and(|it| it.alerts.contains(&fingerprint)) {
                continue;
            }
            let ladder = &self.config.ladders[ladder];
            let climb = self.climbs.change_or(key, || {
                let delays = ladder.levels.iter().map(|it| it.delay);
                let escalation = Escalation::new(delays, now);
                Climb {
                    escalation: escalation.repeating(ladder.repeat, ladder.gap),
                    alerts: BTreeSet::new(),
                    rank: rank(&alert.labels),
                    looked: now,
                    due: None,
                }
            });
            climb.alerts.insert(fingerprint);
            self.look(key, now);
        }
    }

    /// Takes an alert that was posted.
    pub(super) fn climb_on(&mut self, alert: &Arc<Alert>, now: Duration) {
        let fingerprint = alert.fingerprint();
        for id in self.levels(&alert.labels) {
            if self
                .groups
                .get(&id)
                .is_some_and(|it| it.alerts.contains_key(&fingerprint))
                && let Some(group) = self.groups.change(&id)
            {
                group.alerts.insert(fingerprint, Arc::clone(alert));
            }
        }
        self.look(place(&alert.labels).0, now);
    }

    /// The groups of the levels of an alert, whether they were reached or not.
    pub(super) fn levels(&self, labels: &Labels) -> Vec<GroupId> {
        let Some(ladder) = self.ladder(labels) else {
            return Vec::new();
        };
        let labels = place(labels).1;
        let nodes = self.routes.levels(ladder).flatten();
        nodes.map(|node| (*node, labels.clone())).collect()
    }

    /// Looks at an alert's way before it becomes another: what has ended does not go on.
    pub(super) fn climb_before(&mut self, old: &Alert, now: Duration) {
        self.look(place(&old.labels).0, now);
    }

    /// Returns when somebody has to be looked at.
    pub(super) fn next_climb(&self) -> Option<Duration> {
        let changed = self.silences.changed.filter(|_| !self.climbs.is_empty());
        self.climbs.next().into_iter().chain(changed).min()
    }

    /// Looks at all whose time has come.
    pub(super) fn climb(&mut self, now: Duration) {
        let all = self.silences.changed.take().is_some();
        let due = match all {
            true => self.climbs.keys().copied().collect(),
            false => self.climbs.due(now),
        };
        for key in due {
            self.look(key, now);
        }
    }

    /// Takes all ladders as they are now: they may be others.
    pub(super) fn climb_anew(&mut self, now: Duration) {
        let keys: Vec<_> = self.climbs.keys().copied().collect();
        for key in keys {
            let Some(climb) = self.climbs.get(&key) else {
                continue;
            };
            let ladder = self.worst(climb).and_then(|it| self.ladder(&it.labels));
            let Some(ladder) = ladder.map(|it| self.config.ladders[it].clone()) else {
                self.climbs.remove(&key);
                continue;
            };
            if let Some(climb) = self.climbs.change(&key) {
                let delays = ladder.levels.iter().map(|it| it.delay).collect();
                let escalation = &mut climb.escalation;
                escalation.become_of(delays, ladder.repeat, ladder.gap);
            }
        }
        // Whatever was about to be looked at is.
        self.silences.changed = Some(now);
    }

    fn worst(&self, climb: &Climb) -> Option<&Arc<Alert>> {
        let alerts = climb.alerts.iter().filter_map(|it| self.alerts.get(it));
        alerts.max_by_key(|it| rank(&it.labels))
    }

    /// Takes what happened to alerts since somebody looked, in order, up to `now`.
    fn look(&mut self, key: Fingerprint, now: Duration) {
        let Some(mut climb) = self.climbs.get(&key).cloned() else {
            return;
        };
        let mut reached = Vec::new();
        let mut on = true;
        while on {
            let edge = self.edge(&climb).filter(|edge| *edge < now);
            let until = edge.unwrap_or(now);
            reached.extend(climb.escalation.due(until));
            on = self.turn(&mut climb, until);
            climb.looked = climb.looked.max(until);
            if edge.is_none() {
                break;
            }
        }
        if on {
            reached.extend(climb.escalation.due(now));
        }
        self.reach(&climb, &reached, now);
        if on {
            let edge = self.edge(&climb);
            climb.due = climb.escalation.next().into_iter().chain(edge).min();
            self.climbs.insert(key, climb);
        } else {
            self.climbs.remove(&key);
        }
    }

    /// When something happens by itself after somebody looked: an end, a silence, an acknowledgement too old.
    fn edge(&self, climb: &Climb) -> Option<Duration> {
        let alerts: Vec<_> = climb
            .alerts
            .iter()
            .filter_map(|it| self.alerts.get(it))
            .collect();
        let ends = alerts.iter().filter_map(|it| it.ends_at);
        let acknowledged = climb.alerts.iter();
        let acknowledged = acknowledged.filter_map(|it| self.acknowledgements.get(it)?.until);
        let silences = self.silences.iter();
        let silences =
            silences.filter(|silence| alerts.iter().any(|it| silence.matches(&it.labels)));
        let silences = silences.flat_map(|it| [it.starts_at, it.ends_at]).flatten();
        let edges = ends.chain(acknowledged).chain(silences);
        edges.filter(|edge| climb.looked < *edge).min()
    }

    /// Takes how alerts are at `now`; says whether any fires.
    fn turn(&self, climb: &mut Climb, now: Duration) -> bool {
        let known = climb.alerts.iter().filter_map(|it| self.alerts.get(it));
        let firing: Vec<_> = known.filter(|it| !it.is_resolved(now)).collect();
        let Some(worst) = firing.iter().map(|it| rank(&it.labels)).max() else {
            climb.escalation.resolve();
            return false;
        };
        if worst > climb.rank {
            climb.escalation.reopen(now);
        }
        climb.rank = worst;
        let acknowledged = climb.alerts.iter().any(|it| {
            let worst_of_all = self
                .alerts
                .get(it)
                .is_some_and(|it| rank(&it.labels) >= worst);
            worst_of_all && self.acknowledged(now, *it).is_some()
        });
        climb.escalation.acknowledge(now, acknowledged);
        let silenced = |it: &&Arc<Alert>| self.silences.of(&it.labels, now).next().is_some();
        climb.escalation.silence(now, firing.iter().all(silenced));
        true
    }

    /// Tells the levels that were reached, each by a group of its own.
    fn reach(&mut self, climb: &Climb, levels: &[usize], now: Duration) {
        let Some((ladder, labels)) = self.worst(climb).and_then(|it| {
            let ladder = self.ladder(&it.labels)?;
            Some((ladder, place(&it.labels).1))
        }) else {
            return;
        };
        let known = climb.alerts.iter().filter_map(|it| self.alerts.get(it));
        let firing: Vec<_> = known.filter(|it| !it.is_resolved(now)).cloned().collect();
        if firing.is_empty() {
            return;
        }
        for level in levels {
            let reached = self.config.ladders[ladder].levels.get(level - 1);
            let receivers = reached.map(|it| it.receivers.clone()).unwrap_or_default();
            self.happens(|| Happened::Escalated {
                level: *level,
                receivers,
                alerts: firing.clone(),
            });
            let nodes = self.routes.levels(ladder).nth(level - 1);
            for node in nodes.cloned().unwrap_or_default() {
                let id = (node, labels.clone());
                let group = self.groups.change_or(id, || Group::new(now));
                for alert in &firing {
                    group.alerts.insert(alert.fingerprint(), Arc::clone(alert));
                }
                group.next = group.next.min(now);
                group.again = group.flushed;
            }
        }
    }
}
