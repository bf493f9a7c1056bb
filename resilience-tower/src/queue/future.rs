//! Future types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use resilience_core::{Answer, Permit, Queue, Rejected, Turn};
use tokio::time::{Instant, Sleep, sleep};
use tower_service::Service;

use crate::gate::future::{Answered, HoldsPermit, PollAnswered, ResponseFuture as GateFuture};
use crate::rule::Tells;
use crate::{Oneshot, Tower};

/// Response future of [`Queued`](super::Queued).
#[pin_project]
pub struct ResponseFuture<F: Future, Q: Queue, R> {
    #[pin]
    state: State<F, Q, R>,
}

/// What becomes of a request whose turn comes.
struct Rest<F: Future, R> {
    call: F,
    rule: R,
    tells: Tells<R, F::Output>,
}

#[pin_project(project = StateProj)]
enum State<F: Future, Q: Queue, R> {
    /// Waits its turn, with a timer where time alone may change something.
    Waiting {
        #[pin]
        turn: Q::Turn,
        #[pin]
        timer: Option<Sleep>,
        gate: Option<Q>,
        rest: Option<Rest<F, R>>,
    },
    /// Has its turn, and makes its clone of the inner service ready. Nothing is sent yet, so a
    /// permit that is dropped here goes back unused.
    Readying {
        permit: Option<Permit<Q>>,
        rest: Option<Rest<F, R>>,
    },
    /// Let through or refused.
    Decided(#[pin] GateFuture<F, Q, R>),
}

impl<F: Future, Q: Queue, R> ResponseFuture<F, Q, R> {
    pub(super) fn waiting(
        turn: Q::Turn,
        gate: Q,
        call: F,
        rule: R,
        tells: Tells<R, F::Output>,
    ) -> Self {
        let state = State::Waiting {
            turn,
            timer: None,
            gate: Some(gate),
            rest: Some(Rest { call, rule, tells }),
        };
        Self { state }
    }

    pub(super) fn called(
        future: F,
        permit: Option<Permit<Q>>,
        rule: R,
        tells: Tells<R, F::Output>,
    ) -> Self {
        let state = State::Decided(GateFuture::called(future, permit, rule, tells));
        Self { state }
    }

    pub(super) fn refused(reason: Rejected) -> Self {
        let state = State::Decided(GateFuture::refused(reason));
        Self { state }
    }
}

impl<S, Req, Q, R> HoldsPermit for ResponseFuture<Oneshot<S, Req>, Q, R>
where
    S: Service<Req>,
    Q: Queue,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Gate = Q;

    fn poll_answered(self: Pin<&mut Self>, cx: &mut Context<'_>) -> PollAnswered<Self::Output, Q> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Decided(decided) => return decided.poll_answered(cx),
                StateProj::Waiting {
                    turn,
                    timer,
                    gate,
                    rest,
                } => match ready!(poll_turn(turn, timer, cx)) {
                    Err(reason) => State::Decided(GateFuture::refused(reason)),
                    Ok(ticket) => State::Readying {
                        permit: gate.take().map(|gate| Permit::from_ticket(gate, ticket)),
                        rest: rest.take(),
                    },
                },
                StateProj::Readying { permit, rest } => {
                    let call = rest.as_mut().map(|rest| &mut rest.call);
                    let ready = call.expect("it is called once").poll_ready(cx);
                    let ready = ready!(ready);
                    let (Some(mut permit), Some(rest)) = (permit.take(), rest.take()) else {
                        unreachable!("both are set together and taken together");
                    };
                    let Rest { call, rule, tells } = rest;
                    if let Err(error) = ready {
                        let result = Err(error);
                        let answered = Answered::new(permit, tells(&rule, &result));
                        return Poll::Ready((result, Some(answered)));
                    }
                    let call = permit.step(|| call.call());
                    State::Decided(GateFuture::called(call, Some(permit), rule, tells))
                }
            };
            // Drops the turn, which thus leaves the queue.
            state.set(next);
        }
    }
}

impl<S, Req, Q, R> Future for ResponseFuture<Oneshot<S, Req>, Q, R>
where
    S: Service<Req>,
    Q: Queue,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (result, answered) = ready!(self.poll_answered(cx));
        if let Some(answered) = answered {
            answered.settle();
        }
        Poll::Ready(result)
    }
}

/// Polls a turn beside one timer, armed for what is due next and moved after each wake.
fn poll_turn<T: Turn>(
    mut turn: Pin<&mut T>,
    mut timer: Pin<&mut Option<Sleep>>,
    cx: &mut Context<'_>,
) -> Poll<T::Output> {
    loop {
        if let Poll::Ready(served) = turn.as_mut().poll(cx) {
            return Poll::Ready(served);
        }
        let Some(due) = turn.due_in() else {
            timer.set(None);
            return Poll::Pending;
        };
        match timer.as_mut().as_pin_mut() {
            None => timer.set(Some(sleep(due))),
            Some(armed) => armed.reset(later(due)),
        }
        let armed = timer.as_mut().as_pin_mut().expect("it was just armed");
        ready!(armed.poll(cx));
    }
}

/// Returns the moment `due` from now, or one that is as good as never.
fn later(due: std::time::Duration) -> Instant {
    let never = std::time::Duration::from_secs(86_400 * 365 * 30);
    crate::clock::now() + due.min(never)
}

impl<F: Future, Q: Queue, R> fmt::Debug for ResponseFuture<F, Q, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
