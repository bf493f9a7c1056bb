//! The bars as a feed that goes on, a date at a time, and stays at the last.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use admf_metrics::trading::ErrorType;
use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::desk::{Desk, Upstream};
use crate::error::Error;
use crate::market::Quote;
use crate::pulse::Turning;
use crate::settings::FeedTrouble;
use crate::side::BareClient;

/// How long a venue may take to hear a price; it hears the next one anyway.
const PATIENCE: Duration = Duration::from_millis(500);

/// Tells both venues the prices of one date after the other, one each `pace`.
///
/// One that failed goes on where it was when it is run again.
#[derive(Debug)]
pub(super) struct Feed<'a, U> {
    desk: &'a Desk<U>,
    venues: &'a [BareClient],
    pace: Duration,
    /// The number of the date that comes next.
    next: AtomicUsize,
    /// Dates before which it fails, in order.
    fails: Mutex<VecDeque<usize>>,
    /// The date before which it hangs.
    hangs: Option<usize>,
}

impl<'a, U: Upstream> Feed<'a, U> {
    pub(super) fn new(
        desk: &'a Desk<U>,
        venues: &'a [BareClient],
        pace: Duration,
        trouble: &FeedTrouble,
    ) -> Self {
        let mut fails = trouble.fails.clone();
        fails.sort_unstable();
        Self {
            desk,
            venues,
            pace,
            next: AtomicUsize::new(0),
            fails: Mutex::new(fails.into()),
            hangs: trouble.hangs,
        }
    }

    /// Returns whom it tells.
    pub(super) fn desk(&self) -> &'a Desk<U> {
        self.desk
    }

    /// Tells prices without end. It has to turn all the time, also where it waits for the next date: each turn
    /// is bounded, whatever the venues do.
    ///
    /// # Errors
    ///
    /// At the dates at which it was told to fail.
    pub(super) async fn run(&self) -> Result<Infallible, Error> {
        let turning = self.desk.turning("feed");
        let days = self.desk.bars().days();
        for (number, day) in days.enumerate().skip(self.next.load(Ordering::Relaxed)) {
            turning.turn();
            self.trouble_at(number).await?;
            let told = Instant::now();
            self.tell(&day).await;
            self.desk.heard(told.elapsed());
            self.desk.open_day(&day);
            self.next.store(number + 1, Ordering::Relaxed);
            self.rest(&turning).await;
        }
        let last = self.desk.bars().days().last().unwrap_or_default();
        loop {
            // A venue that was started anew has heard no price yet.
            self.tell(&last).await;
            self.rest(&turning).await;
        }
    }

    async fn rest(&self, turning: &Turning) {
        self.desk.settle().await;
        turning.rest(self.pace).await;
    }

    async fn tell(&self, day: &Range<usize>) {
        let bars = self.desk.bars();
        let quotes = (day.start as u64..).zip(&bars.all[day.clone()]);
        let quotes: Vec<_> = quotes
            .map(|(at, bar)| Quote {
                symbol: bars.symbols[bar.symbol].clone(),
                price: bar.close,
                at,
            })
            .collect();
        let told = self.venues.iter().flat_map(|venue| {
            quotes
                .iter()
                .map(|quote| timeout(PATIENCE, venue.feed(quote)))
        });
        // A venue that did not hear has an old price, and says so by its time.
        for told in join_all(told).await {
            match told {
                Ok(Ok(())) => {}
                Ok(Err(_)) => self.desk.failed("feed", ErrorType::Upstream),
                Err(_) => self.desk.failed("feed", ErrorType::Timeout),
            }
        }
    }

    async fn trouble_at(&self, number: usize) -> Result<(), Error> {
        if self.hangs == Some(number) {
            std::future::pending::<()>().await;
        }
        self.fail_at(number)
    }

    fn fail_at(&self, number: usize) -> Result<(), Error> {
        let mut fails = self.fails.lock().unwrap_or_else(PoisonError::into_inner);
        if fails.front() != Some(&number) {
            return Ok(());
        }
        fails.pop_front();
        Err(Error::Run(format!("told to fail before date {number}")))
    }
}
