//! Stand-ins for tests: venues and a trader as state machines in memory, and bars to trade.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};

use tokio::task::yield_now;

use crate::bars::{BadBars, Bars, Source};
use crate::broker::{Broker, Execution, Order, Status};
use crate::trader::{Fate, Trader, TraderSummary};

/// The first `dates` of the embedded bars.
pub(crate) fn first_dates(dates: usize) -> Bars {
    static EMBEDDED: OnceLock<Bars> = OnceLock::new();
    let bars = EMBEDDED.get_or_init(|| Bars::load(&Source::Embedded, BadBars::Refuse).unwrap());
    let end = bars.days().nth(dates - 1).unwrap().end;
    Bars {
        all: bars.all[..end].to_vec(),
        ..bars.clone()
    }
}

/// Polls a future so often; `None` if it was killed by that before its end.
pub(crate) fn poll_times<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

/// A venue whose book outlives whoever asks it.
#[derive(Clone, Debug)]
pub(crate) struct FakeVenue {
    pub(crate) name: &'static str,
    pub(crate) book: Arc<Mutex<BTreeMap<String, Execution>>>,
    /// So many requests fail before one is answered.
    pub(crate) failures: Arc<AtomicU64>,
}

impl FakeVenue {
    pub(crate) fn pair() -> [Self; 2] {
        ["primary", "backup"].map(|name| Self {
            name,
            book: Arc::default(),
            failures: Arc::default(),
        })
    }

    /// Enters an order once; what it says first stays.
    pub(crate) fn enter(&self, order: &Order, status: Status) -> Execution {
        let Order {
            client_id,
            symbol,
            side,
            quantity,
            price,
            ..
        } = order.clone();
        let execution = Execution {
            client_id: client_id.clone(),
            symbol,
            side,
            quantity,
            price,
            status,
            venue: self.name.to_owned(),
        };
        self.book
            .lock()
            .unwrap()
            .entry(client_id)
            .or_insert(execution)
            .clone()
    }

    fn fail(&self) -> Result<(), ()> {
        let spend = |left: u64| left.checked_sub(1);
        match self
            .failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
        {
            Ok(_) => Err(()),
            Err(_) => Ok(()),
        }
    }
}

impl Broker for FakeVenue {
    type Error = ();

    fn name(&self) -> &str {
        self.name
    }

    async fn submit(&self, order: &Order, _: u64) -> Result<Execution, ()> {
        yield_now().await;
        self.fail()?;
        let told = self.enter(order, Status::Filled);
        yield_now().await;
        Ok(told)
    }

    async fn lookup(&self, client_id: &str, _: u64) -> Result<Option<Execution>, ()> {
        self.fail()?;
        Ok(self.book.lock().unwrap().get(client_id).cloned())
    }

    async fn cancel(&self, order: &Order, _: u64) -> Result<Execution, ()> {
        yield_now().await;
        self.fail()?;
        let told = self.enter(order, Status::Cancelled);
        yield_now().await;
        Ok(told)
    }

    async fn book(&self, _: u64) -> Result<Vec<Execution>, ()> {
        self.fail()?;
        Ok(self.book.lock().unwrap().values().cloned().collect())
    }
}

/// A trader that ends orders in every way there is, by their time.
#[derive(Debug)]
pub(crate) struct FakeTrader(pub(crate) [FakeVenue; 2]);

impl Trader for FakeTrader {
    async fn execute(&self, order: &Order) -> Fate {
        let [primary, backup] = &self.0;
        match order.at % 7 {
            0 => Fate::RefusedUnsent,
            1 => primary
                .cancel(order, order.at)
                .await
                .map_or(Fate::InDoubt, fate),
            // Executed, and the answer never came.
            2 => {
                let _ = primary.submit(order, order.at).await;
                Fate::InDoubt
            }
            // Never arrived, and nobody knows.
            3 => Fate::InDoubt,
            4 => backup
                .submit(order, order.at)
                .await
                .map_or(Fate::InDoubt, fate),
            _ => primary
                .submit(order, order.at)
                .await
                .map_or(Fate::InDoubt, fate),
        }
    }

    async fn settle(&self, order: &Order, at: u64) -> Fate {
        if at.is_multiple_of(2) {
            return Fate::InDoubt;
        }
        let [primary, backup] = &self.0;
        match (
            primary.cancel(order, at).await,
            backup.cancel(order, at).await,
        ) {
            (Ok(told), Ok(_)) if told.status == Status::Filled => Fate::Filled(told),
            (Ok(_), Ok(told)) => fate(told),
            _ => Fate::InDoubt,
        }
    }

    fn summary(&self) -> TraderSummary {
        TraderSummary::default()
    }
}

fn fate(told: Execution) -> Fate {
    match told.status {
        Status::Filled => Fate::Filled(told),
        Status::Cancelled => Fate::Cancelled,
    }
}
