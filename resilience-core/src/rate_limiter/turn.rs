use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::gcra::Gcra;
use super::shared::Shared;
use super::state::duration;
use super::tail::Ticket;
use crate::{End, Rejected, Turn};

/// The wait for permits of a [`RateLimiter`](super::RateLimiter). It always ends with a ticket.
///
/// # Cancel safety
///
/// Dropping it leaves the queue, and those behind move forward. A turn that has come and was not
/// polled is a permit that is given back unused.
#[derive(Debug)]
#[must_use = "a turn that is dropped leaves the queue"]
pub struct RateLimiterTurn {
    shared: Arc<Shared>,
    place: Place,
}

#[derive(Debug)]
pub(super) enum Place {
    /// The permits were free; the ticket was not fetched yet.
    Free(Ticket),
    /// In the queue, or handed a ticket since.
    Waits(u64),
    /// The ticket was fetched.
    Served,
}

impl RateLimiterTurn {
    pub(super) fn new(shared: Arc<Shared>, place: Place) -> Self {
        Self { shared, place }
    }

    /// Returns the number in the queue, and the limiter that has one.
    fn waits(&self) -> Option<(&Gcra, u64, u64)> {
        match self.place {
            Place::Waits(number) => {
                let now = self.shared.env().now().as_nanos();
                Some((self.shared.gcra()?, number, now))
            }
            Place::Free(_) | Place::Served => None,
        }
    }
}

impl Future for RateLimiterTurn {
    type Output = Result<Ticket, Rejected>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ticket = match self.waits() {
            Some((gcra, number, now)) => gcra.poll(number, now, cx.waker().clone()),
            None => match std::mem::replace(&mut self.place, Place::Served) {
                Place::Free(ticket) => Some(ticket),
                Place::Waits(_) | Place::Served => panic!("polled after completion"),
            },
        };
        let Some(ticket) = ticket else {
            return Poll::Pending;
        };
        self.place = Place::Served;
        Poll::Ready(Ok(ticket))
    }
}

impl Turn for RateLimiterTurn {
    type Ticket = Ticket;

    /// Returns the time until the turn comes.
    fn due_in(&self) -> Option<Duration> {
        match self.waits() {
            Some((gcra, number, now)) => Some(duration(gcra.due_in(number, now))),
            None => Some(Duration::ZERO),
        }
    }
}

impl Drop for RateLimiterTurn {
    fn drop(&mut self) {
        let ticket = match self.waits() {
            Some((gcra, number, now)) => gcra.leave(number, now),
            None => match std::mem::replace(&mut self.place, Place::Served) {
                Place::Free(ticket) => Some(ticket),
                Place::Waits(_) | Place::Served => None,
            },
        };
        if let Some(ticket) = ticket {
            self.shared.settle(&ticket, End::Unused);
        }
    }
}
