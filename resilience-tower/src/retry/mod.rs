//! Middleware that tries again.

pub mod future;
mod repeat;
mod report;
mod service;

use std::fmt;

use resilience_core::Retry;
use tower_layer::Layer;

pub use self::repeat::Repeat;
use self::repeat::Repeats;
#[cfg(feature = "http")]
pub(crate) use self::report::report_of;
pub use self::report::{Reported, report};
pub use self::service::Retried;
use crate::Failures;

/// Makes requests again that failed and are safe to repeat.
///
/// Before each attempt the inner service is made ready. A request that is not [`Repeat`]able is made
/// once. What the callee asks for, such as `Retry-After`, is obeyed as the policy says. Refusals by
/// policies further in are not tried again unless the policy says so.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use resilience_core::{BoxError, Env, Retry, RetryConfig};
/// use resilience_tower::RetryLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let retry = Retry::new("quotes", RetryConfig::default(), &Env::default())?;
/// let calls = Arc::new(AtomicU32::new(0));
/// let feed = tower::service_fn(move |symbol: &'static str| {
///     let third = calls.fetch_add(1, Ordering::Relaxed) == 2;
///     async move { if third { Ok(symbol.len()) } else { Err(BoxError::from("busy")) } }
/// });
/// let mut quotes = ServiceBuilder::new().layer(RetryLayer::new(retry)).service(feed);
/// assert_eq!(quotes.ready().await?.call("AAPL").await?, 4);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// When no attempt is left the caller gets the result of the last attempt that was sent, as it was. A
/// refusal that comes after it is not the result: it would say that nothing was sent.
///
/// How many attempts that took, [`future::ResponseFuture::sent`] tells, and through whatever lies in
/// between [`report`]. A retry layer further out, on the same call, does not repeat what this one gave
/// up, unless it is made [`regardless`](Self::regardless); see `http::PassOnLayer` for callers in other
/// processes.
///
/// # Cancel safety
///
/// Dropping the future drops the attempt that is under way, or the wait for the next one. A retry
/// that was granted and is dropped while it waits is not given back to the budget: the wait was part
/// of it, and callers who give up must not make room for more.
pub struct RetryLayer<Req, R = Failures> {
    retry: Retry,
    repeats: Repeats<Req>,
    rule: R,
    /// Whether what a retry further in gave up is not repeated.
    heeds: bool,
}

impl<Req> RetryLayer<Req> {
    /// Creates a layer with the default rule for requests that say themselves whether they are safe
    /// to repeat.
    #[must_use]
    pub fn new(retry: Retry) -> Self
    where
        Req: Repeat,
    {
        Self::with(retry, Repeats::of_type())
    }

    /// Creates a layer with the default rule that repeats what `copy` gives a copy of.
    #[must_use]
    pub fn repeatable(retry: Retry, copy: fn(&Req) -> Option<Req>) -> Self {
        Self::with(retry, Repeats::by(copy))
    }

    fn with(retry: Retry, repeats: Repeats<Req>) -> Self {
        let rule = Failures;
        Self {
            retry,
            repeats,
            rule,
            heeds: true,
        }
    }
}

impl<Req, R> RetryLayer<Req, R> {
    /// Replaces the rule that says what is a failure, and thus tried again.
    #[must_use]
    pub fn classify<R2>(self, rule: R2) -> RetryLayer<Req, R2> {
        let Self {
            retry,
            repeats,
            heeds,
            ..
        } = self;
        RetryLayer {
            retry,
            repeats,
            rule,
            heeds,
        }
    }

    /// Repeats also what a retry further in gave up, as
    /// [`Attempts::regardless`](resilience_core::retry::Attempts::regardless) does: for an operation
    /// that calls several dependencies, each with retries of its own, and is to be made anew as a whole.
    #[must_use]
    pub fn regardless(self) -> Self {
        Self {
            heeds: false,
            ..self
        }
    }

    /// Puts the number of [`Attempts`](crate::http::Attempts) into the extensions of responses, and
    /// where the run gave up, the [`Cause`](resilience_core::retry::Cause).
    #[cfg(feature = "http")]
    #[must_use]
    pub fn tell_attempts(self) -> crate::http::TellAttempts<Self> {
        crate::http::TellAttempts(self)
    }
}

impl<Req, R: Clone> Clone for RetryLayer<Req, R> {
    fn clone(&self) -> Self {
        Self {
            retry: self.retry.clone(),
            repeats: self.repeats,
            rule: self.rule.clone(),
            heeds: self.heeds,
        }
    }
}

impl<Req, R: fmt::Debug> fmt::Debug for RetryLayer<Req, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer")
            .field("retry", &self.retry)
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

impl<S: Clone, Req, R: Clone> Layer<S> for RetryLayer<Req, R> {
    type Service = Retried<S, Req, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Retried::new(inner, self.clone())
    }
}
