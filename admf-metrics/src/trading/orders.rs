//! What trading comes to: volume, positions, orders, limits.

use super::TradingMetrics;
use super::account::Level;
use super::words::{ErrorType, OrderStatus, RiskLimit};

/// The most that an amount may be, 2^53: beyond, sums of units are no longer exact, and one that is no longer finite
/// would never be put right again.
const MOST: f64 = 9_007_199_254_740_992.0;

impl TradingMetrics {
    /// Sets what a strategy has realized in all, for an account that is older than this process.
    pub fn set_realized_pnl(&self, strategy: &str, total: f64) {
        self.inner.trades.realized.with([strategy]).set(total);
    }

    /// Adds the value of an executed trade to the volume of its symbol.
    ///
    /// Fractions are carried on, so that only the last one is not shown yet; for symbols past the cap
    /// of the catalogue they are left out. What is negative, above 2^53 or not a number is counted as an error of the
    /// component `trading_metrics`.
    pub fn record_volume(&self, symbol: &str, value: f64) {
        if self.is_amount(value) {
            self.inner.volume.add(symbol, value);
        }
    }

    /// Shows how many units of a symbol are held, negative where it is short; `None` where nobody knows.
    pub fn set_position(&self, symbol: &str, size: Option<f64>) {
        self.inner.positions.show([symbol], size);
    }

    /// Counts what became of an order.
    pub fn record_order(&self, status: OrderStatus) {
        self.inner.orders.of(status).increment(1);
    }

    /// Takes how many units an ended order was for, and how many of them were executed, into the ratio
    /// of all; what a cancellation left counts as not executed.
    ///
    /// A pair of which one is negative, above 2^53 or not a number is counted as an error of the component
    /// `trading_metrics`.
    pub fn record_fill(&self, ordered: f64, filled: f64) {
        if self.is_amount(ordered) && self.is_amount(filled) {
            let ratio = self.inner.fills.add(ordered, filled);
            self.inner.account.show([(Level::FillRatio, ratio)]);
        }
    }

    fn is_amount(&self, value: f64) -> bool {
        let is = (0.0..=MOST).contains(&value);
        if !is {
            self.record_error("trading_metrics", ErrorType::InvalidData);
        }
        is
    }

    /// Counts a trade that was wanted and allowed, and could not be made.
    pub fn record_missed_trade(&self) {
        self.inner.missed.increment(1);
    }

    /// Counts an order that was sent past a limit, or a position that is held past it. A signal that
    /// a limit stopped is none: it was [filtered](Self::record_signal).
    pub fn record_risk_breach(&self, limit: RiskLimit) {
        self.inner.breaches.of(limit).increment(1);
    }

    /// Shows whether trading is stopped.
    pub fn set_trading_halted(&self, halted: bool) {
        let halted = f64::from(u8::from(halted));
        self.inner.account.show([(Level::Halted, Some(halted))]);
    }
}
