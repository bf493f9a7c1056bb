//! Future types.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use resilience_core::fallback::Rescued;
use resilience_core::{Answer, Fallback, Outcome, Rejected};

use crate::Tower;
use crate::rule::{Refused, Tells, Told};

/// Response future of [`FallenBack`](super::FallenBack).
#[pin_project]
pub struct ResponseFuture<F, Key, P> {
    /// `None` once it has its answer, with which it is dropped.
    #[pin]
    call: Option<F>,
    key: Key,
    policy: P,
}

/// What answers in place of results `Result<V, E>`.
pub struct Answering<V, E, R> {
    pub(super) fallback: Fallback<V>,
    pub(super) mark: fn(Rescued<V>) -> V,
    pub(super) keep: fn(&V) -> bool,
    pub(super) rule: R,
    pub(super) tells: Tells<R, Result<V, E>>,
}

impl<F, Key, P> ResponseFuture<F, Key, P> {
    pub(super) const fn new(call: F, key: Key, policy: P) -> Self {
        Self {
            call: Some(call),
            key,
            policy,
        }
    }
}

impl<V, E, R> Answering<V, E, R>
where
    V: Clone + Send + Sync + 'static,
    Result<V, E>: Answer<Rejected, Tower>,
{
    /// Keeps a result that is good, and replaces one that is not.
    fn answer(&self, key: &str, result: Result<V, E>) -> Result<V, E> {
        let Told {
            outcome, refused, ..
        } = (self.tells)(&self.rule, &result);
        let failed = outcome == Outcome::Failure || refused != Refused::No;
        match &result {
            Ok(value) if outcome == Outcome::Success && (self.keep)(value) => {
                self.fallback.succeed(key, value);
            }
            _ => {}
        }
        match failed.then(|| self.fallback.rescue(key)).flatten() {
            Some(rescued) => Ok((self.mark)(rescued)),
            None => result,
        }
    }
}

impl<F, Key, V, E, R> Future for ResponseFuture<F, Key, Answering<V, E, R>>
where
    F: Future<Output = Result<V, E>>,
    Key: AsRef<str>,
    V: Clone + Send + Sync + 'static,
    Result<V, E>: Answer<Rejected, Tower>,
{
    type Output = Result<V, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let call = this.call.as_mut().as_pin_mut();
        let result = ready!(call.expect("polled after completion").poll(cx));
        this.call.set(None);
        Poll::Ready(this.policy.answer(this.key.as_ref(), result))
    }
}

impl<F, Key, P> fmt::Debug for ResponseFuture<F, Key, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<V, E, R> fmt::Debug for Answering<V, E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answering")
            .field("fallback", &self.fallback)
            .finish_non_exhaustive()
    }
}
