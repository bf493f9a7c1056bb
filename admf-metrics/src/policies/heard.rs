//! What the observer was told, as metrics: state changes, which no snapshot can tell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use resilience_core::{CircuitState, Event, Name, Policy, Snapshot, Time};

use super::SHOWN_KEYS;
use super::catalogue::POLICIES;
use super::named::Named;
use crate::catalogue::Label;
use crate::meter::{Meter, TOTALS_STAY};

/// So many names are remembered: of circuits, retries, recoveries, bulkheads and two sorts of limiters.
const NAMES: usize = 6 * POLICIES;

/// The changes that every circuit makes sooner or later.
const USUAL: [(CircuitState, CircuitState); 4] = [
    (CircuitState::Closed, CircuitState::Open),
    (CircuitState::Open, CircuitState::HalfOpen),
    (CircuitState::HalfOpen, CircuitState::Open),
    (CircuitState::HalfOpen, CircuitState::Closed),
];

#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Whether anybody is there to be told.
    listening: AtomicBool,
    names: Mutex<BTreeMap<String, Named>>,
}

impl Heard {
    pub(super) fn listen(&self) {
        self.listening.store(true, Ordering::Relaxed);
    }

    /// Shows a circuit that has not changed yet, so that its first change is an increase.
    pub(super) fn expect_circuit(&self, name: &str, meter: &Meter) {
        if self.listening.load(Ordering::Relaxed) {
            self.of(name, |of, name, _| {
                for (from, to) in USUAL {
                    of.transition(name, from, to, meter);
                }
                of.recovery(name, meter);
            });
        }
    }

    /// Counts an event.
    pub(super) fn take(&self, policy: &Name, event: &Event, meter: &Meter) {
        let name = policy.as_str();
        match event {
            Event::CircuitMoved { from, to, at } => self.of(name, |of, name, alone| {
                if let Some(counter) = of.transition(name, *from, *to, meter) {
                    counter.increment(1);
                }
                let took = of.moved(*from, *to, *at).filter(|_| alone);
                if let (Some(took), Some(recovery)) = (took, of.recovery(name, meter)) {
                    recovery.record(took);
                }
            }),
            Event::GaveUp { attempts, .. } => self.of(name, |of, name, _| {
                if let Some(gave_up) = of.gave_up(name, meter) {
                    gave_up.record(f64::from(*attempts));
                }
            }),
            Event::RecoveryEnded(record) => self.of(name, |of, name, _| {
                if let Some(recoveries) = of.recoveries(name, record, meter) {
                    recoveries.record(record.took.as_secs_f64());
                }
            }),
            Event::Waited { kind, lasted } => self.of(name, |of, name, _| {
                if let Some(waits) = of.waits(name, kind, meter) {
                    waits.record(lasted.as_secs_f64());
                }
            }),
            _ => {}
        }
    }

    /// Forgets the names that no policy has had for [`TOTALS_STAY`], and takes their series away. What was heard of a key stays as long as its policy.
    pub(super) fn forget(&self, living: &[(Arc<dyn Policy>, Snapshot)], now: Time, meter: &Meter) {
        let living = living.iter().map(|(policy, _)| policy.name().as_str());
        let living: BTreeSet<_> = living.collect();
        self.lock().retain(|name, of| {
            let policy = name.find('[').map_or(name.as_str(), |open| &name[..open]);
            let lives = living.contains(name.as_str()) || living.contains(policy);
            let stays = of.missed(lives, now) < TOTALS_STAY;
            if !stays {
                of.remove(name, meter);
            }
            stays
        });
    }

    /// Works on what is known of a name, under the name that it is shown by; says whether that is of one
    /// policy alone.
    fn of<T>(&self, name: &str, work: impl FnOnce(&mut Named, &str, bool) -> T) -> T {
        let mut names = self.lock();
        let shared = shared_name(&names, name);
        let shown = shared.as_deref().unwrap_or(name);
        let alone = shared.is_none();
        if let Some(of) = names.get_mut(shown) {
            return work(of, shown, alone);
        }
        if names.len() < NAMES {
            let of = names.entry(shown.to_owned()).or_default();
            return work(of, shown, alone);
        }
        // Resolved anew each time, and shown by the overflow.
        work(&mut Named::default(), shown, alone)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Named>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the name that the further keys of a policy share, once so many of them were seen as are shown
/// one by one; so that the keys of one policy leave room for the others.
fn shared_name(names: &BTreeMap<String, Named>, name: &str) -> Option<String> {
    let open = name.find('[').filter(|_| name.ends_with(']'))?;
    if names.contains_key(name) {
        return None;
    }
    let policy = &name[..=open];
    let keys = names.range(policy.to_owned()..).take(SHOWN_KEYS);
    let keys = keys.take_while(|(it, _)| it.starts_with(policy)).count();
    (keys >= SHOWN_KEYS).then(|| format!("{policy}{}]", Label::OVERFLOW))
}
