use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Ticket;
use super::shared::{Shared, Taken};
use super::waiting::Waiting;
use crate::{Rejected, Turn};

/// The wait for permits of a [`DistributedRateLimiter`](super::DistributedRateLimiter).
///
/// It goes on while the store owes an answer. Where the store says that there will be no permits for a
/// while it ends with a refusal, unless a deadline leaves time for that; where the store is silent it is
/// decided as any call then; and it ends at its deadline.
///
/// # Cancel safety
///
/// Dropping it leaves the queue. Permits that were handed over and not fetched go to the next.
#[derive(Debug)]
#[must_use = "a turn that is dropped leaves the queue"]
pub struct DistributedRateLimiterTurn {
    shared: Arc<Shared>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// A call that costs nothing.
    Free,
    /// In the queue, or handed permits since.
    Waits(Waiting),
    /// The permits were fetched, or the wait was in vain.
    Over,
}

impl DistributedRateLimiterTurn {
    pub(super) fn new(shared: Arc<Shared>, waiting: Option<Waiting>) -> Self {
        let place = waiting.map_or(Place::Free, Place::Waits);
        Self { shared, place }
    }
}

impl Future for DistributedRateLimiterTurn {
    type Output = Result<Ticket, Rejected>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let end = match self.place {
            Place::Free => Some(Ok(Taken::Kept)),
            Place::Waits(waiting) => self.shared.poll_turn(waiting, cx.waker().clone()),
            Place::Over => panic!("polled after completion"),
        };
        let Some(end) = end else {
            return Poll::Pending;
        };
        self.place = Place::Over;
        Poll::Ready(end.map(Ticket))
    }
}

impl Turn for DistributedRateLimiterTurn {
    type Ticket = Ticket;

    /// Returns the time until the store counts as silent, or until the deadline where that is earlier.
    fn due_in(&self) -> Option<Duration> {
        match self.place {
            Place::Free | Place::Over => Some(Duration::ZERO),
            Place::Waits(waiting) => self.shared.turn_due_in(waiting),
        }
    }
}

impl Drop for DistributedRateLimiterTurn {
    fn drop(&mut self) {
        if let Place::Waits(waiting) = self.place {
            self.shared.leave(waiting);
        }
    }
}
