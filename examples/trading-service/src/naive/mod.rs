//! The client as it is often written: send, wait a little, try the other venue, hope.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use crate::broker::{Broker, Order, Status};
use crate::trader::{Fate, Trader, TraderSummary};

/// How long the bare client waits for an answer.
const PATIENCE: Duration = Duration::from_millis(100);

/// Sends to the primary and, on any error, once to the backup; never asks what became of an order.
#[derive(Debug)]
pub(crate) struct Naive<B> {
    primary: B,
    backup: B,
    retries: AtomicU64,
}

impl<B> Naive<B> {
    /// Makes a bare client of two venues.
    pub(crate) fn new(primary: B, backup: B) -> Self {
        Self {
            primary,
            backup,
            retries: AtomicU64::new(0),
        }
    }
}

impl<B: Broker + Sync> Trader for Naive<B> {
    async fn execute(&self, order: &Order) -> Fate {
        for (attempt, venue) in [&self.primary, &self.backup].into_iter().enumerate() {
            if attempt > 0 {
                self.retries.fetch_add(1, Ordering::Relaxed);
            }
            match timeout(PATIENCE, venue.submit(order, order.at)).await {
                Ok(Ok(told)) if told.status == Status::Filled => return Fate::Filled(told),
                Ok(Ok(_)) => return Fate::Cancelled,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        // What it did not see acknowledged it takes for not done: the mistake the stack is there for.
        Fate::Cancelled
    }

    fn summary(&self) -> TraderSummary {
        TraderSummary {
            retries: self.retries.load(Ordering::Relaxed),
            ..TraderSummary::default()
        }
    }
}
