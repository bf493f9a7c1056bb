//! Bringing orders to an end whose end nobody saw.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use crate::broker::{Broker, Execution, Order, Status};
use crate::ledger::End;
use crate::trader::Fate;

/// How often every venue is asked before an order stays in doubt.
const ROUNDS: u32 = 8;
/// How long a venue may take to answer.
const PATIENCE: Duration = Duration::from_millis(250);

/// Asks every venue to cancel each order or tell that it was filled, until all have answered.
///
/// A cancelled order stays cancelled at a venue that had not heard of it, so that nothing still on
/// its way can be filled later.
pub(crate) async fn settle<B: Broker>(venues: &[B], orders: &[Order], at: u64) -> Vec<End> {
    let each = orders.iter().map(|order| async move {
        let fate = settle_one(venues, order, at).await;
        End {
            client_id: order.client_id.clone(),
            fate,
            latency: None,
        }
    });
    join_all(each).await
}

async fn settle_one<B: Broker>(venues: &[B], order: &Order, at: u64) -> Fate {
    let mut answers: Vec<Option<Execution>> = venues.iter().map(|_| None).collect();
    for round in 0..ROUNDS {
        if round > 0 {
            sleep(Duration::from_millis(10 << round.min(6))).await;
        }
        for (venue, answer) in venues.iter().zip(&mut answers) {
            if answer.is_none() {
                let told = timeout(PATIENCE, venue.cancel(order, at)).await;
                *answer = told.ok().and_then(Result::ok);
            }
        }
        if answers.iter().all(Option::is_some) {
            break;
        }
    }
    let all = answers.iter().all(Option::is_some);
    let filled = answers
        .into_iter()
        .flatten()
        .find(|told| told.status == Status::Filled);
    match filled {
        Some(execution) => Fate::Filled(execution),
        None if all => Fate::Cancelled,
        None => Fate::InDoubt,
    }
}
