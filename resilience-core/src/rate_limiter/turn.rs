use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::gcra::Gcra;
use super::shared::Shared;
use super::state::duration;
use super::tail::Ticket;
use crate::{Deadline, End, Rejected, Time, Turn};

/// The wait for permits of a [`RateLimiter`](super::RateLimiter).
///
/// It ends with a ticket, unless a rate that was made slower meanwhile moves the turn past the
/// deadline: then it ends there.
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
    deadline: Option<Deadline>,
}

#[derive(Debug)]
pub(super) enum Place {
    /// The permits were free; the ticket was not fetched yet.
    Free(Ticket),
    /// In the queue, or handed a ticket since.
    Waits { number: u64, since: Time },
    /// The ticket was fetched.
    Served,
}

impl RateLimiterTurn {
    pub(super) fn new(shared: Arc<Shared>, place: Place, deadline: Option<Deadline>) -> Self {
        Self {
            shared,
            place,
            deadline,
        }
    }

    /// Returns the number in the queue, and the limiter that has one.
    fn waits(&self) -> Option<(&Gcra, u64, Time)> {
        match self.place {
            Place::Waits { number, .. } => {
                let now = self.shared.env().now();
                Some((self.shared.gcra()?, number, now))
            }
            Place::Free(_) | Place::Served => None,
        }
    }

    /// Leaves the queue at the deadline, if that has passed; a ticket that came together with it
    /// counts.
    fn end_if_late(&self, gcra: &Gcra, number: u64, now: Time) -> Option<Result<Ticket, Rejected>> {
        self.deadline.filter(|it| it.has_passed(now))?;
        let served = gcra.leave(number, now.as_nanos());
        Some(served.ok_or_else(|| self.shared.late()))
    }
}

impl Future for RateLimiterTurn {
    type Output = Result<Ticket, Rejected>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let end = match self.waits() {
            Some((gcra, number, now)) => {
                let ticket = gcra.poll(number, now.as_nanos(), cx.waker().clone());
                let late = || self.end_if_late(gcra, number, now);
                ticket.map(Ok).or_else(late)
            }
            None => match std::mem::replace(&mut self.place, Place::Served) {
                Place::Free(ticket) => Some(Ok(ticket)),
                Place::Waits { .. } | Place::Served => panic!("polled after completion"),
            },
        };
        let Some(end) = end else {
            return Poll::Pending;
        };
        let place = std::mem::replace(&mut self.place, Place::Served);
        match place {
            _ if end.is_err() => {}
            Place::Waits { since, .. } => self.shared.admitted_after_wait(since),
            Place::Free(_) | Place::Served => self.shared.admitted(),
        }
        Poll::Ready(end)
    }
}

impl Turn for RateLimiterTurn {
    type Ticket = Ticket;

    /// Returns the time until the turn comes, or the deadline where that is earlier.
    fn due_in(&self) -> Option<Duration> {
        let Some((gcra, number, now)) = self.waits() else {
            return Some(Duration::ZERO);
        };
        let due = duration(gcra.due_in(number, now.as_nanos()));
        let left = self.deadline.map(|it| it.left(now));
        Some(left.map_or(due, |left| due.min(left)))
    }
}

impl Drop for RateLimiterTurn {
    fn drop(&mut self) {
        let ticket = match self.waits() {
            Some((gcra, number, now)) => gcra.leave(number, now.as_nanos()),
            None => match std::mem::replace(&mut self.place, Place::Served) {
                Place::Free(ticket) => Some(ticket),
                Place::Waits { .. } | Place::Served => None,
            },
        };
        if let Some(ticket) = ticket {
            self.shared.settle(&ticket, End::Unused);
        }
    }
}
