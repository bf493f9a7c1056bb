//! The stack over venues in memory, whose every answer is scripted.

mod deadlines;
mod fake;
mod model;
mod orders;
mod quotes;
mod rules;
mod switches;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use self::fake::FakeWire;
use super::*;
use crate::broker::Side;

/// How long an order may take in these tests.
const ORDER: Duration = Duration::from_millis(1500);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Lets time pass on the paused clock, and what is due in it happen.
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// A stack over two venues in memory.
struct Bench {
    stack: Stack<FakeWire>,
    primary: FakeWire,
    backup: FakeWire,
}

impl Bench {
    fn new() -> Self {
        let [primary, backup] = FakeWire::pair();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let wires = [(address, primary.clone()), (address, backup.clone())];
        let stack = Stack::over(wires, Times::new(ORDER), 1, Live::default()).unwrap();
        Self {
            stack,
            primary,
            backup,
        }
    }

    async fn execute(&self, id: &str) -> Fate {
        self.stack.execute(&order(id)).await
    }

    /// Returns where an order is filled, once everything that is still on its way has arrived.
    fn filled(&self, id: &str) -> Vec<&'static str> {
        let venues = [&self.primary, &self.backup].into_iter();
        venues
            .filter(|venue| venue.in_the_end(id) == Some(Status::Filled))
            .map(FakeWire::name)
            .collect()
    }

    fn active(&self) -> String {
        self.stack.inner.policies.failover.active().to_string()
    }
}

/// Says where a fate tells that the order was filled.
fn filled_at(fate: &Fate) -> Option<&str> {
    match fate {
        Fate::Filled(told) => Some(&told.venue),
        _ => None,
    }
}

fn order(id: &str) -> Order {
    Order {
        client_id: id.to_owned(),
        symbol: "IBM".to_owned(),
        side: Side::Buy,
        quantity: 10,
        price: 10_150,
        at: 7,
    }
}
