//! Alerts that come again soon after somebody was told of them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::alert::Fingerprint;

/// What a receiver knows of an alert that has a cooldown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Told {
    /// When it was told that the alert fires.
    at: Option<Duration>,
    /// Whether it has to be told of the end.
    owed: bool,
}

/// Keeps alerts quiet that a receiver was told of within their cooldown, and of which it knows that they had ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Cooldowns {
    told: BTreeMap<(String, Fingerprint), Told>,
}

impl Cooldowns {
    /// Says whether an alert is kept quiet: as long as the receiver knows nothing of it, it fires within `cooldown` of
    /// the last notice, or has ended.
    pub(super) fn mutes(
        &self,
        receiver: &str,
        alert: Fingerprint,
        resolved: bool,
        cooldown: Duration,
        now: Duration,
    ) -> bool {
        let key = (receiver.to_owned(), alert);
        let told = self.told.get(&key).copied().unwrap_or_default();
        let within = || told.at.is_some_and(|at| now < at.saturating_add(cooldown));
        !told.owed && (resolved || within())
    }

    /// Takes that a receiver was told.
    pub(super) fn told(
        &mut self,
        receiver: &str,
        alert: Fingerprint,
        resolved: bool,
        now: Duration,
    ) {
        let told = self.told.entry((receiver.to_owned(), alert)).or_default();
        if resolved {
            told.owed = false;
        } else if !told.owed {
            *told = Told {
                at: Some(now),
                owed: true,
            };
        }
    }

    /// Forgets what matters no more: nothing is owed, and the notice is `longest` ago.
    pub(super) fn collect(&mut self, now: Duration, longest: Duration) {
        let over = |at: Duration| at.saturating_add(longest) <= now;
        self.told
            .retain(|_, told| told.owed || !told.at.is_some_and(over));
    }
}
