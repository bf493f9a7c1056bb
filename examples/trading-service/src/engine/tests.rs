use std::path::Path;
use std::sync::Mutex;

use tempfile::TempDir;

use super::*;
use crate::broker::{Side, Status};
use crate::ledger::Identity;
use crate::risk::RiskConfig;
use crate::testing::{FakeTrader, FakeVenue, first_dates};
use crate::trader::TraderSummary;

const CASH: i64 = 20_000_000;

fn config() -> EngineConfig {
    EngineConfig {
        run: "run".to_owned(),
        cash: CASH,
        risk: RiskConfig {
            max_order_size: 1_000_000,
            max_position_size: 10_000_000,
            max_daily_loss: 500_000,
            max_drawdown: 0.1,
            pause: 20,
            checks: true,
            enforced: true,
            trading: true,
        },
        order_timeout: Duration::from_millis(1_500),
    }
}

fn ledger(folder: &TempDir) -> Ledger {
    Ledger::open(&folder.path().join("ledger.sqlite"), &Identity::new([])).unwrap()
}

async fn replay(
    config: EngineConfig,
    bars: &Bars,
    trader: &impl Trader,
    ledger: &mut Ledger,
    live: &Live,
) -> Replayed {
    Engine::new(config, bars, trader, ledger, live)
        .unwrap()
        .replay(&Stop::default())
        .await
        .unwrap()
}

/// Waits for ever, as a venue that holds the connection open.
struct Silent;

impl Trader for Silent {
    async fn execute(&self, _: &Order) -> Fate {
        std::future::pending().await
    }

    fn summary(&self) -> TraderSummary {
        TraderSummary::default()
    }
}

/// Looks every order up in the file of the ledger.
struct Reader<'a> {
    path: &'a Path,
    seen: Mutex<u32>,
}

impl Trader for Reader<'_> {
    async fn execute(&self, order: &Order) -> Fate {
        let ledger = Ledger::open(self.path, &Identity::new([])).unwrap();
        assert!(
            ledger.unsettled().unwrap().contains(order),
            "{order:?} is sent and not written"
        );
        *self.seen.lock().unwrap() += 1;
        Fate::Cancelled
    }

    fn summary(&self) -> TraderSummary {
        TraderSummary::default()
    }
}

/// Counts how many orders of a symbol are on their way at once.
#[derive(Default)]
struct Overlaps {
    on_their_way: Mutex<Vec<String>>,
    same: Mutex<bool>,
    different: Mutex<bool>,
}

