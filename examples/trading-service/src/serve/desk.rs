//! What stands between the API and the stack: risk, the portfolio, and how old quotes are.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use admf_metrics::trading::ErrorType;
use futures_util::future::join_all;
use resilience_core::BoxError;
use resilience_tower::context;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::orders::{Ending, Entry, Orders};
use crate::bars::{Bars, Date, SymbolId};
use crate::broker::{Execution, Order, Side, Status};
use crate::engine::{Booked, Live, Now, Wish};
use crate::market::{MarketData, Quote};
use crate::ops::Console;
use crate::portfolio::{Portfolio, Trade};
use crate::pulse::Turning;
use crate::risk::{Breach, Risk, RiskConfig};
use crate::settings::Settings;
use crate::trader::{Fate, Trader};
use crate::venue::VenueError;

/// What executes orders and tells prices: the stack, or a stand-in.
pub(super) trait Upstream:
    Trader + MarketData<Error = VenueError<BoxError>> + Send + Sync + 'static
{
}

impl<T> Upstream for T where
    T: Trader + MarketData<Error = VenueError<BoxError>> + Send + Sync + 'static
{
}

/// Trades for whoever asks the API.
#[derive(Debug)]
pub(super) struct Desk<U> {
    upstream: U,
    bars: Arc<Bars>,
    live: Live,
    orders: Orders,
    /// Orders on their way, whether or not their clients still wait.
    underway: Mutex<JoinSet<()>>,
    account: Mutex<Account>,
    order_timeout: Duration,
    log: Log,
}

/// Takes lines about orders.
struct Log(Console);

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

#[derive(Debug)]
struct Account {
    portfolio: Portfolio,
    risk: Risk,
    /// The end of each date that was fed, and when that was.
    fed: Vec<(u64, Instant)>,
}

/// A quote, and how fresh it is.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) quote: Quote,
    pub(super) date: Option<Date>,
    /// Whether the feed has told a later price, which no venue could tell.
    pub(super) stale: bool,
    /// How long ago the feed told it.
    pub(super) age: Duration,
}

/// Why an order was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Risk is against it.
    Risk(Breach),
    /// Its client id is that of another order.
    Taken,
    /// Too many orders are remembered.
    Full,
}

impl<U: Upstream> Desk<U> {
    pub(super) fn new(upstream: U, settings: &Settings, bars: Arc<Bars>, live: Live) -> Self {
        let account = Account {
            portfolio: Portfolio::new(settings.cash, bars.symbols.len()),
            risk: Risk::new(settings.risk.clone(), settings.cash),
            fed: Vec::new(),
        };
        Self {
            upstream,
            bars,
            live,
            orders: Orders::default(),
            underway: Mutex::default(),
            account: Mutex::new(account),
            order_timeout: settings.order_timeout,
            log: Log(Arc::new(|_| {})),
        }
    }

    /// Tells `console` of orders in doubt, and of their ends.
    pub(super) fn log(self, console: Console) -> Self {
        let log = Log(console);
        Self { log, ..self }
    }

    pub(super) fn bars(&self) -> &Bars {
        &self.bars
    }

    /// Finds a symbol.
    pub(super) fn symbol(&self, name: &str) -> Option<SymbolId> {
        self.bars.symbols.iter().position(|symbol| symbol == name)
    }

    /// Returns the limits.
    pub(super) fn limits(&self) -> RiskConfig {
        self.account().risk.config().clone()
    }

    /// Takes what a venue's book says of an earlier service on the same folder.
    pub(super) fn remember(&self, book: Vec<Execution>) {
        for told in book {
            let order = Order {
                client_id: told.client_id.clone(),
                symbol: told.symbol.clone(),
                side: told.side,
                quantity: told.quantity,
                price: told.price,
                at: 0,
            };
            let before = self.orders.find(&told.client_id);
            let filled = matches!(before, Some((_, Some(Fate::Filled(_)))));
            match told.status {
                Status::Filled if !filled => {
                    if let Some(trade) = self.trade(&order) {
                        self.account().portfolio.fill(&trade);
                    }
                    self.orders.remember(order, Fate::Filled(told));
                }
                Status::Cancelled if before.is_none() => {
                    self.orders.remember(order, Fate::Cancelled);
                }
                _ => {}
            }
        }
    }

