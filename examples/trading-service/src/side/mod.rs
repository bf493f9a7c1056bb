//! One side of a run: a client, its venues, its ledger, and how they agree in the end.

#[cfg(test)]
mod tests;
mod venues;

use std::path::Path;
use std::time::Duration;

use tokio::time::{sleep, timeout};

pub(crate) use venues::{BareClient, Venue, Venues};

use crate::bars::Bars;
use crate::broker::{Broker, Execution, Order};
use crate::day::VenueName;
use crate::engine::{self, Ending, Engine, Live, Now, Replayed, Stop, settle};
use crate::error::Error;
use crate::ledger::{End, Ledger};
use crate::naive::Naive;
use crate::reconcile::{fills_of, reconcile};
use crate::report::SideReport;
use crate::settings::Settings;
use crate::stack::{Stack, Surroundings};
use crate::trader::{Fate, Trader};

/// How long a venue may take to show its book, and how often it is asked.
const BOOK_PATIENCE: Duration = Duration::from_secs(2);
const BOOK_ROUNDS: u32 = 5;

/// Who brings the orders to the venues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// The resilience stack.
    Stack,
    /// A client as it is often written.
    Naive,
}

impl Client {
    /// Returns the word for it in the report, on the disk and on the terminal.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Naive => "naive",
        }
    }
}

/// One side before it runs.
#[derive(Debug)]
pub(crate) struct Side<'a> {
    /// Who trades.
    pub(crate) client: Client,
    /// The user's settings.
    pub(crate) settings: &'a Settings,
    /// What is replayed.
    pub(crate) bars: &'a Bars,
    /// Whether to stop.
    pub(crate) stop: &'a Stop,
    /// What the run looks like from outside.
    pub(crate) live: Live,
}

