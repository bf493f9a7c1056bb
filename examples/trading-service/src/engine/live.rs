//! What a run looks like from outside while it goes on.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use admf_metrics::DatabaseMetrics;
use admf_metrics::trading::ErrorType;
use resilience_core::{Env, Event, Name};

use crate::bars::{Bar, Bars, Date};
use crate::broker::Order;
use crate::ledger::Tally;
use crate::portfolio::{Portfolio, Trade};
use crate::pulse::Turning;
use crate::report::SideReport;
use crate::risk::Breach;
use crate::trader::{Fate, TraderSummary};

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
    /// What the shares held have won at the last prices, in cents.
    pub(crate) unrealized: i64,
    /// What was lost since the close of the day before, in cents; negative where it was won.
    pub(crate) lost_today: i64,
    /// Whether nothing is bought, whatever the strategies say.
    pub(crate) halted: bool,
}

impl Now {
    /// Returns the drawdown to a hundredth of a per cent, which is as much as anybody reads.
    pub(crate) fn drawdown_shown(&self) -> f64 {
        (self.drawdown * 1e4).round() / 1e4
    }
}

/// Who wished to trade what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    /// Who wished it.
    pub(crate) strategy: &'a str,
    /// What to trade.
    pub(crate) symbol: &'a str,
}

/// An executed order as it was booked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Booked<'a> {
    /// Who wished it.
    pub(crate) wish: Wish<'a>,
    /// What was traded.
    pub(crate) trade: Trade,
    /// What it realized, in cents; `None` for a purchase.
    pub(crate) pnl: Option<i64>,
}

