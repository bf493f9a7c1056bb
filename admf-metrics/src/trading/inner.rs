//! The series behind [`TradingMetrics`](super::TradingMetrics).

use std::sync::atomic::AtomicU64;

use super::account::Account;
use super::catalogue::*;
use super::data::Data;
use super::trades::{Fills, Signals, Trades};
use super::volume::Volume;
use super::words::{CacheAccess, ErrorType, OrderStatus, RiskLimit};
use crate::catalogue::LabelValue;
use crate::handle::{Bundles, Counter, Each, Family, Gauge, Histogram};
use crate::meter::{HandleError, Meter};

#[derive(Debug)]
pub(super) struct Inner {
    meter: Meter,
    /// The labels that all series of the account have.
    fixed: Vec<(&'static str, Box<str>)>,
    pub(super) trades: Trades,
    pub(super) signals: Signals,
    pub(super) volume: Volume,
    pub(super) positions: Family<Gauge, 1>,
    pub(super) account: Account,
    pub(super) orders: Each<OrderStatus, Counter>,
    pub(super) fills: Fills,
    pub(super) missed: Counter,
    pub(super) breaches: Each<RiskLimit, Counter>,
    pub(super) events: Family<Histogram, 1>,
    pub(super) status: Family<Gauge, 1>,
    pub(super) health: Family<Gauge, 2>,
    pub(super) caches: Caches,
    pub(super) errors: Errors,
    pub(super) data: Data,
}

impl Inner {
    /// Checks all metrics first, then resolves what is there from the beginning.
    pub(super) fn on(meter: &Meter, fixed: &[(&'static str, &str)]) -> Result<Self, HandleError> {
        let (account, process) = of_account_and_process();
        for metric in account {
            meter.declares_with(metric, fixed)?;
        }
        for metric in process {
            meter.declares(metric)?;
        }
        let own = fixed
            .iter()
            .map(|(label, value)| (*label, Box::from(*value)));
        Ok(Self {
            meter: meter.clone(),
            fixed: own.collect(),
            trades: Trades::on(meter, fixed)?,
            signals: Signals::on(meter, fixed)?,
            volume: Volume::on(meter, fixed)?,
            positions: meter.family(&POSITION_SIZE, fixed)?,
            account: Account::on(meter, fixed)?,
            orders: meter.counter_each(&ORDERS, fixed)?,
            fills: Fills::default(),
            missed: meter.counter(&MISSED_TRADES, fixed)?,
            breaches: meter.counter_each(&RISK_BREACHES, fixed)?,
            events: meter.family(&EVENT_PROCESSING, fixed)?,
            status: meter.gauges(&COMPONENT_STATUS)?,
            health: meter.gauges(&COMPONENT_HEALTH)?,
            caches: Caches::on(meter)?,
            errors: Errors::on(meter, fixed)?,
            data: Data::on(meter, fixed)?,
        })
    }

    /// Removes the series of a symbol, those of this account.
    pub(super) fn remove_symbol(&self, symbol: &str) {
        let fixed = self.fixed.iter().map(|(label, value)| (*label, &**value));
        let labels: Vec<_> = fixed.chain([("symbol", symbol)]).collect();
        for metric in of_account_and_process().0 {
            self.meter.remove_all(metric, &labels);
        }
    }
}

/// Hits and misses: of a cache that has one of them, both are shown.
#[derive(Debug)]
pub(super) struct Caches {
    both: Bundles<(Counter, Counter), 1>,
    hits: Family<Counter, 1>,
    misses: Family<Counter, 1>,
}

impl Caches {
    fn on(meter: &Meter) -> Result<Self, HandleError> {
        Ok(Self {
            both: Bundles::new(meter, &CACHE_HITS, &[&CACHE_MISSES], ["cache_name"])?,
            hits: meter.counters(&CACHE_HITS)?,
            misses: meter.counters(&CACHE_MISSES)?,
        })
    }

    pub(super) fn count(&self, cache: &str, access: CacheAccess) {
        let (hits, misses) = self.both.with([cache], |cache| {
            (self.hits.with(cache), self.misses.with(cache))
        });
        match access {
            CacheAccess::Hit => hits.increment(1),
            CacheAccess::Miss => misses.increment(1),
        }
    }
}

/// Errors: of a component that has one, every category is shown.
#[derive(Debug)]
pub(super) struct Errors {
    of_component: Bundles<Each<ErrorType, Counter>, 1>,
    counters: Family<Counter, 2>,
    /// Those of all components.
    pub(super) so_far: Each<ErrorType, AtomicU64>,
}

impl Errors {
    fn on(meter: &Meter, fixed: &[(&str, &str)]) -> Result<Self, HandleError> {
        Ok(Self {
            of_component: Bundles::new(meter, &ERRORS, &[], ["component"])?,
            counters: meter.family(&ERRORS, fixed)?,
            so_far: Each::from_fn(|_| AtomicU64::new(0)),
        })
    }

    pub(super) fn of(&self, component: &str) -> Each<ErrorType, Counter> {
        self.of_component.with([component], |[component]| {
            Each::from_fn(|error: ErrorType| self.counters.with([component, error.value()]))
        })
    }
}
