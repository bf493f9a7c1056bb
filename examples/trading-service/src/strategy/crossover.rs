//! Follows the trend: buys as the fast moving average crosses the slow one upwards, sells downwards.

use super::Prices;
use crate::broker::Side;

const FAST: usize = 5;
const SLOW: usize = 20;
/// Cents per signal.
const NOTIONAL: i64 = 600_000;

/// The memory of one symbol.
#[derive(Debug)]
pub(super) struct Crossover {
    prices: Prices,
    fast_above: Option<bool>,
}

impl Crossover {
    pub(super) const NAME: &'static str = "crossover";

    pub(super) fn new() -> Self {
        Self {
            prices: Prices::new(SLOW),
            fast_above: None,
        }
    }

    pub(super) fn on_price(&mut self, price: f64) -> Option<(Side, i64)> {
        if !self.prices.push(price) {
            return None;
        }
        let above = self.prices.mean(FAST) > self.prices.mean(SLOW);
        let crossed = self
            .fast_above
            .replace(above)
            .is_some_and(|before| before != above);
        crossed.then_some((if above { Side::Buy } else { Side::Sell }, NOTIONAL))
    }
}
