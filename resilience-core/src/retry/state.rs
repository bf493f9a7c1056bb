//! What a run of attempts knows, and what follows from it.

use std::sync::Arc;
use std::time::Duration;

use super::{HintPolicy, RetryConfig};
use crate::backoff::Delays;
use crate::{Backoff, Chance, Hint, Time};

/// What runs go by, once it has been checked.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) config: RetryConfig,
    pub(super) backoff: Backoff,
}

/// Why a run that had failed was not repeated any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The attempts were used up, those of the policy or those of the call.
    Attempts,
    /// The next attempt would begin too late.
    Time,
    /// The budget was used up.
    Budget,
    /// The callee asked for no repetition, or a retry further in had given up.
    DoNotRetry,
}

impl Cause {
    /// Returns the cause in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Time => "time",
            Self::Budget => "budget",
            Self::DoNotRetry => "do_not_retry",
        }
    }
}

/// One run. While it has not failed, it owns nothing.
#[derive(Debug)]
pub(super) struct Run {
    /// Number of attempts that ended.
    made: u32,
    /// Number of those that were sent.
    pub(super) sent: u32,
    /// Number of attempts that the call itself allows.
    max_attempts: u32,
    /// When no attempt may begin any more.
    pub(super) until: Option<Time>,
    failed: Option<Box<Failing>>,
}

/// What a run that has failed goes by, up to its end.
#[derive(Debug)]
struct Failing {
    settings: Arc<Settings>,
    delays: Delays,
}

impl Run {
    #[inline]
    pub(super) const fn new(max_attempts: u32, until: Option<Time>) -> Self {
        Self {
            made: 0,
            sent: 0,
            max_attempts,
            until,
            failed: None,
        }
    }

    /// Counts an attempt that ended.
    #[inline]
    pub(super) fn count(&mut self, rejected: bool) {
        self.made = self.made.saturating_add(1);
        self.sent = self.sent.saturating_add(u32::from(!rejected));
    }

    /// Returns the wait that would follow the attempt that was counted last, where attempts allow
    /// another; `settings` are asked for at the first failure.
    pub(super) fn delay(
        &mut self,
        hint: Hint,
        settings: impl FnOnce() -> Arc<Settings>,
        chance: &Chance,
    ) -> Result<Duration, Cause> {
        let Failing { settings, delays } =
            &mut **self.failed.get_or_insert_with(|| Failing::new(settings()));
        match self.made < settings.config.max_attempts.min(self.max_attempts) {
            true => Ok(settings.delay(delays, hint, chance)),
            false => Err(Cause::Attempts),
        }
    }

    /// Says whether an attempt may begin `delay` after `now`.
    pub(super) fn fits(&self, delay: Duration, now: Time) -> Result<(), Cause> {
        match self.until {
            Some(until) if now.after(delay) >= until => Err(Cause::Time),
            _ => Ok(()),
        }
    }
}

impl Failing {
    fn new(settings: Arc<Settings>) -> Box<Self> {
        let delays = settings.backoff.start();
        Box::new(Self { settings, delays })
    }
}

impl Settings {
    /// Returns the next wait; a hint that takes the place of the back-off leaves chance alone.
    fn delay(&self, delays: &mut Delays, hint: Hint, chance: &Chance) -> Duration {
        let hint = hint.after().map(|it| it.min(self.config.hint_max));
        match (self.config.hints, hint) {
            (HintPolicy::Exact, Some(hint)) => {
                delays.skip();
                hint
            }
            (HintPolicy::Clamped, Some(hint)) => {
                delays.skip();
                hint.max(self.config.hint_min)
            }
            (HintPolicy::AtLeast, Some(hint)) => delays.next(chance).max(hint),
            (_, None) | (HintPolicy::Ignored, _) => delays.next(chance),
        }
    }
}
