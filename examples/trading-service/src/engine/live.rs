//! What a run looks like from outside while it goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bars::Date;
use crate::ledger::Tally;
use crate::risk::Breach;
use crate::trader::Fate;

/// Where the replay stands after a date.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Now {
    /// Bars replayed.
    pub(crate) bars: u64,
    /// Bars in all.
    pub(crate) of: u64,
    /// The last date that was replayed.
    pub(crate) date: Option<Date>,
    /// What the portfolio is worth, in cents.
    pub(crate) equity: i64,
    /// The part of the highest equity that is lost.
    pub(crate) drawdown: f64,
}

/// Counts and levels of one side of a run; clones show the same side.
#[derive(Clone, Default)]
pub(crate) struct Live {
    shared: Arc<Mutex<Shared>>,
    on_day: Option<OnDay>,
}

type OnDay = Arc<dyn Fn(&Now) + Send + Sync>;

#[derive(Default)]
struct Shared {
    now: Now,
    tally: Tally,
}

impl Live {
    /// Makes one that calls `on_day` after each date.
    pub(crate) fn new(on_day: impl Fn(&Now) + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::default(),
            on_day: Some(Arc::new(on_day)),
        }
    }

    /// Returns where the replay stands.
    pub(crate) fn now(&self) -> Now {
        self.lock().now
    }

    /// Returns where the signals so far ended.
    pub(crate) fn tally(&self) -> Tally {
        self.lock().tally.clone()
    }

    /// Goes on from what an earlier run on the same ledger counted.
    pub(super) fn resume(&self, tally: Tally) {
        self.lock().tally = tally;
    }

    /// Counts an order anew that was in doubt.
    pub(super) fn settled(&self, fate: &Fate) {
        self.lock()
            .tally
            .by_fate
            .entry(Fate::InDoubt.word().to_owned())
            .and_modify(|doubts| *doubts = doubts.saturating_sub(1));
        self.lock().tally.by_fate.retain(|_, count| *count > 0);
        self.ended(fate);
    }

    pub(super) fn overlooked(&self, breach: Option<Breach>) {
        self.lock().tally.overlooked += u64::from(breach.is_some());
    }

    pub(super) fn ended(&self, fate: &Fate) {
        let tally = &mut self.lock().tally;
        *tally.by_fate.entry(fate.word().to_owned()).or_default() += 1;
        if let Fate::RiskRejected(breach) = fate {
            *tally.by_breach.entry(breach.word().to_owned()).or_default() += 1;
        }
    }

    pub(super) fn day_done(&self, now: Now) {
        self.lock().now = now;
        if let Some(on_day) = &self.on_day {
            on_day(&now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Nothing under the lock can panic; and counts are worth reading even if something did.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
