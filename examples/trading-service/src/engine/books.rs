//! What fills come to: the portfolio, and what each strategy realized.

use std::collections::{BTreeMap, HashMap};

use super::{Booked, Live, Wish};
use crate::bars::Bars;
use crate::broker::{Execution, Order, Side};
use crate::ledger::Fill;
use crate::portfolio::{Portfolio, Trade};
use crate::strategy::Strategies;
use crate::trader::Fate;

/// Cents that each strategy realized.
#[derive(Clone, Debug, Default)]
pub(crate) struct Realized(BTreeMap<&'static str, i64>);

impl Realized {
    /// Adds what a fill realized.
    pub(super) fn add(&mut self, fill: &Fill, pnl: Option<i64>) {
        self.add_of(strategy(&fill.execution.client_id), pnl);
    }

    /// Adds what a strategy realized.
    pub(super) fn add_of(&mut self, strategy: &'static str, pnl: Option<i64>) {
        *self.0.entry(strategy).or_default() += pnl.unwrap_or(0);
    }

    /// Tells all of it.
    pub(super) fn tell(&self, live: &Live) {
        for (strategy, cents) in &self.0 {
            live.realized(strategy, *cents);
        }
    }
}

/// Returns the strategy that an order of a replay comes from, by its client id.
pub(super) fn strategy(client_id: &str) -> &'static str {
    let part = client_id.rsplit('-').nth(1).unwrap_or_default();
    let known = Strategies::NAMES.into_iter().find(|name| *name == part);
    known.unwrap_or("unknown")
}

/// Tells what became of orders that were in doubt, and what all `fills` come to that are now known.
pub(crate) fn tell_settled(
    live: &Live,
    bars: &Bars,
    from: (u64, i64),
    fills: Vec<Fill>,
    settled: &[(Order, Fate)],
) -> (Portfolio, Realized) {
    let (mut realized, mut pnls) = (Realized::default(), HashMap::new());
    let portfolio = rebuild(bars, from, fills, |fill, pnl| {
        realized.add(fill, pnl);
        pnls.insert(fill.execution.client_id.clone(), pnl);
    });
    for (order, fate) in settled {
        live.settled(order, fate);
        if let Fate::Filled(_) = fate {
            let wish = Wish {
                strategy: strategy(&order.client_id),
                symbol: &order.symbol,
            };
            live.booked(&Booked {
                wish,
                trade: trade(bars, order.at, order.side, order.quantity, order.price),
                pnl: pnls.get(&order.client_id).copied().flatten(),
            });
        }
    }
    // Last, because a fill that is known late changes the mean price behind those that came after it.
    realized.tell(live);
    (portfolio, realized)
}

/// Returns the portfolio that fills make, at the prices of the last of `replayed` bars.
pub(crate) fn portfolio(bars: &Bars, replayed: u64, cash: i64, fills: Vec<Fill>) -> Portfolio {
    rebuild(bars, (replayed, cash), fills, |_, _| {})
}

/// Books fills at the prices of the bars up to `replayed`, from `cash` on, and tells each with what it
/// realized.
fn rebuild(
    bars: &Bars,
    (replayed, cash): (u64, i64),
    fills: Vec<Fill>,
    mut tell: impl FnMut(&Fill, Option<i64>),
) -> Portfolio {
    let mut portfolio = Portfolio::new(cash, bars.symbols.len());
    let mut fills = by_bar(fills);
    for day in bars.days().take_while(|day| day.end as u64 <= replayed) {
        for bar in &bars.all[day.clone()] {
            portfolio.mark(bar);
        }
        for at in day {
            for fill in fills.remove(&(at as u64)).unwrap_or_default() {
                let pnl = portfolio.fill(&trade_of(bars, &fill));
                tell(&fill, pnl);
            }
        }
    }
    portfolio
}

pub(super) fn by_bar(fills: Vec<Fill>) -> HashMap<u64, Vec<Fill>> {
    let mut by_bar: HashMap<u64, Vec<Fill>> = HashMap::new();
    for fill in fills {
        by_bar.entry(fill.at).or_default().push(fill);
    }
    by_bar
}

pub(super) fn trade_of(bars: &Bars, fill: &Fill) -> Trade {
    let Execution {
        side,
        quantity,
        price,
        ..
    } = fill.execution;
    trade(bars, fill.at, side, quantity, price)
}

/// Makes the trade of an order of a bar. The ledger belongs to these bars, so that the bar is there.
pub(super) fn trade(bars: &Bars, at: u64, side: Side, quantity: u32, price: i64) -> Trade {
    let place = usize::try_from(at).unwrap_or(usize::MAX);
    Trade {
        symbol: bars.all[place].symbol,
        side,
        quantity,
        price,
    }
}
