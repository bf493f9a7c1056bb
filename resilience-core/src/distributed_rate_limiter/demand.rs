//! What passes between a limiter and the driver of its store.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::shared::Shared;

/// What a store is asked for: permits of a rate that it keeps under the limiter's name, by the generic
/// cell rate algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRequest {
    pub(super) number: u64,
    pub(super) want: u32,
    pub(super) need: u32,
    pub(super) permit_time: Duration,
    pub(super) burst: u32,
    pub(super) within: Option<Duration>,
}

impl StoreRequest {
    /// Returns the number of permits that are wanted: as many as there are, up to these.
    #[must_use]
    pub const fn want(&self) -> u32 {
        self.want
    }

    /// Returns the number of permits below which none is of use; at most [`want`](Self::want).
    #[must_use]
    pub const fn need(&self) -> u32 {
        self.need
    }

    /// Returns the time in which one permit comes back, in whole microseconds; that of the burst is
    /// at most 365 days.
    #[must_use]
    pub const fn permit_time(&self) -> Duration {
        self.permit_time
    }

    /// Returns the time for which the answer is of use to a single call that has a deadline.
    #[must_use]
    pub const fn within(&self) -> Option<Duration> {
        self.within
    }

    /// Returns the number of permits that are there after a quiet time.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }
}

/// What a store answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreAnswer {
    /// Number of permits that it granted: none, or at least as many as are needed, and at most as many
    /// as are wanted.
    pub granted: u32,
    /// Time until there are as many as are needed, where none was granted; until there is another,
    /// where fewer were granted than wanted; otherwise zero.
    pub retry_after: Duration,
}

/// A store that did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFailed {
    /// Time after which to ask it again.
    pub retry_in: Duration,
}

/// The wait for a request that is to be sent: a waker, no timer, no runtime.
///
/// What comes by time alone it tells by [`due_in`](Self::due_in), and the driver polls it then.
///
/// # Cancel safety
///
/// Dropping it loses nothing. A request that it returned and that is not answered is void after
/// `outage_after`.
#[derive(Debug)]
#[must_use = "it does nothing unless polled"]
pub struct Demand(Arc<Shared>);

impl Demand {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Returns the time after which to poll it again, though nobody woke it; `None` where time alone
    /// changes nothing. Asked again after each poll.
    #[must_use]
    pub fn due_in(&self) -> Option<Duration> {
        self.0.due_in()
    }
}

impl Future for Demand {
    type Output = StoreRequest;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<StoreRequest> {
        match self.0.poll_request(cx.waker().clone()) {
            Some(request) => Poll::Ready(request),
            None => Poll::Pending,
        }
    }
}
