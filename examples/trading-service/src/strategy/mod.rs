//! What turns bars into signals, from bars alone: the same bars give the same signals, whatever
//! became of the orders before.

mod crossover;
mod reversion;
#[cfg(test)]
mod tests;

use crate::bars::{Bar, SymbolId};
use crate::broker::Side;

use crossover::Crossover;
use reversion::Reversion;

/// The wish to trade that a strategy reads out of a bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Time on the trading clock: the index of the bar.
    pub(crate) at: u64,
    /// What to trade.
    pub(crate) symbol: SymbolId,
    /// Who says so, in a word that goes into client ids.
    pub(crate) strategy: &'static str,
    /// Which way.
    pub(crate) side: Side,
    /// How much, in cents: risk turns it into shares.
    pub(crate) notional: i64,
    /// The bar's closing price in cents.
    pub(crate) price: i64,
}

/// Both strategies, each with a memory per symbol.
#[derive(Debug)]
pub(crate) struct Strategies {
    per_symbol: Vec<(Crossover, Reversion)>,
}

impl Strategies {
    /// What they are called.
    pub(crate) const NAMES: [&'static str; 2] = [Crossover::NAME, Reversion::NAME];

    /// Makes strategies that have seen nothing yet.
    pub(crate) fn new(symbols: usize) -> Self {
        Self {
            per_symbol: (0..symbols)
                .map(|_| (Crossover::new(), Reversion::new()))
                .collect(),
        }
    }

    /// Reads the next bar and returns what it calls for.
    pub(crate) fn on_bar(&mut self, at: u64, bar: &Bar) -> Vec<Signal> {
        let (crossover, reversion) = &mut self.per_symbol[bar.symbol];
        let signal = |strategy, (side, notional)| Signal {
            at,
            symbol: bar.symbol,
            strategy,
            side,
            notional,
            price: bar.close,
        };
        let trend = crossover
            .on_price(bar.adjusted)
            .map(|wish| signal(Crossover::NAME, wish));
        let swing = reversion
            .on_price(bar.adjusted)
            .map(|wish| signal(Reversion::NAME, wish));
        trend.into_iter().chain(swing).collect()
    }
}

/// The last few prices, oldest first.
#[derive(Debug)]
struct Prices {
    length: usize,
    last: std::collections::VecDeque<f64>,
}

impl Prices {
    fn new(length: usize) -> Self {
        Self {
            length,
            last: std::collections::VecDeque::with_capacity(length + 1),
        }
    }

    /// Adds a price and says whether the window is full.
    fn push(&mut self, price: f64) -> bool {
        self.last.push_back(price);
        if self.last.len() > self.length {
            self.last.pop_front();
        }
        self.last.len() == self.length
    }

    /// Returns the mean of the last `count`. Summed anew each time: a running sum would drift.
    fn mean(&self, count: usize) -> f64 {
        self.last.iter().rev().take(count).sum::<f64>() / count as f64
    }

    /// Returns the standard deviation around `mean`.
    fn deviation(&self, mean: f64) -> f64 {
        let squares: f64 = self
            .last
            .iter()
            .map(|price| (price - mean) * (price - mean))
            .sum();
        (squares / self.last.len() as f64).sqrt()
    }
}
