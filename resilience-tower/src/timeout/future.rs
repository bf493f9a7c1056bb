//! Future types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project::pin_project;
use resilience_core::{Answer, Elapsed, Rejected, Timeout};
use tokio::time::{Instant, Sleep, sleep};

use crate::Tower;

/// Response future of [`Timed`](super::Timed).
#[pin_project]
pub struct ResponseFuture<F> {
    #[pin]
    state: State<F>,
}

#[pin_project(project = StateProj)]
enum State<F> {
    /// Under way, with a timer from the first wait on.
    Called {
        #[pin]
        future: F,
        #[pin]
        timer: Option<Sleep>,
        timeout: Timeout,
        limit: Duration,
        /// Since when the limit counts; `None` is from the first wait on.
        since: Option<Instant>,
    },
    /// Too late to be made, and not yet said so.
    Refused(Option<Rejected>),
    /// Answered or cut short: the call is dropped at that moment.
    Done,
}

impl<F> ResponseFuture<F> {
    pub(crate) fn called(
        future: F,
        timeout: Timeout,
        limit: Duration,
        since: Option<Instant>,
    ) -> Self {
        let state = State::Called {
            future,
            timer: None,
            timeout,
            limit,
            since,
        };
        Self { state }
    }

    pub(crate) fn refused(reason: Rejected) -> Self {
        let state = State::Refused(Some(reason));
        Self { state }
    }
}

impl<F: Future> Future for ResponseFuture<F>
where
    F::Output: Answer<Elapsed, Tower> + Answer<Rejected, Tower>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        let answer = match state.as_mut().project() {
            StateProj::Called {
                future,
                mut timer,
                timeout,
                limit,
                since,
            } => match future.poll(cx) {
                Poll::Ready(result) => result,
                Poll::Pending => {
                    if timer.is_none() {
                        let passed = since.map_or(Duration::ZERO, |it| it.elapsed());
                        timer.set(Some(sleep(limit.saturating_sub(passed))));
                    }
                    let armed = timer.as_pin_mut().expect("it was just armed");
                    ready!(armed.poll(cx));
                    timeout.elapsed();
                    Answer::answer(Elapsed::new(*limit))
                }
            },
            StateProj::Refused(reason) => {
                Answer::answer(reason.take().expect("it is refused once"))
            }
            StateProj::Done => panic!("polled after completion"),
        };
        state.set(State::Done);
        Poll::Ready(answer)
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
