//! From alerts to deliveries.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Fingerprint, Posted};
use super::backoff;
use super::batch::{Batch, Delivery, Outcome};
use super::climb::{Acknowledgement, Climb};
use super::config::Config;
use super::cooldown::Cooldowns;
use super::group::{Group, GroupStatus, Sending, Told};
use super::happened::{End, Happened};
use super::inhibit::Inhibitor;
use super::kept::Kept;
use super::log::{Entry, Log, LogKey};
use super::restore::Grouping;
use super::route::Routes;
use super::silence::Silences;
use super::state::{Owed, Totals};
use super::timed::Agenda;
use crate::labels::Labels;

/// A node of the tree, and the labels of the group.
pub(super) type GroupId = (usize, Labels);

/// Decides who is told of which alerts, as Alertmanager does, on the caller's clock.
///
/// Alerts and the time go in, deliveries come out; the caller makes them and says what came of each. Nothing here reads
/// a clock, waits, or does input or output.
///
/// An integration that could not be told is told later what the newest state is: also of what began and ended
/// meanwhile, as long as that is not older than [`Config::max_age`].
pub struct Notifier {
    pub(super) config: Config,
    pub(super) routes: Routes,
    pub(super) alerts: Kept<Fingerprint, Arc<Alert>>,
    pub(super) inhibitor: Inhibitor,
    pub(super) silences: Silences,
    pub(super) log: Log,
    pub(super) cooldowns: Cooldowns,
    pub(super) groups: Agenda<GroupId, Group>,
    /// What somebody tried to tell, and does not know to have arrived.
    pub(super) owed: Kept<LogKey, Owed>,
    pub(super) acknowledgements: Kept<Fingerprint, Acknowledgement>,
    pub(super) climbs: Agenda<Fingerprint, Climb>,
    /// What was seen to fire, and not yet to have ended.
    pub(super) firing: Kept<Fingerprint, ()>,
    /// When those are looked at.
    pub(super) ends: Agenda<Fingerprint, End>,
    /// What happened that nobody asked for yet, once somebody has asked.
    pub(super) happened: Option<Vec<Happened>>,
    pub(super) out: BTreeMap<u64, Out>,
    pub(super) ids: u64,
    pub(super) totals: Totals,
    /// Whether somebody holds all but what is noted as changed.
    pub(super) watched: bool,
    draw: Box<dyn FnMut() -> f64 + Send>,
}

/// A delivery that nobody said the outcome of.
pub(super) struct Out {
    pub(super) group: GroupId,
    pub(super) batch: Arc<Batch>,
    pub(super) told: Arc<Told>,
}

impl Notifier {
    /// Begins with no alerts. `draw` returns numbers from 0 to 1, by chance, that spread tries.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the configuration: the root of the routes, a receiver or time interval that a route names
    /// and nobody declares, an interval of 0.
    pub fn new(config: Config, draw: impl FnMut() -> f64 + Send + 'static) -> Result<Self, String> {
        let routes = config.checked()?;
        Ok(Self {
            inhibitor: Inhibitor::new(config.inhibit_rules.clone()),
            routes,
            config,
            alerts: Kept::default(),
            silences: Silences::default(),
            log: Log::default(),
            cooldowns: Cooldowns::default(),
            groups: Agenda::default(),
            owed: Kept::default(),
            acknowledgements: Kept::default(),
            climbs: Agenda::default(),
            firing: Kept::default(),
            ends: Agenda::default(),
            happened: None,
            out: BTreeMap::new(),
            ids: 0,
            totals: Totals::default(),
            watched: false,
            draw: Box::new(draw),
        })
    }

    /// Takes another configuration. What was told, silences and alerts stay; groups are made anew of the alerts.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); then all stays as it was.
    pub fn reload(&mut self, config: Config, now: Duration) -> Result<(), String> {
        let routes = config.checked()?;
        let kept = self.group_states();
        self.forget_changes();
        (self.routes, self.config) = (routes, config);
        self.groups.clear();
        self.regroup(&kept, Grouping::Anew, now);
        self.wait_for_out(now);
        Ok(())
    }