impl Side<'_> {
    /// Trades the day, with everything that is kept in a folder of its own under `state`.
    pub(crate) async fn run(self, state: &Path) -> Result<SideReport, Error> {
        let folder = state.join(self.client.word());
        std::fs::create_dir_all(&folder)
            .map_err(|error| Error::Run(format!("{}: {error}", folder.display())))?;
        let identity = self.settings.identity(self.bars);
        let ledger = Ledger::open(&folder.join("ledger.sqlite"), &identity)?;
        let ledger = ledger.metered(self.live.database());
        let venues = Venues::start(&folder, self.settings, self.bars.all.len() as u64).await?;
        self.live.venues_up();
        let clients = venues.clients();
        let run = identity.word();
        let report = match self.client {
            Client::Stack => {
                let Self { settings, live, .. } = &self;
                let stack = Stack::build(Surroundings {
                    venues: &venues,
                    settings,
                    live,
                })?;
                live.policies(stack.env());
                let trade = self.trade(&stack, &clients, ledger, run);
                unless_lost(trade, &venues).await?
            }
            Client::Naive => {
                let naive = Naive::new(
                    venues.client(VenueName::Primary),
                    venues.client(VenueName::Backup),
                );
                let trade = self.trade(&naive, &clients, ledger, run);
                unless_lost(trade, &venues).await?
            }
        };
        venues.stop().await?;
        Ok(report)
    }

    async fn trade<T: Trader, B: Broker>(
        &self,
        trader: &T,
        venues: &[B],
        mut ledger: Ledger,
        run: String,
    ) -> Result<SideReport, Error> {
        // What a killed run left open is closed at the hour at which it was killed, in its weather.
        self.close_open(&mut ledger, venues).await?;
        let earlier = ledger.trader()?;
        let config = self.settings.engine(run.clone());
        let replayed = Engine::new(config, self.bars, trader, &mut ledger, &self.live)?
            .replay(self.stop)
            .await?;
        self.close_doubts(&mut ledger, venues, replayed.bars)
            .await?;
        let books = self.books(venues).await?;
        // A venue may have been found well again after the last order.
        trader.rest().await;
        let summary = trader.summary().after(&earlier);
        ledger.finish_day(&[], &summary)?;
        self.live.took(&summary);
        let report = self.report(&ledger, &replayed, &books, &run)?;
        self.live.ended(&report);
        Ok(report)
    }

    async fn close_open<B: Broker>(&self, ledger: &mut Ledger, venues: &[B]) -> Result<(), Error> {
        let open = ledger.unsettled()?;
        let ends = match self.client {
            Client::Stack => settle(venues, &open, ledger.replayed()?).await,
            // The bare client asks nobody.
            Client::Naive => open.iter().map(taken_for_cancelled).collect(),
        };
        ledger.settle(&ends)
    }

    async fn close_doubts<B: Broker>(
        &self,
        ledger: &mut Ledger,
        venues: &[B],
        replayed: u64,
    ) -> Result<(), Error> {
        let doubts = ledger.unsettled()?;
        if self.client == Client::Naive || doubts.is_empty() {
            return Ok(());
        }
        let ends = settle(venues, &doubts, self.evening()).await;
        ledger.settle(&ends)?;
        let fates = ends.into_iter().map(|end| end.fate);
        let settled = doubts.into_iter().zip(fates);
        let settled: Vec<_> = settled.filter(|(_, fate)| *fate != Fate::InDoubt).collect();
        let from = (replayed, self.settings.cash);
        let (held, _) =
            engine::tell_settled(&self.live, self.bars, from, ledger.fills()?, &settled);
        self.live.held(self.bars, &held);
        self.live.day_done(Now {
            equity: held.equity(),
            unrealized: held.unrealized(),
            ..self.live.now()
        });
        Ok(())
    }

    /// Returns the time after the last bar, when nothing goes wrong any more.
    fn evening(&self) -> u64 {
        self.bars.all.len() as u64
    }

    async fn books<B: Broker>(&self, venues: &[B]) -> Result<Vec<Vec<Execution>>, Error> {
        let mut books = Vec::with_capacity(venues.len());
        for venue in venues {
            books.push(self.book(venue).await?);
        }
        Ok(books)
    }

    async fn book<B: Broker>(&self, venue: &B) -> Result<Vec<Execution>, Error> {
        for round in 0..BOOK_ROUNDS {
            if let Ok(Ok(book)) = timeout(BOOK_PATIENCE, venue.book(self.evening())).await {
                return Ok(book);
            }
            sleep(Duration::from_millis(50 << round)).await;
        }
        Err(Error::Run(format!(
            "venue {}: did not show its book",
            venue.name()
        )))
    }

    fn report(
        &self,
        ledger: &Ledger,
        replayed: &Replayed,
        books: &[Vec<Execution>],
        run: &str,
    ) -> Result<SideReport, Error> {
        let fills = ledger.fills()?;
        let reconciled = reconcile(&fills, books);
        let held = |fills| engine::portfolio(self.bars, replayed.bars, self.settings.cash, fills);
        let (ours, theirs) = (held(fills), held(fills_of(books, run)));
        let report = SideReport::new(&ledger.tally()?, &ledger.trader()?, &ledger.latencies()?)
            .reconciled(&reconciled)
            .valued(&ours, &theirs)
            .replayed(replayed)
            .skipped(self.bars.skipped.count);
        Ok(SideReport {
            interrupted: replayed.ending == Ending::Stopped,
            drawdown: self.live.now().drawdown_shown(),
            ..report
        })
    }
}

/// Trades as long as both venues live: a day with one of them dead would come to no books. What the
/// ledger knows by then is kept, as it is for a run that was killed.
async fn unless_lost(
    trade: impl Future<Output = Result<SideReport, Error>>,
    venues: &Venues,
) -> Result<SideReport, Error> {
    tokio::select! {
        biased;
        report = trade => report,
        error = venues.lost() => Err(error),
    }
}

fn taken_for_cancelled(order: &Order) -> End {
    End {
        client_id: order.client_id.clone(),
        fate: Fate::Cancelled,
        latency: None,
    }
}