impl Trader for Overlaps {
    async fn execute(&self, order: &Order) -> Fate {
        {
            let mut on_their_way = self.on_their_way.lock().unwrap();
            *self.same.lock().unwrap() |= on_their_way.contains(&order.symbol);
            *self.different.lock().unwrap() |=
                on_their_way.iter().any(|symbol| *symbol != order.symbol);
            on_their_way.push(order.symbol.clone());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.on_their_way
            .lock()
            .unwrap()
            .retain(|symbol| *symbol != order.symbol);
        Fate::Cancelled
    }

    fn summary(&self) -> TraderSummary {
        TraderSummary::default()
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_order_is_flagged_after_its_timeout_and_stays_set_aside() {
    let (folder, bars) = (TempDir::new().unwrap(), first_dates(60));
    let mut ledger = ledger(&folder);
    replay(config(), &bars, &Silent, &mut ledger, &Live::default()).await;
    let tally = ledger.tally().unwrap();
    assert!(tally.of("in_doubt") > 10);
    assert_eq!(tally.of("filled") + tally.of("open"), 0);
    assert!(
        ledger
            .latencies()
            .unwrap()
            .iter()
            .all(|latency| *latency == Duration::from_millis(1_500))
    );
    assert!(ledger.unsettled().unwrap().len() as u64 == tally.of("in_doubt"));
}

#[tokio::test(start_paused = true)]
async fn orders_of_one_symbol_follow_each_other_and_symbols_go_side_by_side() {
    let (folder, bars) = (TempDir::new().unwrap(), first_dates(400));
    let overlaps = Overlaps::default();
    replay(
        config(),
        &bars,
        &overlaps,
        &mut ledger(&folder),
        &Live::default(),
    )
    .await;
    assert!(!*overlaps.same.lock().unwrap());
    assert!(*overlaps.different.lock().unwrap());
}

#[tokio::test]
async fn an_order_is_in_the_ledger_before_it_is_sent() {
    let (folder, bars) = (TempDir::new().unwrap(), first_dates(60));
    let path = folder.path().join("ledger.sqlite");
    let mut ledger = ledger(&folder);
    let reader = Reader {
        path: &path,
        seen: Mutex::default(),
    };
    replay(config(), &bars, &reader, &mut ledger, &Live::default()).await;
    assert!(*reader.seen.lock().unwrap() > 10);
}

#[tokio::test]
async fn what_is_seen_from_outside_is_what_the_ledger_says_also_after_a_restart() {
    let (folder, bars) = (TempDir::new().unwrap(), first_dates(120));
    let trader = FakeTrader(FakeVenue::pair());
    for _ in 0..2 {
        let (mut ledger, live) = (ledger(&folder), Live::default());
        let replayed = replay(config(), &bars, &trader, &mut ledger, &live).await;
        assert_eq!(live.tally(), ledger.tally().unwrap());
        assert_eq!(live.tally().total(), replayed.signals);
        let now = live.now();
        assert_eq!(
            (now.bars, now.of),
            (bars.all.len() as u64, bars.all.len() as u64)
        );
        let held = portfolio(&bars, now.bars, CASH, ledger.fills().unwrap());
        assert_eq!(now.equity, held.equity());
    }
}

#[tokio::test]
async fn limits_that_are_not_enforced_are_counted_also_after_a_restart() {
    let (folder, bars) = (TempDir::new().unwrap(), first_dates(400));
    let trader = FakeTrader(FakeVenue::pair());
    let loose = EngineConfig {
        risk: RiskConfig {
            enforced: false,
            ..config().risk
        },
        ..config()
    };
    for _ in 0..2 {
        let (mut ledger, live) = (ledger(&folder), Live::default());
        replay(loose.clone(), &bars, &trader, &mut ledger, &live).await;
        let tally = ledger.tally().unwrap();
        assert!(tally.overlooked > 0 && live.tally() == tally);
        let own = ["cash", "nothing_held"];
        assert!(
            tally
                .by_breach
                .keys()
                .all(|reason| own.contains(&reason.as_str())),
            "{tally:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn settling_asks_again_until_every_venue_has_answered() {
    let venues = FakeVenue::pair();
    let orders: Vec<_> = first_orders(2);
    venues[1].enter(&orders[0], Status::Filled);
    venues[1]
        .failures
        .store(5, std::sync::atomic::Ordering::Relaxed);
    let ends = settle(&venues, &orders, 0).await;
    assert!(
        matches!(&ends[0].fate, Fate::Filled(told) if told.venue == "backup"),
        "{ends:?}"
    );
    assert_eq!(ends[1].fate, Fate::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn an_order_stays_in_doubt_while_one_venue_is_silent() {
    let venues = FakeVenue::pair();
    venues[0]
        .failures
        .store(u64::MAX, std::sync::atomic::Ordering::Relaxed);
    let ends = settle(&venues, &first_orders(1), 0).await;
    assert_eq!(ends[0].fate, Fate::InDoubt);
}

#[tokio::test(start_paused = true)]
async fn a_fill_is_believed_although_the_other_venue_is_silent() {
    let venues = FakeVenue::pair();
    let orders = first_orders(1);
    venues[0]
        .failures
        .store(u64::MAX, std::sync::atomic::Ordering::Relaxed);
    venues[1].enter(&orders[0], Status::Filled);
    let ends = settle(&venues, &orders, 0).await;
    assert!(matches!(ends[0].fate, Fate::Filled(_)));
}

fn first_orders(count: u64) -> Vec<Order> {
    let order = |at| Order {
        client_id: format!("run-{at}-test-AAPL"),
        symbol: "AAPL".to_owned(),
        side: Side::Buy,
        quantity: 1,
        price: 100,
        at,
    };
    (0..count).map(order).collect()
}
