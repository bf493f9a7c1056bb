use std::sync::atomic::Ordering;

use super::*;
use crate::broker::{Execution, Side};
use crate::testing::FakeVenue;

/// A venue that executes, and answers only if told so.
#[derive(Clone)]
struct Mute {
    venue: FakeVenue,
    answers: bool,
}

impl Broker for Mute {
    type Error = ();

    fn name(&self) -> &str {
        self.venue.name()
    }

    async fn submit(&self, order: &Order, at: u64) -> Result<Execution, ()> {
        let told = self.venue.submit(order, at).await?;
        if !self.answers {
            std::future::pending::<()>().await;
        }
        Ok(told)
    }

    async fn lookup(&self, client_id: &str, at: u64) -> Result<Option<Execution>, ()> {
        self.venue.lookup(client_id, at).await
    }

    async fn cancel(&self, order: &Order, at: u64) -> Result<Execution, ()> {
        self.venue.cancel(order, at).await
    }

    async fn book(&self, at: u64) -> Result<Vec<Execution>, ()> {
        self.venue.book(at).await
    }
}

fn pair(primary_answers: bool, backup_answers: bool) -> [Mute; 2] {
    let [primary, backup] = FakeVenue::pair();
    [
        Mute {
            venue: primary,
            answers: primary_answers,
        },
        Mute {
            venue: backup,
            answers: backup_answers,
        },
    ]
}

async fn execute(venues: &[Mute; 2]) -> (Fate, u64, [usize; 2]) {
    let [primary, backup] = venues.clone();
    let naive = Naive::new(primary, backup);
    let order = Order {
        client_id: "order".to_owned(),
        symbol: "AAPL".to_owned(),
        side: Side::Buy,
        quantity: 1,
        price: 100,
        at: 0,
    };
    let fate = naive.execute(&order).await;
    let filled = venues
        .clone()
        .map(|venue| venue.venue.book.lock().unwrap().len());
    (fate, naive.summary().retries, filled)
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_answered_is_sent_once() {
    let (fate, retries, filled) = execute(&pair(true, true)).await;
    assert!(matches!(fate, Fate::Filled(told) if told.venue == "primary"));
    assert_eq!((retries, filled), (0, [1, 0]));
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_is_late_is_filled_twice() {
    let (fate, retries, filled) = execute(&pair(false, true)).await;
    assert!(matches!(fate, Fate::Filled(told) if told.venue == "backup"));
    assert_eq!((retries, filled), (1, [1, 1]));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_nobody_acknowledged_is_booked_as_cancelled_although_it_was_filled() {
    let (fate, retries, filled) = execute(&pair(false, false)).await;
    assert_eq!((fate, retries, filled), (Fate::Cancelled, 1, [1, 1]));
}

#[tokio::test(start_paused = true)]
async fn an_error_is_answered_by_a_second_try_at_the_backup() {
    let venues = pair(true, true);
    venues[0].venue.failures.store(1, Ordering::Relaxed);
    let (fate, retries, filled) = execute(&venues).await;
    assert!(matches!(fate, Fate::Filled(told) if told.venue == "backup"));
    assert_eq!((retries, filled), (1, [0, 1]));
}
