//! The bars as a feed that goes on, a date at a time, and stays at the last.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use super::desk::{Desk, Upstream};
use crate::market::Quote;
use crate::side::BareClient;

/// How long a venue may take to hear a price; it hears the next one anyway.
const PATIENCE: Duration = Duration::from_millis(500);

/// Tells both venues the prices of one date after the other, one each `pace`.
pub(super) async fn run<U: Upstream>(
    desk: &Desk<U>,
    venues: &[BareClient],
    pace: Duration,
) -> Infallible {
    let bars = desk.bars();
    for day in bars.days() {
        let quotes = (day.start as u64..).zip(&bars.all[day.clone()]);
        let quotes: Vec<_> = quotes
            .map(|(at, bar)| Quote {
                symbol: bars.symbols[bar.symbol].clone(),
                price: bar.close,
                at,
            })
            .collect();
        let told = venues.iter().flat_map(|venue| {
            quotes
                .iter()
                .map(|quote| timeout(PATIENCE, venue.feed(quote)))
        });
        // A venue that did not hear has an old price, and says so by its time.
        join_all(told).await;
        desk.open_day(&day);
        desk.settle().await;
        sleep(pace).await;
    }
    loop {
        desk.settle().await;
        sleep(pace).await;
    }
}
