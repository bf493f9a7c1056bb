//! Says how much of a signal may become an order, or why none of it.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::broker::Side;
use crate::portfolio::{Portfolio, Trade};
use crate::strategy::Signal;

/// What the operator allows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RiskConfig {
    /// Largest value of an order, in cents.
    pub(crate) max_order_size: i64,
    /// Largest value of what is held of one symbol, in cents.
    pub(crate) max_position_size: i64,
    /// Loss since the close of the day before, in cents, after which nothing more is bought that day.
    pub(crate) max_daily_loss: i64,
    /// Part of the highest equity, above 0 and up to 1, after the loss of which nothing is bought for
    /// [`Self::pause`] days.
    pub(crate) max_drawdown: f64,
    /// Days without buying after a drawdown. The highest equity is counted anew after them: a
    /// portfolio that sold everything could never win back what it lost.
    pub(crate) pause: u32,
    /// Whether limits are looked at.
    pub(crate) checks: bool,
    /// Whether a limit that is broken stops the order, or is only counted.
    pub(crate) enforced: bool,
    /// Whether there is an account to trade on.
    pub(crate) trading: bool,
}

/// Why a signal became no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Breach {
    /// Trading is switched off.
    TradingDisabled,
    /// The order would be worth too much.
    OrderSize,
    /// Too much of one symbol would be held.
    PositionSize,
    /// Too much was lost today.
    DailyLoss,
    /// Too much was lost since the highest equity.
    Drawdown,
    /// The order would cost more than there is.
    Cash,
    /// There is nothing to sell.
    NothingHeld,
}

impl Breach {
    /// Returns the word that the ledger and the report use.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::TradingDisabled => "trading_disabled",
            Self::OrderSize => "order_size",
            Self::PositionSize => "position_size",
            Self::DailyLoss => "daily_loss",
            Self::Drawdown => "drawdown",
            Self::Cash => "cash",
            Self::NothingHeld => "nothing_held",
        }
    }

    /// Says whether the operator set the limit, or the account itself.
    fn is_limit(self) -> bool {
        matches!(
            self,
            Self::OrderSize | Self::PositionSize | Self::DailyLoss | Self::Drawdown
        )
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What may become an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// The order's part that moves the portfolio.
    pub(crate) trade: Trade,
    /// The limit that it breaks, where limits are not enforced.
    pub(crate) overlooked: Option<Breach>,
}

/// The limits, and how the days so far stand against them.
#[derive(Clone, Debug)]
pub(crate) struct Risk {
    config: RiskConfig,
    equity: i64,
    highest: i64,
    lost_today: i64,
    pause_left: u32,
}

impl Risk {
    /// Starts with the equity before the first day.
    pub(crate) fn new(config: RiskConfig, equity: i64) -> Self {
        Self {
            config,
            equity,
            highest: equity,
            lost_today: 0,
            pause_left: 0,
        }
    }

    /// Takes the equity at a day's prices, before its orders.
    pub(crate) fn open_day(&mut self, equity: i64) {
        self.lost_today = self.equity - equity;
        self.equity = equity;
        if self.pause_left > 0 {
            self.pause_left -= 1;
            if self.pause_left == 0 {
                self.highest = equity;
            }
        }
        self.highest = self.highest.max(equity);
        if self.pause_left == 0 && self.drawdown() >= self.config.max_drawdown {
            self.pause_left = self.config.pause;
        }
    }

    /// Returns the part of the highest equity that is lost.
    pub(crate) fn drawdown(&self) -> f64 {
        if self.highest > 0 {
            (self.highest - self.equity) as f64 / self.highest as f64
        } else {
            0.0
        }
    }

    /// Returns what was lost since the close of the day before, in cents; negative where it was won.
    pub(crate) fn lost_today(&self) -> i64 {
        self.lost_today
    }

    /// Says whether nothing is bought today, whatever the signal: trading is off, or a loss is too large.
    pub(crate) fn halted(&self) -> bool {
        let config = &self.config;
        let lost = self.lost_today > config.max_daily_loss || self.pause_left > 0;
        !config.trading || (config.checks && config.enforced && lost)
    }

    /// Says what to trade on a signal. A sell never takes more than is held.
    ///
    /// # Errors
    ///
    /// The first limit that stands against it.
    pub(crate) fn check(&self, signal: &Signal, portfolio: &Portfolio) -> Result<Allowed, Breach> {
        let wished = (signal.notional / signal.price.max(1)).max(1);
        let shares = match signal.side {
            Side::Buy => wished,
            Side::Sell => wished.min(portfolio.free_shares(signal.symbol)),
        };
        let trade = Trade {
            symbol: signal.symbol,
            side: signal.side,
            quantity: u32::try_from(shares.max(0)).unwrap_or(u32::MAX),
            price: signal.price,
        };
        let overlooked = self.judge(&trade, portfolio)?;
        Ok(Allowed { trade, overlooked })
    }

    /// Says whether a trade may be made, and which limit it then breaks.
    ///
    /// # Errors
    ///
    /// The first limit that stands against it.
    pub(crate) fn judge(
        &self,
        trade: &Trade,
        portfolio: &Portfolio,
    ) -> Result<Option<Breach>, Breach> {
        match self.breach(trade, portfolio) {
            None => Ok(None),
            Some(breach) if breach.is_limit() && !self.config.enforced => {
                account(trade, portfolio).map_or(Ok(Some(breach)), Err)
            }
            Some(breach) => Err(breach),
        }
    }

    /// Returns the limits.
    pub(crate) fn config(&self) -> &RiskConfig {
        &self.config
    }

    fn breach(&self, trade: &Trade, portfolio: &Portfolio) -> Option<Breach> {
        if !self.config.trading {
            return Some(Breach::TradingDisabled);
        }
        let limit = if self.config.checks {
            self.limit(trade, portfolio)
        } else {
            None
        };
        limit.or_else(|| account(trade, portfolio))
    }

    fn limit(&self, trade: &Trade, portfolio: &Portfolio) -> Option<Breach> {
        let config = &self.config;
        if trade.value() > config.max_order_size {
            return Some(Breach::OrderSize);
        }
        if trade.side == Side::Sell {
            return None;
        }
        let exposure = portfolio.exposure(trade.symbol) + i64::from(trade.quantity);
        if exposure.saturating_mul(trade.price) > config.max_position_size {
            Some(Breach::PositionSize)
        } else if self.lost_today > config.max_daily_loss {
            Some(Breach::DailyLoss)
        } else if self.pause_left > 0 {
            Some(Breach::Drawdown)
        } else {
            None
        }
    }
}

/// Says what the account itself has against a trade.
fn account(trade: &Trade, portfolio: &Portfolio) -> Option<Breach> {
    match trade.side {
        Side::Buy if trade.value() > portfolio.free_cash() => Some(Breach::Cash),
        Side::Sell if trade.quantity == 0 => Some(Breach::NothingHeld),
        _ => None,
    }
}
