//! Volume: a counter takes whole units, and trades come in fractions.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use super::catalogue::TRADE_VOLUME;
use crate::catalogue::Label;
use crate::handle::{Counter, Family};
use crate::meter::{HandleError, Meter};

/// Counters of whole units that are fed with fractions: what is left of a unit is carried on.
#[derive(Debug)]
pub(super) struct Volume {
    meter: Meter,
    /// Where the catalogue has the metric.
    position: usize,
    counters: Family<Counter, 1>,
    /// By symbol, for as many as the label may say.
    symbols: Mutex<HashMap<Box<str>, Symbol>>,
    most: usize,
}

#[derive(Debug)]
struct Symbol {
    /// What is left of a unit.
    rest: f64,
    /// Its series, and how many had been removed before it was found; none where it shares that of
    /// overflow.
    counter: Option<(u64, Counter)>,
}

impl Volume {
    pub(super) fn on(meter: &Meter, fixed: &[(&str, &str)]) -> Result<Self, HandleError> {
        let counters: Family<_, 1> = meter.family(&TRADE_VOLUME, fixed)?;
        let mut labels = counters.metric().labels.iter();
        let symbol = labels.find(|label| label.name == "symbol");
        Ok(Self {
            most: symbol.map_or(0, Label::max_values),
            meter: meter.clone(),
            position: meter.position(TRADE_VOLUME.name)?,
            symbols: Mutex::default(),
            counters,
        })
    }

    /// Adds an amount, finite and not negative.
    pub(super) fn add(&self, symbol: &str, amount: f64) {
        let removals = self.meter.removals(&[self.position]);
        let (whole, held) = self.carry(symbol, amount, removals);
        let counter = held.unwrap_or_else(|| self.resolve(symbol, removals));
        // A cast of what is past the range of a counter gives its end.
        counter.increment(whole as u64);
    }

    /// Returns the whole units of an amount and of what was left before, and the counter where that is
    /// known and not removed.
    fn carry(&self, symbol: &str, amount: f64, removals: u64) -> (f64, Option<Counter>) {
        let mut symbols = self.lock();
        if let Some(known) = symbols.get_mut(symbol) {
            let sum = known.rest + amount;
            known.rest = sum.fract();
            let held = known.counter.as_ref().filter(|(at, _)| *at == removals);
            return (sum.trunc(), held.map(|(_, counter)| counter.clone()));
        }
        if symbols.len() < self.most {
            let (rest, counter) = (amount.fract(), None);
            symbols.insert(symbol.into(), Symbol { rest, counter });
        }
        (amount.trunc(), None)
    }

    /// Finds the counter, and keeps it where it is the symbol's own. Outside of the lock: the recorder may
    /// not be ours.
    fn resolve(&self, symbol: &str, removals: u64) -> Counter {
        let counter = self.counters.with([symbol]);
        let own = self.counters.find([symbol]);
        if let Some(known) = self.lock().get_mut(symbol) {
            known.counter = own.map(|own| (removals, own));
        }
        counter
    }

    pub(super) fn forget(&self, symbol: &str) {
        self.lock().remove(symbol);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Symbol>> {
        self.symbols.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