    /// Begins a loop that has to turn.
    pub(super) fn turning(&self, name: &str) -> Turning {
        self.live.turning(name)
    }

    /// Takes that a part of the service failed.
    pub(super) fn failed(&self, component: &str, error: ErrorType) {
        self.live.failed(component, error);
    }

    /// Takes how long the prices that come next were on their way.
    pub(super) fn heard(&self, latency: Duration) {
        self.live.heard(latency);
    }

    /// Takes the prices of a date, which the venues have heard.
    pub(super) fn open_day(&self, day: &Range<usize>) {
        self.live.opened(&self.bars, day);
        let mut account = self.account();
        let Account {
            portfolio,
            risk,
            fed,
        } = &mut *account;
        let bars = &self.bars.all[day.clone()];
        bars.iter().for_each(|bar| portfolio.mark(bar));
        risk.open_day(portfolio.equity());
        fed.push((day.end as u64, Instant::now()));
        let now = Now {
            bars: day.end as u64,
            of: self.bars.all.len() as u64,
            date: bars.first().map(|bar| bar.date),
            equity: portfolio.equity(),
            drawdown: risk.drawdown(),
            unrealized: portfolio.unrealized(),
            lost_today: risk.lost_today(),
            halted: risk.halted(),
        };
        let held = portfolio.clone();
        drop(account);
        self.live.held(&self.bars, &held);
        self.live.day_done(now);
    }

    /// Asks for a price.
    pub(super) async fn quote(&self, symbol: &str) -> Result<Told, VenueError<BoxError>> {
        let quote = self.upstream.quote(symbol, self.now()).await?;
        let account = self.account();
        let place = account.fed.partition_point(|(end, _)| *end <= quote.at);
        let fed = account.fed.get(place).map(|(_, when)| *when);
        let bar = usize::try_from(quote.at)
            .ok()
            .and_then(|at| self.bars.all.get(at));
        let mut later = account.fed.get(place + 1..).unwrap_or_default().iter();
        Ok(Told {
            date: bar.map(|bar| bar.date),
            stale: later.any(|(end, _)| self.priced(symbol, quote.at, *end)),
            age: fed.map_or(Duration::ZERO, |fed| fed.elapsed()),
            quote,
        })
    }

    /// Says whether a symbol has a price after the position `since` and before `end`.
    fn priced(&self, symbol: &str, since: u64, end: u64) -> bool {
        let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
        let bars = self
            .bars
            .all
            .get(place(since).saturating_add(1)..place(end));
        bars.unwrap_or_default()
            .iter()
            .any(|bar| self.bars.symbols[bar.symbol] == symbol)
    }

    /// Brings an order to its end, or joins the one on its way that it repeats.
    pub(super) async fn place(self: &Arc<Self>, order: Order) -> Result<Fate, Refused> {
        let order = Order {
            at: self.now(),
            ..order
        };
        let ending = self.enter(order)?;
        Ok(ending.fate().await.unwrap_or(Fate::InDoubt))
    }

    fn enter(self: &Arc<Self>, order: Order) -> Result<Ending, Refused> {
        match self.orders.enter(&order, || self.admit(&order))? {
            Entry::Same(ending) => Ok(ending),
            Entry::Taken => Err(Refused::Taken),
            Entry::Full => Err(Refused::Full),
            Entry::New(ending) => {
                let desk = Arc::clone(self);
                let mut underway = self.underway();
                while underway.try_join_next().is_some() {}
                // Beside the request: a client that goes away does not stop half an order.
                // It keeps to the deadline of the first who asked for it, and bears his id.
                let call = context::current();
                underway.spawn(context::scope(call, async move {
                    desk.execute(&order).await;
                }));
                Ok(ending)
            }
        }
    }

