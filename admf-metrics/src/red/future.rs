//! The future of a measured call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use super::Operation;
use super::guard::{self, Guard};
use super::rule::Classify;

/// A call that is measured, with the rule that says how it ended.
///
/// Made by [`Operation::run`], and by the services of a `MeasureLayer` as their response future.
#[pin_project]
pub struct MeasuredFuture<F, C> {
    /// Until it gave its answer: what it holds is given back then.
    #[pin]
    future: Option<F>,
    /// Of a call that begins with the first poll.
    idle: Option<Operation>,
    /// From the begin of the call to its end.
    call: Option<Guard<Operation>>,
    rule: C,
}

impl<F, C> MeasuredFuture<F, C> {
    /// A call that begins with the first poll, or is not measured.
    #[inline]
    pub(super) fn idle(future: F, operation: Option<Operation>, rule: C) -> Self {
        Self {
            future: Some(future),
            idle: operation,
            call: None,
            rule,
        }
    }

    /// A call that has begun.
    #[cfg(feature = "tower")]
    #[inline]
    pub(super) fn begun(future: F, call: Guard<Operation>, rule: C) -> Self {
        Self {
            future: Some(future),
            idle: None,
            call: Some(call),
            rule,
        }
    }
}

impl<F: Future, C: Classify<F::Output>> Future for MeasuredFuture<F, C> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(operation) = this.idle.take() {
            *this.call = Some(Guard::start(operation));
        }
        let future = this.future.as_mut().as_pin_mut();
        let future = future.expect("polled after completion");
        let rule = this.rule;
        let told = |value: &F::Output| rule.classify(value);
        let value = ready!(guard::poll(this.call, || future.poll(cx), told));
        this.future.set(None);
        Poll::Ready(value)
    }
}

impl<F, C> fmt::Debug for MeasuredFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredFuture").finish_non_exhaustive()
    }
}