/// Hears what one side of a run does. What it is not interested in it leaves out.
pub(crate) trait Watcher: Send + Sync {
    /// The venues are up.
    fn venues_up(&self) {}
    /// The policies of this environment guard the venues.
    fn policies(&self, _: &Env) {}
    /// Records what is asked of the ledger.
    fn database(&self) -> DatabaseMetrics {
        DatabaseMetrics::noop()
    }
    /// A loop begins, which has to turn until what is returned is dropped.
    fn turning(&self, _: &str) -> Turning {
        Turning::default()
    }
    /// One of these policies changed its state.
    fn policy_event(&self, _: &Name, _: &Event) {}
    /// A date was replayed.
    fn day_done(&self, _: &Now) {}
    /// The prices of the next date are there, for these symbols.
    fn opened(&self, _: &[&str]) {}
    /// All that a date called for was done in this time.
    fn processed(&self, _: Duration) {}
    /// Prices were on their way for so long.
    fn heard(&self, _: Duration) {}
    /// Risk let a signal through, or refused it.
    fn signalled(&self, _: Wish<'_>, _: Result<(), Breach>) {}
    /// A limit was broken and not enforced.
    fn overlooked(&self, _: Breach) {}
    /// An order that was sent came to this end, or to none in time.
    fn answered(&self, _: &Order, _: &Fate, _: Duration) {}
    /// An order that was in doubt came to this end.
    fn settled(&self, _: &Order, _: &Fate) {}
    /// An executed order was booked.
    fn booked(&self, _: &Booked<'_>) {}
    /// So many cents did a strategy realize in all, with fills among them that were known late.
    fn realized(&self, _: &str, _: i64) {}
    /// So many shares of a symbol are held.
    fn held(&self, _: &str, _: i64) {}
    /// So much did the trader take for it until now.
    fn took(&self, _: &TraderSummary) {}
    /// A part of the service failed.
    fn failed(&self, _: &str, _: ErrorType) {}
    /// All is traded and reconciled, and came to this.
    fn ended(&self, _: &SideReport) {}
}

/// Counts and levels of one side of a run; clones show the same side.
#[derive(Clone, Default)]
pub(crate) struct Live {
    shared: Arc<Mutex<Shared>>,
    watcher: Option<Arc<dyn Watcher>>,
}

#[derive(Default)]
struct Shared {
    now: Now,
    tally: Tally,
}

impl Live {
    /// Makes one that tells `watcher` all that happens.
    pub(crate) fn new(watcher: impl Watcher + 'static) -> Self {
        Self {
            shared: Arc::default(),
            watcher: Some(Arc::new(watcher)),
        }
    }

    /// Tells that the venues are up.
    pub(crate) fn venues_up(&self) {
        self.tell(|watcher| watcher.venues_up());
    }

    /// Tells which policies guard the venues.
    pub(crate) fn policies(&self, env: &Env) {
        self.tell(|watcher| watcher.policies(env));
    }

    /// Tells that a policy changed its state.
    pub(crate) fn policy_event(&self, policy: &Name, event: &Event) {
        self.tell(|watcher| watcher.policy_event(policy, event));
    }

    /// Returns where the replay stands.
    pub(crate) fn now(&self) -> Now {
        self.lock().now
    }

    /// Returns where the signals so far ended.
    #[cfg(test)]
    pub(crate) fn tally(&self) -> Tally {
        self.lock().tally.clone()
    }

    /// Goes on from what an earlier run on the same ledger counted.
    pub(super) fn resume(&self, tally: Tally) {
        self.lock().tally = tally;
    }

    /// Counts an order anew that was in doubt.
    pub(crate) fn settled(&self, order: &Order, fate: &Fate) {
        {
            let by_fate = &mut self.lock().tally.by_fate;
            let doubts = by_fate.entry(Fate::InDoubt.word().to_owned());
            doubts.and_modify(|doubts| *doubts = doubts.saturating_sub(1));
            by_fate.retain(|_, count| *count > 0);
        }
        self.count(fate);
        self.tell(|watcher| watcher.settled(order, fate));
    }

    pub(crate) fn overlooked(&self, breach: Option<Breach>) {
        if let Some(breach) = breach {
            self.lock().tally.overlooked += 1;
            self.tell(|watcher| watcher.overlooked(breach));
        }
    }

    pub(crate) fn signalled(&self, wish: Wish<'_>, judged: Result<(), Breach>) {
        if let Err(breach) = judged {
            self.count(&Fate::RiskRejected(breach));
        }
        self.tell(|watcher| watcher.signalled(wish, judged));
    }

    pub(crate) fn answered(&self, order: &Order, fate: &Fate, latency: Duration) {
        self.count(fate);
        self.tell(|watcher| watcher.answered(order, fate, latency));
    }

    pub(crate) fn booked(&self, booked: &Booked<'_>) {
        self.tell(|watcher| watcher.booked(booked));
    }

    pub(crate) fn realized(&self, strategy: &str, cents: i64) {
        self.tell(|watcher| watcher.realized(strategy, cents));
    }

    /// Tells which symbols have a price on the date that begins.
    pub(crate) fn opened(&self, bars: &Bars, day: &Range<usize>) {
        let of = |bar: &Bar| bars.symbols[bar.symbol].as_str();
        let symbols: Vec<_> = bars.all[day.clone()].iter().map(of).collect();
        self.tell(|watcher| watcher.opened(&symbols));
    }

    /// Returns what records what is asked of the ledger.
    pub(crate) fn database(&self) -> DatabaseMetrics {
        let watcher = self.watcher.as_ref();
        watcher.map_or_else(DatabaseMetrics::noop, |watcher| watcher.database())
    }

    /// Begins a loop that has to turn.
    pub(crate) fn turning(&self, name: &str) -> Turning {
        let watcher = self.watcher.as_ref();
        watcher.map_or_else(Turning::default, |watcher| watcher.turning(name))
    }

    pub(crate) fn processed(&self, took: Duration) {
        self.tell(|watcher| watcher.processed(took));
    }

    /// Tells how long prices were on their way.
    pub(crate) fn heard(&self, latency: Duration) {
        self.tell(|watcher| watcher.heard(latency));
    }

    /// Tells how many shares are held of each symbol.
    pub(crate) fn held(&self, bars: &Bars, portfolio: &Portfolio) {
        for (symbol, shares) in bars.symbols.iter().zip(portfolio.shares()) {
            self.tell(|watcher| watcher.held(symbol, shares));
        }
    }

    pub(crate) fn took(&self, summary: &TraderSummary) {
        self.tell(|watcher| watcher.took(summary));
    }

    pub(crate) fn failed(&self, component: &str, error: ErrorType) {
        self.tell(|watcher| watcher.failed(component, error));
    }

    pub(crate) fn ended(&self, report: &SideReport) {
        self.tell(|watcher| watcher.ended(report));
    }

    pub(crate) fn day_done(&self, now: Now) {
        self.lock().now = now;
        self.tell(|watcher| watcher.day_done(&now));
    }

    fn count(&self, fate: &Fate) {
        let tally = &mut self.lock().tally;
        *tally.by_fate.entry(fate.word().to_owned()).or_default() += 1;
        if let Fate::RiskRejected(breach) = fate {
            *tally.by_breach.entry(breach.word().to_owned()).or_default() += 1;
        }
    }

    /// Tells the watcher, with no lock held.
    fn tell(&self, what: impl FnOnce(&dyn Watcher)) {
        if let Some(watcher) = &self.watcher {
            what(watcher.as_ref());
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
