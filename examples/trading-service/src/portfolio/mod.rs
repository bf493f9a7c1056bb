//! What is held: cash and shares, made from fills alone.

#[cfg(test)]
mod tests;

use crate::bars::{Bar, SymbolId};
use crate::broker::Side;

/// A trade, done or still on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trade {
    /// What is traded.
    pub(crate) symbol: SymbolId,
    /// Which way.
    pub(crate) side: Side,
    /// Number of shares.
    pub(crate) quantity: u32,
    /// Price in cents.
    pub(crate) price: i64,
}

impl Trade {
    /// Returns what the trade is worth, in cents.
    pub(crate) fn value(&self) -> i64 {
        self.price.saturating_mul(i64::from(self.quantity))
    }
}

/// Cash and shares, and what orders on their way may still take of them.
#[derive(Clone, Debug)]
pub(crate) struct Portfolio {
    cash: i64,
    holdings: Vec<Holding>,
}

#[derive(Clone, Debug, Default)]
struct Holding {
    shares: i64,
    price: i64,
    /// Cents that were paid for the shares.
    basis: i64,
    /// Shares and cents that buys on their way will bring and take, if they are filled.
    buying: i64,
    cost: i64,
    /// Shares that sells on their way will take.
    selling: i64,
}

impl Holding {
    /// Returns what was paid for so many of the shares.
    fn paid_for(&self, quantity: u32) -> i64 {
        let part = i128::from(self.shares.min(i64::from(quantity)).max(0));
        let paid = i128::from(self.basis) * part / i128::from(self.shares.max(1));
        i64::try_from(paid).expect("a part of a number is no larger")
    }
}

impl Portfolio {
    /// Makes a portfolio of cash alone.
    pub(crate) fn new(cash: i64, symbols: usize) -> Self {
        Self {
            cash,
            holdings: vec![Holding::default(); symbols],
        }
    }

    /// Takes a bar's closing price as what a share is worth, after the split of that day.
    pub(crate) fn mark(&mut self, bar: &Bar) {
        let holding = &mut self.holdings[bar.symbol];
        holding.price = bar.close;
        holding.shares = holding.shares.saturating_mul(i64::from(bar.split));
    }

    /// Sets aside what an order may take, until it is released.
    pub(crate) fn reserve(&mut self, trade: &Trade) {
        self.set_aside(trade, 1);
    }

    /// Gives back what was set aside for an order.
    pub(crate) fn release(&mut self, trade: &Trade) {
        self.set_aside(trade, -1);
    }

    fn set_aside(&mut self, trade: &Trade, sign: i64) {
        let holding = &mut self.holdings[trade.symbol];
        let shares = sign * i64::from(trade.quantity);
        match trade.side {
            Side::Buy => {
                holding.buying += shares;
                holding.cost += sign * trade.value();
            }
            Side::Sell => holding.selling += shares,
        }
    }

    /// Books a fill, and returns what it realized, in cents, over the mean price of what was held; `None`
    /// for a purchase.
    pub(crate) fn fill(&mut self, trade: &Trade) -> Option<i64> {
        let holding = &mut self.holdings[trade.symbol];
        let paid = match trade.side {
            Side::Buy => -trade.value(),
            Side::Sell => holding.paid_for(trade.quantity),
        };
        holding.basis = holding.basis.saturating_sub(paid);
        let (shares, cash) = match trade.side {
            Side::Buy => (i64::from(trade.quantity), -trade.value()),
            Side::Sell => (-i64::from(trade.quantity), trade.value()),
        };
        holding.shares = holding.shares.saturating_add(shares);
        self.cash = self.cash.saturating_add(cash);
        (trade.side == Side::Sell).then(|| cash.saturating_sub(paid))
    }

    /// Returns what the shares held have won at the last prices, in cents.
    pub(crate) fn unrealized(&self) -> i64 {
        let won = |holding: &Holding| {
            let worth = holding.shares.saturating_mul(holding.price);
            worth.saturating_sub(holding.basis)
        };
        self.holdings.iter().map(won).fold(0, i64::saturating_add)
    }

    /// Returns the cash that no order on its way will take, in cents.
    pub(crate) fn free_cash(&self) -> i64 {
        self.cash
            - self
                .holdings
                .iter()
                .map(|holding| holding.cost)
                .sum::<i64>()
    }

    /// Returns the shares that can be sold.
    pub(crate) fn free_shares(&self, symbol: SymbolId) -> i64 {
        self.holdings[symbol].shares - self.holdings[symbol].selling
    }

    /// Returns the shares that will be held if every buy on its way is filled.
    pub(crate) fn exposure(&self, symbol: SymbolId) -> i64 {
        self.holdings[symbol].shares + self.holdings[symbol].buying
    }

    /// Returns what all of it is worth at the last prices, in cents.
    pub(crate) fn equity(&self) -> i64 {
        let worth = |holding: &Holding| holding.shares.saturating_mul(holding.price);
        self.holdings
            .iter()
            .map(worth)
            .fold(self.cash, i64::saturating_add)
    }

    /// Returns the shares held, by symbol.
    pub(crate) fn shares(&self) -> Vec<i64> {
        self.holdings.iter().map(|holding| holding.shares).collect()
    }
}
