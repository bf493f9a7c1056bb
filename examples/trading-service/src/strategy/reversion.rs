//! Bets on the way back to the mean: sells what has run ahead of it, buys what has fallen behind.

use super::Prices;
use crate::broker::Side;

const WINDOW: usize = 10;
/// Standard deviations from the mean that count as far.
const FAR: f64 = 1.5;
/// Cents per standard deviation: the further out, the larger the bet, up to where risk refuses it.
const NOTIONAL: f64 = 400_000.0;

/// The memory of one symbol.
#[derive(Debug)]
pub(super) struct Reversion {
    prices: Prices,
    /// The side that was signalled on the way out and is not signalled again before a way back.
    out: Option<Side>,
}

impl Reversion {
    pub(super) const NAME: &'static str = "reversion";

    pub(super) fn new() -> Self {
        Self {
            prices: Prices::new(WINDOW),
            out: None,
        }
    }

    pub(super) fn on_price(&mut self, price: f64) -> Option<(Side, i64)> {
        if !self.prices.push(price) {
            return None;
        }
        let mean = self.prices.mean(WINDOW);
        let deviation = self.prices.deviation(mean);
        let score = if deviation > 0.0 {
            (price - mean) / deviation
        } else {
            0.0
        };
        let side = match score {
            far if far >= FAR => Some(Side::Sell),
            far if far <= -FAR => Some(Side::Buy),
            _ => None,
        };
        let news = side.filter(|_| self.out != side);
        self.out = side;
        news.map(|side| (side, (score.abs() * NOTIONAL).round() as i64))
    }
}