    /// Takes an alert that somebody posts.
    ///
    /// # Errors
    ///
    /// An alert without labels, or one that ended before it began.
    pub fn post(&mut self, now: Duration, posted: Posted) -> Result<(), String> {
        if posted.labels.is_empty() {
            return Err("at least one label pair required".to_owned());
        }
        let alert = Alert::new(posted, now, self.config.resolve_timeout);
        if alert.ends_at.is_some_and(|end| end < alert.starts_at) {
            return Err("start time must be before end time".to_owned());
        }
        let fingerprint = alert.fingerprint();
        let alert = match self.alerts.get(&fingerprint).cloned() {
            Some(old) => {
                self.climb_before(&old, now);
                self.turns(&old, now);
                // What is posted later is newer, also where the clock was set back meanwhile.
                let alert = Alert {
                    updated_at: alert.updated_at.max(old.updated_at),
                    ..alert
                };
                let mut new = Alert::clone(&old).followed_by(alert, now);
                if (new.starts_at, new.ends_at) == (old.starts_at, old.ends_at) {
                    new.learned_at = old.learned_at;
                }
                if old.starts_at < new.starts_at {
                    self.acknowledgements.remove(&fingerprint);
                }
                new
            }
            None => alert,
        };
        let alert = Arc::new(alert);
        self.alerts.insert(fingerprint, Arc::clone(&alert));
        self.turns(&alert, now);
        self.group(&alert, now);
        self.climb_on(&alert, now);
        Ok(())
    }

    pub(super) fn group(&mut self, alert: &Arc<Alert>, now: Duration) {
        // What happened keeps nothing quiet: it never fires.
        if !alert.once {
            self.inhibitor.add(alert);
        }
        for id in self.places(&alert.labels) {
            self.join(id, alert, now);
        }
    }

    /// The groups that an alert comes to.
    pub(super) fn places(&self, labels: &Labels) -> Vec<GroupId> {
        let nodes = self.routes.matching(labels);
        nodes
            .map(|(at, node)| (at, node.group_by.labels(labels)))
            .collect()
    }

    pub(super) fn join(&mut self, id: GroupId, alert: &Arc<Alert>, now: Duration) {
        let wait = self.routes.node(id.0).group_wait;
        let fresh = || Group::new(now.saturating_add(wait));
        let group = self.groups.change_or(id, fresh);
        group.insert(alert, wait, now);
    }

