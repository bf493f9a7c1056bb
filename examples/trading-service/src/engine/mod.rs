//! The replay: bars become signals, signals become orders, orders come to their ends, and each step
//! is in the ledger before the next.

mod books;
mod live;
mod settle;
mod stop;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, timeout};

pub(crate) use books::{portfolio, tell_settled};
pub(crate) use live::{Booked, Live, Now, Watcher, Wish};
pub(crate) use settle::settle;
pub(crate) use stop::Stop;

use books::Realized;

use crate::bars::Bars;
use crate::broker::Order;
use crate::error::Error;
use crate::ledger::{End, Fill, Intent, Ledger};
use crate::portfolio::{Portfolio, Trade};
use crate::risk::{Allowed, Risk, RiskConfig};
use crate::strategy::{Signal, Strategies};
use crate::trader::{Fate, Trader, TraderSummary};

/// What a replay needs to know.
#[derive(Clone, Debug)]
pub(crate) struct EngineConfig {
    /// The run's part of every client id.
    pub(crate) run: String,
    /// Cents at the start.
    pub(crate) cash: i64,
    /// What is allowed.
    pub(crate) risk: RiskConfig,
    /// After so long an unanswered order is given up and flagged as in doubt.
    pub(crate) order_timeout: Duration,
}

/// How a replay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Every bar was replayed.
    Complete,
    /// Somebody asked to stop.
    Stopped,
}

/// What a replay knows besides the ledger.
#[derive(Debug)]
pub(crate) struct Replayed {
    /// How it ended.
    pub(crate) ending: Ending,
    /// How many bars were replayed.
    pub(crate) bars: u64,
    /// How many signals there were.
    pub(crate) signals: u64,
}

/// Replays bars through a trader into a ledger.
#[derive(Debug)]
pub(crate) struct Engine<'a, T> {
    config: EngineConfig,
    bars: &'a Bars,
    trader: &'a T,
    ledger: &'a mut Ledger,
    live: &'a Live,
    strategies: Strategies,
    portfolio: Portfolio,
    realized: Realized,
    risk: Risk,
    earlier: TraderSummary,
    doubts: Vec<Order>,
    signals: u64,
}

impl<'a, T: Trader> Engine<'a, T> {
    /// Makes an engine that will go on where the ledger ends. Orders that are open in it must have
    /// been settled.
    pub(crate) fn new(
        config: EngineConfig,
        bars: &'a Bars,
        trader: &'a T,
        ledger: &'a mut Ledger,
        live: &'a Live,
    ) -> Result<Self, Error> {
        Ok(Self {
            strategies: Strategies::new(bars.symbols.len()),
            portfolio: Portfolio::new(config.cash, bars.symbols.len()),
            realized: Realized::default(),
            risk: Risk::new(config.risk.clone(), config.cash),
            earlier: ledger.trader()?,
            doubts: ledger.unsettled()?,
            signals: 0,
            config,
            bars,
            trader,
            ledger,
            live,
        })
    }

    /// Replays what is left of the bars, a date at a time, until the end or until asked to stop.
    pub(crate) async fn replay(mut self, stop: &Stop) -> Result<Replayed, Error> {
        self.live.resume(self.ledger.tally()?);
        let written = self.ledger.replayed()?;
        let mut fills = books::by_bar(self.ledger.fills()?);
        self.set_doubts_aside();
        let mut replayed = 0;
        let turning = self.live.turning("replay");
        for day in self.bars.days() {
            turning.turn();
            let end = day.end as u64;
            if end > written && stop.requested() {
                return Ok(self.end(Ending::Stopped, replayed));
            }
            let began = Instant::now();
            let signals = self.open_day(&day);
            if end <= written {
                self.relive_day(&day, &mut fills);
                // Years of it wait for nothing: the other loops of the task have to turn as well.
                consume_budget().await;
            } else {
                self.trade_day(&day, &signals).await?;
            }
            replayed = end;
            self.live.held(self.bars, &self.portfolio);
            self.live.day_done(self.now(&day));
            self.live.processed(began.elapsed());
        }
        Ok(self.end(Ending::Complete, replayed))
    }

    fn end(self, ending: Ending, bars: u64) -> Replayed {
        Replayed {
            ending,
            bars,
            signals: self.signals,
        }
    }

    /// Takes a date's prices, and returns what the strategies make of them.
    fn open_day(&mut self, day: &Range<usize>) -> Vec<Signal> {
        self.live.opened(self.bars, day);
        let bars = &self.bars.all[day.clone()];
        for bar in bars {
            self.portfolio.mark(bar);
        }
        self.risk.open_day(self.portfolio.equity());
        let signals: Vec<_> = (day.start as u64..)
            .zip(bars)
            .flat_map(|(at, bar)| self.strategies.on_bar(at, bar))
            .collect();
        self.signals += signals.len() as u64;
        signals
    }

    /// Books again what a date of an earlier run on this ledger filled.
    fn relive_day(&mut self, day: &Range<usize>, fills: &mut HashMap<u64, Vec<Fill>>) {
        for at in day.clone() {
            for fill in fills.remove(&(at as u64)).unwrap_or_default() {
                let pnl = self.portfolio.fill(&books::trade_of(self.bars, &fill));
                self.realized.add(&fill, pnl);
            }
        }
        self.realized.tell(self.live);
    }

    fn set_doubts_aside(&mut self) {
        for Order {
            at,
            side,
            quantity,
            price,
            ..
        } in &self.doubts
        {
            self.portfolio
                .reserve(&books::trade(self.bars, *at, *side, *quantity, *price));
        }
    }

