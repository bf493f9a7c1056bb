//! What an account says of itself: levels that have no labels of their own.

use std::sync::{Arc, OnceLock};

use super::catalogue::*;
use crate::catalogue::Metric;
use crate::handle::{Bundles, Family, Gauge};
use crate::meter::{HandleError, Meter};

/// One of the levels.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    Value,
    DrawdownRatio,
    DrawdownPercent,
    UnrealizedPnl,
    DailyPnl,
    FillRatio,
    Halted,
}

/// In the order of [`Level`].
const METRICS: [&Metric; 7] = [
    &PORTFOLIO_VALUE,
    &DRAWDOWN_RATIO,
    &DRAWDOWN_PERCENT,
    &UNREALIZED_PNL,
    &DAILY_PNL,
    &ORDER_FILL_RATIO,
    &TRADING_HALTED,
];

/// The levels, found at one look. None is shown before it is known.
#[derive(Debug)]
pub(super) struct Account {
    families: [Family<Gauge, 0>; METRICS.len()],
    held: Bundles<Arc<Held>, 0>,
}

/// Those that were needed since a series of theirs was last removed.
type Held = [OnceLock<Gauge>; METRICS.len()];

impl Account {
    pub(super) fn on(meter: &Meter, fixed: &[(&str, &str)]) -> Result<Self, HandleError> {
        let families = METRICS.map(|metric| meter.family(metric, fixed));
        let [first, others @ ..] = METRICS;
        let families: Vec<_> = families.into_iter().collect::<Result<_, _>>()?;
        Ok(Self {
            families: families.try_into().expect("there is one for each metric"),
            held: Bundles::new(meter, first, &others, [])?,
        })
    }

    /// Shows levels, and hides those that have no value, as [`Family::show`] does.
    pub(super) fn show<const N: usize>(&self, levels: [(Level, Option<f64>); N]) {
        let held = self.held.with([], |[]| Arc::default());
        for (level, value) in levels {
            let (held, family) = (&held[level as usize], &self.families[level as usize]);
            match (held.get(), value) {
                (Some(gauge), value) => gauge.show(value),
                (None, Some(value)) => held.get_or_init(|| family.with([])).set(value),
                (None, None) => family.show([], None),
            }
        }
    }
}
