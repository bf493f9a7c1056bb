//! Future types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project::pin_project;
use resilience_core::retry::{Attempted, Attempts, Cause};
use resilience_core::{Answer, Outcome, Rejected};
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::repeat::Repeats;
use crate::Tower;
use crate::rule::Tells;

/// Response future of [`Retried`](super::Retried).
#[pin_project]
pub struct ResponseFuture<S: Service<Req>, Req, R> {
    #[pin]
    state: State<S::Future>,
    run: Option<Run<S, Req, R>>,
    sent: u32,
    gave_up: Option<Cause>,
}

/// What the next attempt takes: a service to be made ready, and a copy of the request.
pub(super) struct Again<S, Req> {
    pub(super) template: Arc<Mutex<S>>,
    /// Cloned from the template when it is needed first.
    pub(super) service: Option<S>,
    /// Kept to be copied.
    pub(super) req: Req,
    pub(super) repeats: Repeats<Req>,
}

/// What is kept from attempt to attempt.
struct Run<S: Service<Req>, Req, R> {
    attempts: Attempts,
    /// `None` where the request cannot be repeated.
    again: Option<Again<S, Req>>,
    /// What stands so far.
    last: Option<Attempted<Result<S::Response, S::Error>>>,
    rule: R,
    tells: Tells<R, Result<S::Response, S::Error>>,
}

#[pin_project(project = StateProj)]
enum State<F> {
    /// An attempt is under way.
    Called(#[pin] F),
    /// Waits for the next attempt.
    Waiting(#[pin] Sleep),
    /// Waits for the service to be ready for it.
    Readying,
    /// Too late to be made, and not yet said so.
    Refused(Option<Rejected>),
    /// Answered: the last attempt is dropped as soon as it has its answer.
    Done,
}

impl<F> State<F> {
    fn waiting(delay: Duration) -> Self {
        match delay.is_zero() {
            true => Self::Readying,
            false => Self::Waiting(sleep(delay)),
        }
    }
}

impl<S: Service<Req>, Req, R> ResponseFuture<S, Req, R> {
    pub(super) fn called(
        future: S::Future,
        again: Option<Again<S, Req>>,
        attempts: Attempts,
        rule: R,
        tells: Tells<R, Result<S::Response, S::Error>>,
    ) -> Self {
        let run = Run {
            attempts,
            again,
            last: None,
            rule,
            tells,
        };
        Self {
            state: State::Called(future),
            run: Some(run),
            sent: 0,
            gave_up: None,
        }
    }

    pub(super) fn refused(reason: Rejected) -> Self {
        Self {
            state: State::Refused(Some(reason)),
            run: None,
            sent: 0,
            gave_up: None,
        }
    }

    /// Returns the number of attempts that were sent and have ended.
    #[must_use]
    pub const fn sent(&self) -> u32 {
        self.sent
    }

    /// Returns why the run gave up, where it has: `None` also where it ended otherwise.
    #[must_use]
    pub const fn gave_up(&self) -> Option<Cause> {
        self.gave_up
    }
}

impl<S, Req, R> Run<S, Req, R>
where
    S: Service<Req> + Clone,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    /// Takes in the result of an attempt, and says how long to wait for the next one; `None` where it
    /// was the last.
    fn next(&mut self, result: Result<S::Response, S::Error>) -> Option<Duration> {
        let verdict = (self.tells)(&self.rule, &result).verdict();
        let rejected = verdict.rejected;
        let again = self.again.as_ref();
        let repeatable = || again.is_some_and(|it| (it.repeats.still)(&it.req));
        // A success is not repeated, whatever it was.
        let delay = match verdict.outcome == Outcome::Success || repeatable() {
            true => self.attempts.after(verdict),
            // What cannot be repeated must not take from the budget.
            false => {
                self.attempts.end(verdict);
                None
            }
        };
        let attempted = Attempted { result, rejected };
        self.last = Some(attempted.after(self.last.take()));
        delay
    }

    /// Makes the service ready and calls it once more; `None` where it may not be any more.
    fn poll_again(&mut self, cx: &mut Context<'_>) -> Poll<Option<S::Future>> {
        let Some(again) = &mut self.again else {
            return Poll::Ready(None);
        };
        let Again {
            template, service, ..
        } = again;
        let clone = || {
            template
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        };
        if ready!(service.get_or_insert_with(clone).poll_ready(cx)).is_err() {
            // Nothing more can be sent: what was sent stands.
            return Poll::Ready(None);
        }
        if !self.attempts.may_begin() {
            return Poll::Ready(None);
        }
        // Some requests are not repeatable any more by now; then what was sent stands.
        let next = (again.repeats.copy)(&again.req).zip(again.service.as_mut());
        Poll::Ready(next.map(|(req, service)| self.attempts.step(|| service.call(req))))
    }
}

impl<S, Req, R> Future for ResponseFuture<S, Req, R>
where
    S: Service<Req> + Clone,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // Each state is set where it is made: one that is large is moved once, and the end of a call that
        // succeeds moves none.
        loop {
            match (this.state.as_mut().project(), &mut *this.run) {
                (StateProj::Called(future), Some(run)) => {
                    let result = ready!(run.attempts.step(|| future.poll(cx)));
                    let delay = run.next(result);
                    *this.sent = run.attempts.sent();
                    *this.gave_up = run.attempts.gave_up();
                    if let Some(delay) = delay {
                        this.state.set(State::waiting(delay));
                        continue;
                    }
                }
                (StateProj::Waiting(timer), _) => {
                    ready!(timer.poll(cx));
                    this.state.set(State::Readying);
                    continue;
                }
                (StateProj::Readying, Some(run)) => {
                    let future = ready!(run.poll_again(cx));
                    *this.gave_up = run.attempts.gave_up();
                    if let Some(future) = future {
                        this.state.set(State::Called(future));
                        continue;
                    }
                }
                (StateProj::Refused(reason), _) => {
                    let reason = reason.take().expect("it is refused once");
                    this.state.set(State::Done);
                    return Poll::Ready(Answer::answer(reason));
                }
                (StateProj::Done, _) => panic!("polled after completion"),
                (_, None) => unreachable!("a run lasts until it is done"),
            }
            this.state.set(State::Done);
            let last = this.run.take().and_then(|run| run.last);
            let last = last.expect("a run ends with what was answered");
            return Poll::Ready(last.result);
        }
    }
}

impl<S: Service<Req>, Req, R> fmt::Debug for ResponseFuture<S, Req, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}
