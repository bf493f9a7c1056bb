use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Slot;
use super::shared::Shared;
use crate::{Rejected, Time, Turn};

/// The wait for a slot of a [`Bulkhead`](super::Bulkhead).
///
/// # Cancel safety
///
/// Dropping it leaves the queue; a slot that was handed over and not fetched goes to the next.
#[derive(Debug)]
#[must_use = "a turn that is dropped leaves the queue"]
pub struct BulkheadTurn {
    shared: Arc<Shared>,
    place: Place,
}

#[derive(Debug)]
pub(super) enum Place {
    /// A slot was free; it was not fetched yet.
    Free,
    /// In the queue, or handed a slot since, or in vain.
    Waits {
        number: u64,
        since: Time,
        until: Option<Time>,
    },
    /// The slot was fetched, or the wait was in vain.
    Over,
}

impl BulkheadTurn {
    pub(super) fn new(shared: Arc<Shared>, place: Place) -> Self {
        Self { shared, place }
    }
}

impl Future for BulkheadTurn {
    type Output = Result<Slot, Rejected>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let served = match self.place {
            Place::Free => Some(Ok(())),
            Place::Waits { number, .. } => self.shared.poll(number, cx.waker().clone()),
            Place::Over => panic!("polled after completion"),
        };
        let Some(served) = served else {
            return Poll::Pending;
        };
        let place = std::mem::replace(&mut self.place, Place::Over);
        if let (Place::Waits { since, .. }, Ok(())) = (place, &served) {
            self.shared.tell_wait(since);
        }
        Poll::Ready(served.map(|()| Slot(())))
    }
}

impl Turn for BulkheadTurn {
    type Ticket = Slot;

    /// Returns the time until the wait is in vain, where it is bounded.
    fn due_in(&self) -> Option<Duration> {
        match self.place {
            Place::Free | Place::Over => Some(Duration::ZERO),
            Place::Waits { until, .. } => Some(until?.since(self.shared.env().now())),
        }
    }
}

impl Drop for BulkheadTurn {
    fn drop(&mut self) {
        match self.place {
            Place::Free => self.shared.release(),
            Place::Waits { number, .. } => self.shared.leave(number),
            Place::Over => {}
        }
    }
}