    /// Asks again about the orders in doubt: what they may have taken stays set aside till then.
    async fn ask_again(&mut self, day: &Range<usize>) -> Result<(), Error> {
        let each = self
            .doubts
            .iter()
            .map(|order| self.trader.settle(order, day.start as u64));
        let fates = join_all(each.map(|asked| timeout(self.config.order_timeout, asked))).await;
        let (mut settled, mut doubts) = (Vec::new(), Vec::new());
        for (order, fate) in std::mem::take(&mut self.doubts).into_iter().zip(fates) {
            match fate {
                Err(_) | Ok(Fate::InDoubt) => doubts.push(order),
                Ok(fate) => settled.push((order, fate)),
            }
        }
        self.doubts = doubts;
        if settled.is_empty() {
            return Ok(());
        }
        let end = |(order, fate): &(Order, Fate)| End {
            client_id: order.client_id.clone(),
            fate: fate.clone(),
            latency: None,
        };
        self.ledger
            .settle(&settled.iter().map(end).collect::<Vec<_>>())?;
        // Anew, because a fill counts from its own day on, before the splits that followed.
        let (end, cash) = (day.end as u64, self.config.cash);
        let fills = self.ledger.fills()?;
        let rebuilt = tell_settled(self.live, self.bars, (end, cash), fills, &settled);
        (self.portfolio, self.realized) = rebuilt;
        self.set_doubts_aside();
        Ok(())
    }

    async fn trade_day(&mut self, day: &Range<usize>, signals: &[Signal]) -> Result<(), Error> {
        if signals.is_empty() {
            return Ok(());
        }
        self.ask_again(day).await?;
        let mut orders = Vec::new();
        let intents: Vec<_> = signals
            .iter()
            .map(|signal| self.intent(signal, &mut orders))
            .collect();
        // From here on the orders are known, whatever becomes of this process.
        self.ledger.begin_day(day.end as u64, &intents)?;
        if orders.is_empty() {
            return Ok(());
        }
        let ends = self.send(&orders).await;
        let summary = self.trader.summary().after(&self.earlier);
        self.ledger.finish_day(&ends, &summary)?;
        self.live.took(&summary);
        for ((trade, order), end) in orders.iter().zip(&ends) {
            self.book(trade, order, &end.fate);
        }
        Ok(())
    }

    fn intent(&mut self, signal: &Signal, orders: &mut Vec<(Trade, Order)>) -> Intent {
        let checked = self.risk.check(signal, &self.portfolio);
        let symbol = &self.bars.symbols[signal.symbol];
        let wish = Wish {
            strategy: signal.strategy,
            symbol,
        };
        self.live.signalled(wish, checked.map(drop));
        let order = Order {
            client_id: format!(
                "{}-{}-{}-{symbol}",
                self.config.run, signal.at, signal.strategy
            ),
            symbol: symbol.clone(),
            side: signal.side,
            quantity: checked.map_or(0, |allowed| allowed.trade.quantity),
            price: signal.price,
            at: signal.at,
        };
        let breach = match checked {
            Ok(Allowed { trade, overlooked }) => {
                self.portfolio.reserve(&trade);
                orders.push((trade, order.clone()));
                self.live.overlooked(overlooked);
                overlooked
            }
            Err(breach) => Some(breach),
        };
        Intent {
            order,
            breach,
            rejected: checked.is_err(),
        }
    }

    /// Sends a date's orders: those of one symbol one after the other, symbols side by side.
    async fn send(&self, orders: &[(Trade, Order)]) -> Vec<End> {
        let per_symbol =
            orders
                .chunk_by(|a, b| a.0.symbol == b.0.symbol)
                .map(|orders| async move {
                    let mut ends = Vec::with_capacity(orders.len());
                    for (_, order) in orders {
                        ends.push(self.send_one(order).await);
                    }
                    ends
                });
        join_all(per_symbol).await.into_iter().flatten().collect()
    }

    async fn send_one(&self, order: &Order) -> End {
        let sent = Instant::now();
        let fate = timeout(self.config.order_timeout, self.trader.execute(order))
            .await
            .unwrap_or(Fate::InDoubt);
        let latency = sent.elapsed();
        self.live.answered(order, &fate, latency);
        End {
            client_id: order.client_id.clone(),
            fate,
            latency: Some(latency),
        }
    }

    fn book(&mut self, trade: &Trade, order: &Order, fate: &Fate) {
        match fate {
            // It stays set aside: it may have been filled.
            Fate::InDoubt => return self.doubts.push(order.clone()),
            Fate::Filled(_) => {
                let pnl = self.portfolio.fill(trade);
                let strategy = books::strategy(&order.client_id);
                self.realized.add_of(strategy, pnl);
                let wish = Wish {
                    strategy,
                    symbol: &order.symbol,
                };
                self.live.booked(&Booked {
                    wish,
                    trade: *trade,
                    pnl,
                });
            }
            Fate::RiskRejected(_) | Fate::RefusedUnsent | Fate::Cancelled => {}
        }
        self.portfolio.release(trade);
    }

    fn now(&self, day: &Range<usize>) -> Now {
        Now {
            bars: day.end as u64,
            of: self.bars.all.len() as u64,
            date: Some(self.bars.all[day.start].date),
            equity: self.portfolio.equity(),
            drawdown: self.risk.drawdown(),
            unrealized: self.portfolio.unrealized(),
            lost_today: self.risk.lost_today(),
            halted: self.risk.halted(),
        }
    }
}