    /// Returns when [`due`](Self::due) is to be asked next, unless something is posted or finished before; `None`: not
    /// before that.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        let group = self.groups.next();
        group.into_iter().chain(self.next_climb()).min()
    }

    /// Returns the deliveries that are due at `now`, each once.
    pub fn due(&mut self, now: Duration) -> Vec<Delivery> {
        self.go_on(now);
        let mut deliveries = Vec::new();
        loop {
            self.climb(now);
            let ids = self.groups.due(now);
            if ids.is_empty() {
                return deliveries;
            }
            for id in ids {
                self.flush(&id, now);
                deliveries.extend(self.deliveries(&id, now));
                self.end(&id, now);
            }
        }
    }

    /// Takes what came of a delivery. What is tried again is due later.
    pub fn finished(&mut self, now: Duration, id: u64, outcome: Outcome) {
        let Some(out) = self.out.remove(&id) else {
            return;
        };
        if outcome == Outcome::Sent {
            self.told(now, &out.batch, &out.told);
        }
        let wait = |tries, draw: &mut dyn FnMut() -> f64| backoff::wait(tries, draw());
        let draw = &mut self.draw;
        let flush = self
            .groups
            .change(&out.group)
            .and_then(|it| it.flush.as_mut());
        let mine = flush.and_then(|flush| {
            let mut sends = flush.sends.iter_mut();
            sends.find(|send| send.state == Sending::Out(id))
        });
        if let Some(send) = mine {
            send.tries += 1;
            send.state = match outcome {
                Outcome::Sent => Sending::Done { sent: true },
                Outcome::Refused => Sending::Done { sent: false },
                Outcome::Again { after } => {
                    let wait = wait(send.tries, draw).max(after);
                    Sending::Due(now.saturating_add(wait))
                }
            };
        }
        self.end(&out.group, now);
    }

    /// Writes down that an integration was told.
    pub(super) fn told(&mut self, now: Duration, batch: &Batch, told: &Told) {
        let entry = Entry {
            at: now,
            expires: now.saturating_add(told.lifetime),
            ..told.entry.clone()
        };
        let firing = entry.firing.iter().map(|&it| (it, false));
        let told = firing.chain(entry.resolved.iter().map(|&it| (it, true)));
        for (fingerprint, resolved) in told {
            let alert = self.alerts.get(&fingerprint).filter(|it| !it.once);
            if alert.is_some_and(|it| self.config.cooldown(&it.labels).is_some()) {
                self.cooldowns
                    .told(&batch.key.receiver, fingerprint, resolved, now);
            }
        }
        self.owed.remove(&batch.key);
        self.log.put(batch.key.clone(), entry);
    }

    /// Remembers what is about to be told, since nobody may ever know whether it was.
    pub(super) fn owe(&mut self, batch: &Batch, now: Duration) {
        let alerts = batch.alerts.iter().map(AsRef::as_ref);
        let told = Entry::of(alerts.filter(|it| !it.once));
        let since = || Owed {
            since: now,
            ..Owed::default()
        };
        let owed = self.owed.change_or(batch.key.clone(), since);
        owed.firing.extend(told.firing);
        owed.resolved.extend(told.resolved);
    }

    fn end(&mut self, id: &GroupId, now: Duration) {
        let Some(group) = self.groups.change(id) else {
            return;
        };
        if let Some(dropped) = group.end(now, self.config.max_age) {
            if group.alerts.is_empty() {
                self.groups.remove(id);
            }
            if !dropped.is_empty() {
                self.totals.dropped += dropped.len() as u64;
                let group = self.group_key(id);
                self.happens(|| Happened::Dropped {
                    group,
                    alerts: dropped,
                });
            }
        }
    }

    /// Returns the silences.
    #[must_use]
    pub fn silences(&self) -> &Silences {
        &self.silences
    }

    /// Returns the silences, to change them; what is told next knows of it.
    pub fn silences_mut(&mut self) -> &mut Silences {
        &mut self.silences
    }

    /// Returns what was told.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Lists the alerts that fire at `now` and keep those of these labels quiet.
    pub fn inhibited_by<'n>(
        &'n self,
        labels: &'n Labels,
        now: Duration,
    ) -> impl Iterator<Item = Fingerprint> + use<'n> {
        self.inhibitor.sources(labels, now)
    }

    /// Lists the alerts that are known.
    pub fn alerts(&self) -> impl ExactSizeIterator<Item = &Alert> {
        self.alerts.values().map(AsRef::as_ref)
    }

    /// Returns an alert that is known.
    #[must_use]
    pub fn alert(&self, fingerprint: Fingerprint) -> Option<&Alert> {
        self.alerts.get(&fingerprint).map(AsRef::as_ref)
    }

    /// Lists the groups.
    pub fn groups(&self) -> impl Iterator<Item = GroupStatus<'_>> {
        self.groups.iter().map(|((at, labels), group)| GroupStatus {
            node: self.routes.node(*at),
            labels,
            group,
        })
    }

    /// Lists the groups that an alert of these labels is in, whether there are any such: key and receiver.
    pub fn destinations<'n>(
        &'n self,
        labels: &'n Labels,
    ) -> impl Iterator<Item = (String, &'n str)> {
        let nodes = self.routes.matching(labels);
        nodes.map(|(_, node)| {
            let key = node.group_key(&node.group_by.labels(labels));
            (key, node.receiver.as_str())
        })
    }

    /// Lists what somebody tried to tell, and does not know to have arrived.
    #[must_use]
    pub fn owed(&self) -> impl ExactSizeIterator<Item = (&LogKey, &Owed)> {
        self.owed.iter()
    }

    /// Returns how many alerts ended without somebody having been told who should have been, for `max_age`.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.totals.dropped
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier")
            .field("alerts", &self.alerts.len())
            .field("groups", &self.groups.len())
            .finish_non_exhaustive()
    }
}
