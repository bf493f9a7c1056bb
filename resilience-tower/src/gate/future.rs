//! Future types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use resilience_core::{Answer, Gate, Hint, Outcome, Permit, Rejected};

use crate::Tower;
use crate::rule::{Tells, Told};

/// Response future of [`Gated`](super::Gated).
#[pin_project]
pub struct ResponseFuture<F: Future, G: Gate, R> {
    #[pin]
    state: State<F, G, R>,
}

#[pin_project(project = StateProj)]
enum State<F: Future, G: Gate, R> {
    /// Let through, by a gate where the request has one.
    Called {
        #[pin]
        future: F,
        permit: Option<Permit<G>>,
        rule: R,
        tells: Tells<R, F::Output>,
    },
    /// Refused, and not yet said so.
    Refused(Option<Rejected>),
    /// Answered: the call is dropped as soon as it has its answer.
    Done,
}

/// The permit of a call that was answered, and what the answer tells.
#[must_use = "a permit that is dropped gives the call up"]
pub struct Answered<G: Gate> {
    permit: Permit<G>,
    outcome: Outcome,
    hint: Hint,
}

/// An answer, and the permit of its call where it had one.
pub type PollAnswered<T, G> = Poll<(T, Option<Answered<G>>)>;

/// A call that can hand its permit on with the answer, to be kept longer than the call.
pub trait HoldsPermit: Future {
    /// What gave the permit.
    type Gate: Gate;

    /// Polls the call; its answer comes with the permit, where it had one.
    fn poll_answered(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> PollAnswered<Self::Output, Self::Gate>;
}

impl<G: Gate> Answered<G> {
    pub(crate) fn new(permit: Permit<G>, told: Told) -> Self {
        Self {
            permit,
            outcome: told.outcome,
            hint: told.hint,
        }
    }

    /// Settles the permit with what the answer told.
    pub fn settle(self) {
        self.permit.record_hinted(self.outcome, self.hint.after());
    }

    #[cfg(feature = "http")]
    pub(crate) fn into_parts(self) -> (Permit<G>, Outcome, Hint) {
        (self.permit, self.outcome, self.hint)
    }
}

impl<F: Future, G: Gate, R> ResponseFuture<F, G, R> {
    pub(crate) fn called(
        future: F,
        permit: Option<Permit<G>>,
        rule: R,
        tells: Tells<R, F::Output>,
    ) -> Self {
        let state = State::Called {
            future,
            permit,
            rule,
            tells,
        };
        Self { state }
    }

    pub(crate) fn refused(reason: Rejected) -> Self {
        let state = State::Refused(Some(reason));
        Self { state }
    }
}

impl<F: Future, G: Gate, R> HoldsPermit for ResponseFuture<F, G, R>
where
    F::Output: Answer<Rejected, Tower>,
{
    type Gate = G;

    #[inline]
    fn poll_answered(self: Pin<&mut Self>, cx: &mut Context<'_>) -> PollAnswered<F::Output, G> {
        let mut state = self.project().state;
        let answer = match state.as_mut().project() {
            StateProj::Called {
                future,
                permit,
                rule,
                tells,
            } => {
                let result = ready!(poll_held(permit, || future.poll(cx)));
                let permit = permit.take();
                let answered = permit.map(|permit| Answered::new(permit, tells(rule, &result)));
                (result, answered)
            }
            StateProj::Refused(reason) => {
                let reason = reason.take().expect("it is refused once");
                (Answer::answer(reason), None)
            }
            StateProj::Done => panic!("polled after completion"),
        };
        state.set(State::Done);
        Poll::Ready(answer)
    }
}

impl<F: Future, G: Gate, R> Future for ResponseFuture<F, G, R>
where
    F::Output: Answer<Rejected, Tower>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (result, answered) = ready!(self.poll_answered(cx));
        if let Some(answered) = answered {
            answered.settle();
        }
        Poll::Ready(result)
    }
}

/// Polls a call, and tells its permit that it waits or, by not coming back, that it panicked.
#[inline]
fn poll_held<T, G: Gate>(
    permit: &mut Option<Permit<G>>,
    poll: impl FnOnce() -> Poll<T>,
) -> Poll<T> {
    let Some(permit) = permit else {
        return poll();
    };
    let polled = permit.step(poll);
    if polled.is_pending() {
        permit.waiting();
    }
    polled
}

impl<F: Future, G: Gate, R> fmt::Debug for ResponseFuture<F, G, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<G: Gate> fmt::Debug for Answered<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("outcome", &self.outcome)
            .field("hint", &self.hint)
            .finish_non_exhaustive()
    }
}
