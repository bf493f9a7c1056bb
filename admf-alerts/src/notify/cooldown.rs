//! Alerts that come again soon after somebody was told of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alert::Fingerprint;
use super::kept::Kept;

/// Holds what a receiver knows of an alert that has a cooldown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Cooled {
    /// When it was told that the alert fires.
    pub at: Option<Duration>,
    /// Whether it has to be told of the end.
    pub owed: bool,
}

/// Keeps alerts quiet that a receiver was told of within their cooldown, and of which it knows that they had ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Cooldowns {
    pub(super) told: Kept<(String, Fingerprint), Cooled>,
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
        let key = (receiver.to_owned(), alert);
        let told = self.told.change_or(key, Cooled::default);
        if resolved {
            told.owed = false;
        } else if !told.owed {
            *told = Cooled {
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
