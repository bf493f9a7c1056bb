//! The lines of the machine.

use std::collections::BTreeSet;

use super::super::AlertState;
use super::{Entry, GRACE, Model, NAMES, RESEND, TOLERANCE, Told, Turn};
use crate::rule::OnError;

impl Model {
    pub(super) fn turn(&mut self, ts: u64, turn: &Turn) -> Told {
        self.evaluated = true;
        self.failed = turn.fails;
        let named = |which: [bool; 3]| -> BTreeSet<String> {
            let named = NAMES.iter().zip(which).filter(|it| it.1);
            named.map(|it| it.0.to_string()).collect()
        };
        let (mut held, mut holding) = (named(turn.held), named(turn.holding));
        let mut rest_is_over = true;
        if turn.fails {
            holding.clear();
            match self.config.on_error {
                OnError::KeepLast => return vec![],
                OnError::Ok => held.clear(),
                OnError::Alert => {
                    held = BTreeSet::from(["error".to_owned()]);
                    rest_is_over = false;
                }
            }
        }
        if !self.config.clears {
            holding.clear();
        }
        let mut told = vec![];
        if rest_is_over {
            let unknown =
                |name: &&String| !held.contains(*name) && !self.entries.contains_key(*name);
            let ended: Vec<String> = self.stored.keys().filter(unknown).cloned().collect();
            self.absent(ts, &held, &holding, &mut told);
            if !turn.fails {
                self.ended(ts, ended, &mut told);
            }
        }
        for name in &held {
            self.present(ts, name, &mut told);
        }
        if rest_is_over {
            self.stored.clear();
        }
        self.limit(&mut told);
        told.sort();
        told
    }

    fn absent(
        &mut self,
        ts: u64,
        held: &BTreeSet<String>,
        holding: &BTreeSet<String>,
        told: &mut Told,
    ) {
        let absent: Vec<String> = self.entries.keys().cloned().collect();
        for name in absent.into_iter().filter(|it| !held.contains(it)) {
            let entry = self.entries.get_mut(&name).unwrap();
            match entry.state {
                AlertState::Pending => drop(self.entries.remove(&name)),
                AlertState::Inactive if ts - entry.resolved.unwrap() > 900 => {
                    self.entries.remove(&name);
                }
                AlertState::Inactive => {}
                AlertState::Firing => {
                    entry.seen = ts;
                    if holding.contains(&name) && !self.of_unknown.contains(&name) {
                        entry.kept_since = None;
                        continue;
                    }
                    if self.config.keep > 0 {
                        let since = *entry.kept_since.get_or_insert(ts);
                        if ts - since < self.config.keep {
                            continue;
                        }
                    }
                    entry.state = AlertState::Inactive;
                    entry.resolved = Some(ts);
                    told.push(("resolved", name));
                }
            }
        }
    }

    /// What fired in the process before, and does not hold, goes on as if it had just ceased to; nothing holds it.
    fn ended(&mut self, ts: u64, ended: Vec<String>, told: &mut Told) {
        for name in ended {
            let (active, _, fired) = self.stored[&name];
            if fired.is_none() {
                continue;
            }
            let mut entry = Entry {
                state: AlertState::Firing,
                active,
                seen: ts,
                fired,
                kept_since: None,
                resolved: None,
                sent: None,
            };
            if self.config.keep > 0 {
                entry.kept_since = Some(ts);
            } else {
                (entry.state, entry.resolved) = (AlertState::Inactive, Some(ts));
                told.push(("resolved", name.clone()));
            }
            self.of_unknown.insert(name.clone());
            self.entries.insert(name, entry);
        }
    }

    fn present(&mut self, ts: u64, name: &str, told: &mut Told) {
        self.of_unknown.remove(name);
        let hold = self.config.hold;
        let known = self.entries.get(name);
        if known.is_none_or(|it| it.state == AlertState::Inactive) {
            let restored = self.restored(ts, name);
            let active = restored.unwrap_or(ts);
            let goes_on = restored.is_some() && ts - active >= hold;
            let stored = self.stored.get(name).filter(|_| goes_on);
            let entry = Entry {
                state: AlertState::Pending,
                active,
                seen: ts,
                fired: stored.and_then(|it| it.2),
                kept_since: None,
                resolved: None,
                sent: None,
            };
            self.entries.insert(name.to_owned(), entry);
        }
        let entry = self.entries.get_mut(name).unwrap();
        (entry.seen, entry.kept_since) = (ts, None);
        let long_enough = ts.saturating_sub(entry.active) >= hold;
        if entry.state == AlertState::Pending && long_enough {
            (entry.state, entry.fired) = (AlertState::Firing, entry.fired.or(Some(ts)));
            told.push(("fired", name.to_owned()));
        } else if entry.state == AlertState::Firing && !long_enough && self.three {
            (entry.state, entry.fired, entry.sent) = (AlertState::Pending, None, None);
            told.push(("withdrawn", name.to_owned()));
        }
    }

    fn restored(&self, now: u64, name: &str) -> Option<u64> {
        let (active, last, fired) = *self.stored.get(name)?;
        let hold = self.config.hold;
        let remaining = hold as i64 - (last as i64 - active as i64);
        let fires = fired.is_some() && remaining <= 0;
        if now - last > TOLERANCE || (hold < GRACE && !fires) {
            return None;
        }
        Some(if remaining <= 0 {
            active
        } else if (remaining as u64) < GRACE {
            now + GRACE - hold
        } else {
            active + (now - last)
        })
    }

    fn limit(&mut self, told: &mut Told) {
        let active = |it: &&Entry| it.state != AlertState::Inactive;
        let count = self.entries.values().filter(active).count() as u64;
        if self.config.limit == 0 || count <= self.config.limit {
            return;
        }
        self.failed = true;
        let (fired, rest) = std::mem::take(told)
            .into_iter()
            .partition(|it| it.0 == "fired");
        *told = rest;
        let fired: Told = fired;
        for (name, entry) in std::mem::take(&mut self.entries) {
            let new = fired.iter().any(|it| it.1 == name);
            if entry.state == AlertState::Firing && !new {
                told.push(("withdrawn", name));
            }
        }
    }

    /// The names, and until when each is valid.
    pub(super) fn send(&mut self, ts: u64) -> Vec<(String, u64)> {
        let mut sent = vec![];
        if self.failed && self.config.on_error == OnError::KeepLast {
            return sent;
        }
        for (name, entry) in &mut self.entries {
            let due = match (entry.state, entry.sent) {
                (AlertState::Pending, _) => false,
                (_, None) => true,
                (_, Some(last)) => entry.resolved > Some(last) || last + RESEND < ts,
            };
            if due {
                entry.sent = Some(ts);
                sent.push((name.clone(), entry.resolved.unwrap_or(ts + 4 * RESEND)));
            }
        }
        sent
    }

    pub(super) fn restart(&mut self) {
        for (name, entry) in std::mem::take(&mut self.entries) {
            if entry.state != AlertState::Inactive {
                self.stored
                    .insert(name, (entry.active, entry.seen, entry.fired));
            }
        }
        (self.evaluated, self.failed) = (false, false);
    }

    pub(super) fn state(&self) -> Option<AlertState> {
        let states = self.entries.values().map(|it| it.state);
        self.evaluated
            .then(|| states.max().unwrap_or(AlertState::Inactive))
    }
}
