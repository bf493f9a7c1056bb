//! One call under way, counted in flight until it ends, whichever way that is.

use std::task::Poll;
use std::time::Duration;

use crate::clock::{Clock, Stopwatch};
use crate::handle::Gauge;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End<T> {
    /// It gave a value, which told this.
    Told(T),
    /// It panicked.
    Panic,
    /// It was dropped before its end.
    Dropped,
}

/// Where the ends of calls go.
pub(super) trait Record {
    /// What the value of a call tells.
    type Told;

    fn clock(&self) -> &Clock;

    fn in_flight(&self) -> &Gauge;

    fn record(&self, end: End<Self::Told>, lasted: Duration);
}

/// A call under way. Dropped, it was given up.
pub(super) struct Guard<R: Record> {
    to: R,
    since: Stopwatch,
    /// Whether code of the call runs: a guard that is dropped then is dropped by a panic. Whether the
    /// thread panics would not tell that: a call that waits may be dropped by the panic of another.
    is_inside: bool,
    is_over: bool,
}

impl<R: Record> Guard<R> {
    /// Begins a call. Reads the clock.
    #[inline]
    pub(super) fn start(to: R) -> Self {
        let since = to.clock().start();
        to.in_flight().increment(1.0);
        Self {
            to,
            since,
            is_inside: false,
            is_over: false,
        }
    }

    /// Runs code of the call. If that panics, the call is over, and the panic goes on.
    #[inline]
    pub(super) fn within<T>(mut self, code: impl FnOnce() -> T) -> (T, Self) {
        self.is_inside = true;
        let value = code();
        self.is_inside = false;
        (value, self)
    }

    /// Runs a call from its start to its end.
    #[inline]
    pub(super) fn whole<T>(self, call: impl FnOnce() -> T, told: impl FnOnce(&T) -> R::Told) -> T {
        let ((value, told), guard) = self.within(|| {
            let value = call();
            let told = told(&value);
            (value, told)
        });
        guard.end(told);
        value
    }

    /// Ends the call. Reads the clock.
    #[inline]
    pub(super) fn end(mut self, told: R::Told) {
        self.finish(End::Told(told));
    }

    #[inline]
    fn finish(&mut self, end: End<R::Told>) {
        self.is_over = true;
        let lasted = self.since.elapsed(self.to.clock());
        self.to.in_flight().decrement(1.0);
        self.to.record(end, lasted);
    }
}

impl<R: Record> Drop for Guard<R> {
    fn drop(&mut self) {
        if !self.is_over {
            self.finish(match self.is_inside {
                true => End::Panic,
                false => End::Dropped,
            });
        }
    }
}

/// Polls the future of a call, whose guard leaves `slot` with its end.
#[inline]
pub(super) fn poll<R: Record, T>(
    slot: &mut Option<Guard<R>>,
    poll: impl FnOnce() -> Poll<T>,
    told: impl FnOnce(&T) -> R::Told,
) -> Poll<T> {
    // A future that is polled after its end does what it does.
    let Some(guard) = slot.take() else {
        return poll();
    };
    let ((polled, told), guard) = guard.within(|| {
        let polled = poll();
        let told = match &polled {
            Poll::Ready(value) => Some(told(value)),
            Poll::Pending => None,
        };
        (polled, told)
    });
    match told {
        Some(told) => guard.end(told),
        None => *slot = Some(guard),
    }
    polled
}
