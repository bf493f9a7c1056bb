//! From the process that tells to the next one, where both are posted the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::alert::{Alert, Fingerprint};
use super::climb::Acknowledgement;
use super::notifier::{GroupId, Notifier};
use super::silence::Silence;
use super::state::{Changes, State};

impl Changes {
    /// Says whether it tells the next process more than what that is posted itself.
    #[cfg(feature = "service")]
    pub(crate) fn is_urgent(&self) -> bool {
        let told = self.log.is_empty() && self.owed.is_empty() && self.cooldowns.is_empty();
        let said = self.silences.is_empty() && self.acknowledgements.is_empty();
        !(told && said && self.escalations.is_empty())
    }
}

impl State {
    /// Goes on from what the process knew that told until now, as if there had been one: of what was told and is owed, that
    /// counts. Of alerts, silences and acknowledgements, which this process was given too, the newest do.
    ///
    /// What happened once, and what fires, that the other one did not know is told by this one.
    #[must_use]
    pub fn succeed(self, told: Self, now: Duration) -> Self {
        let own = self;
        let mut next = told;
        // Each counts for itself.
        next.totals.dropped = own.totals.dropped;
        let unknown = |it: &Fingerprint| {
            let own = own
                .alerts
                .get(it)
                .filter(|it| it.once || !it.is_resolved(now));
            own.is_some_and(|own| !next.alerts.get(it).is_some_and(|told| knows(told, own)))
        };
        let groups = own.groups.into_iter().filter_map(|(key, mut group)| {
            group.alerts.retain(unknown);
            (!group.alerts.is_empty()).then_some((key, group))
        });
        for (key, group) in groups.collect::<Vec<_>>() {
            match next.groups.get_mut(&key) {
                Some(told) => told.alerts.extend(group.alerts),
                None => drop(next.groups.insert(key, group)),
            }
        }
        for (fingerprint, own) in own.alerts {
            let alert = match next.alerts.remove(&fingerprint) {
                Some(told) => Some(joined(told, own, now)),
                // What has ended and is not known to who tells, it has forgotten.
                None => Some(own).filter(|own| own.once || !own.is_resolved(now)),
            };
            next.alerts.extend(alert.map(|it| (fingerprint, it)));
        }
        newest(&mut next.silences, own.silences, silenced_at);
        newest(&mut next.acknowledgements, own.acknowledgements, taken_at);
        let alerts = &next.alerts;
        // That of an episode before is none of this one.
        let counts = |alert: &Alert, it: &Acknowledgement| alert.starts_at <= it.at;
        next.acknowledgements
            .retain(|alert, it| alerts.get(alert).is_some_and(|alert| counts(alert, it)));
        next.firing.extend(own.firing);
        next.firing.retain(|alert, ()| alerts.contains_key(alert));
        next
    }
}

fn silenced_at(silence: &Silence) -> Duration {
    silence.updated_at
}

fn taken_at(acknowledgement: &Acknowledgement) -> Duration {
    acknowledgement.at
}

/// Takes what is newer, or was not there.
fn newest<K: Ord, V>(all: &mut BTreeMap<K, V>, others: BTreeMap<K, V>, at: fn(&V) -> Duration) {
    for (key, other) in others {
        if all.get(&key).is_none_or(|it| at(it) < at(&other)) {
            all.insert(key, other);
        }
    }
}

/// Says whether who tells knows of the episode that another one was posted, or of a later one.
fn knows(told: &Alert, own: &Alert) -> bool {
    let ends_later = told.ends_at.is_none_or(|end| own.starts_at < end);
    ends_later || own.starts_at <= told.starts_at
}

fn joined(told: Alert, own: Alert, now: Duration) -> Alert {
    let began = told.starts_at;
    let one = knows(&told, &own) && own.ends_at.is_none_or(|end| began <= end);
    let joined = match own.updated_at < told.updated_at {
        true => own.followed_by(told, now),
        false => told.followed_by(own, now),
    };
    // It began when people were told that it did.
    let starts_at = if one { began } else { joined.starts_at };
    Alert {
        starts_at,
        ..joined
    }
}

impl Notifier {
    /// Goes on from what the process knew that told until now: as [`State::succeed`].
    pub fn succeed(&mut self, told: State, now: Duration) {
        let next = self.state().succeed(told, now);
        self.restore(next, now);
    }

    /// Takes what another process knows, which tells while this one stands by: silences and acknowledgements, and what need
    /// not be told by this one any more.
    pub fn follow(&mut self, told: &State, now: Duration) {
        for (id, silence) in &told.silences {
            let known = self.silences.silences.get(id);
            if known.is_none_or(|it| it.updated_at < silence.updated_at) {
                self.silences.silences.insert(id.clone(), silence.clone());
                self.silences.changed = Some(now);
            }
        }
        for (alert, taken) in &told.acknowledgements {
            let known = self.acknowledgements.get(alert);
            let newer = known.is_none_or(|it| it.at < taken.at);
            if newer && self.alerts.contains_key(alert) {
                self.acknowledgements.insert(*alert, taken.clone());
            }
        }
        self.owed.retain(|key, _| told.owed.contains_key(key));
        let cooled = &mut self.cooldowns.told;
        cooled.retain(|key, _| told.cooldowns.contains_key(key));
        let climbs = self.climbs.keys();
        let gone = climbs.filter(|it| !told.escalations.contains_key(it));
        for climb in gone.copied().collect::<Vec<_>>() {
            self.climbs.remove(&climb);
        }
        // Whether the end of what lasts is owed is what who tells knows.
        self.leave(|fingerprint, alert| match alert.once {
            true => told.alerts.contains_key(fingerprint),
            false => alert.is_resolved(now),
        });
    }

    /// Takes that time has gone on while another process tells: forgets what is over.
    pub fn stand_by(&mut self, now: Duration) {
        self.go_on(now);
        let max_age = self.config.max_age;
        let end = |alert: &Alert| alert.ends_at.unwrap_or(Duration::MAX);
        self.leave(|_, alert| end(alert).saturating_add(max_age) <= now);
    }

    /// Takes alerts that nobody is to be told of out of their groups.
    fn leave(&mut self, over: impl Fn(&Fingerprint, &Alert) -> bool) {
        let groups = self.groups.iter();
        let with = groups.filter(|(_, group)| group.alerts.iter().any(|(at, it)| over(at, it)));
        let with: BTreeSet<GroupId> = with.map(|(id, _)| id.clone()).collect();
        for id in with {
            let Some(group) = self.groups.change(&id) else {
                continue;
            };
            group.alerts.retain(|at, it| !over(at, it));
            if group.alerts.is_empty() && group.flush.is_none() {
                self.groups.remove(&id);
            }
        }
    }
}