    /// Asks risk, and sets aside what the order may take.
    fn admit(&self, order: &Order) -> Result<(), Refused> {
        let Some(trade) = self.trade(order) else {
            self.live.signalled(wish(order), Ok(()));
            return Ok(());
        };
        let mut account = self.account();
        let Account {
            portfolio, risk, ..
        } = &mut *account;
        let held = portfolio.free_shares(trade.symbol);
        let judged = match trade.side {
            Side::Sell if i64::from(trade.quantity) > held => Err(Breach::NothingHeld),
            _ => risk.judge(&trade, portfolio),
        };
        match judged {
            Err(breach) => {
                drop(account);
                self.live.signalled(wish(order), Err(breach));
                Err(Refused::Risk(breach))
            }
            Ok(overlooked) => {
                portfolio.reserve(&trade);
                drop(account);
                self.live.signalled(wish(order), Ok(()));
                self.live.overlooked(overlooked);
                Ok(())
            }
        }
    }

    async fn execute(&self, order: &Order) {
        let sent = Instant::now();
        let fate = timeout(self.order_timeout, self.upstream.execute(order)).await;
        let fate = fate.unwrap_or(Fate::InDoubt);
        if fate == Fate::InDoubt {
            let id = context::current().correlation_id;
            let id = id.map(|id| format!(" correlation_id={id}"));
            let line = format!("order {} is in doubt", order.client_id);
            (self.log.0)(&(line + id.as_deref().unwrap_or_default()));
        }
        self.live.answered(order, &fate, sent.elapsed());
        self.live.took(&self.upstream.summary());
        self.book(order, fate);
    }

    /// Asks again what became of the orders in doubt.
    pub(super) async fn settle(&self) {
        let doubts = self.orders.in_doubt();
        join_all(doubts.iter().map(|order| self.settle_one(order))).await;
    }

    async fn settle_one(&self, order: &Order) {
        let asked = self.upstream.settle(order, self.now());
        match timeout(self.order_timeout, asked).await {
            Err(_) | Ok(Fate::InDoubt) => {}
            Ok(fate) => {
                self.live.settled(order, &fate);
                let (id, word) = (&order.client_id, fate.word());
                (self.log.0)(&format!("order {id} was in doubt, and is {word}"));
                self.book(order, fate);
            }
        }
    }

    fn book(&self, order: &Order, fate: Fate) {
        if let (Some(trade), true) = (self.trade(order), fate != Fate::InDoubt) {
            let mut account = self.account();
            account.portfolio.release(&trade);
            if let Fate::Filled(_) = fate {
                let pnl = account.portfolio.fill(&trade);
                drop(account);
                let wish = wish(order);
                self.live.booked(&Booked { wish, trade, pnl });
            }
        }
        self.orders.end(&order.client_id, fate);
    }

    /// Returns an order and its end.
    pub(super) fn find(&self, client_id: &str) -> Option<(Order, Option<Fate>)> {
        self.orders.find(client_id)
    }

    /// Waits for the orders on their way.
    pub(super) async fn finish(&self) {
        let mut underway = std::mem::take(&mut *self.underway());
        while underway.join_next().await.is_some() {}
    }

    /// Returns the position of the last price that was fed.
    fn now(&self) -> u64 {
        self.live.now().bars.saturating_sub(1)
    }

    fn trade(&self, order: &Order) -> Option<Trade> {
        Some(Trade {
            symbol: self.symbol(&order.symbol)?,
            side: order.side,
            quantity: order.quantity,
            price: order.price,
        })
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn underway(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.underway.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says who wished an order: whoever asks the API, all under one name.
fn wish(order: &Order) -> Wish<'_> {
    Wish {
        strategy: "api",
        symbol: &order.symbol,
    }
}
