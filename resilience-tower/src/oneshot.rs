//! One call of a service that need not be ready.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use tower_service::Service;

/// One call of a service, made when the service is ready.
#[pin_project]
pub struct Oneshot<S: Service<Req>, Req> {
    #[pin]
    state: State<S, Req>,
}

#[pin_project(project = StateProj)]
enum State<S: Service<Req>, Req> {
    /// Made ready next, then called with the request.
    Waiting(S, Option<Req>),
    /// Called.
    Called(#[pin] S::Future),
    /// Answered: the call is dropped as soon as it has its answer.
    Done,
}

impl<S: Service<Req>, Req> Oneshot<S, Req> {
    pub(crate) fn called(future: S::Future) -> Self {
        let state = State::Called(future);
        Self { state }
    }

    pub(crate) fn waiting(service: S, req: Req) -> Self {
        let state = State::Waiting(service, Some(req));
        Self { state }
    }

    /// Makes the service ready, short of calling it.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match &mut self.state {
            State::Waiting(service, _) => service.poll_ready(cx),
            State::Called(_) | State::Done => Poll::Ready(Ok(())),
        }
    }

    /// Calls the service, which was made ready.
    pub(crate) fn call(self) -> Self {
        match self.state {
            State::Waiting(mut service, Some(req)) => Self::called(service.call(req)),
            state => Self { state },
        }
    }
}

impl<S: Service<Req>, Req> Future for Oneshot<S, Req> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Called(future) => {
                    let result = ready!(future.poll(cx));
                    state.set(State::Done);
                    return Poll::Ready(result);
                }
                StateProj::Waiting(service, req) => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        state.set(State::Done);
                        return Poll::Ready(Err(error));
                    }
                    State::Called(service.call(req.take().expect("it is called once")))
                }
                StateProj::Done => panic!("polled after completion"),
            };
            state.set(next);
        }
    }
}

impl<S: Service<Req>, Req> fmt::Debug for Oneshot<S, Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oneshot").finish_non_exhaustive()
    }
}
