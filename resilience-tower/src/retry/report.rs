use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;
use resilience_core::retry::{GivenUp, listen};

/// Makes a call tell whether a retry gave up in it, after how many attempts and why, whatever its
/// answer or error is and whatever lies around the retry.
///
/// Where retries lie within one another it is the innermost that tells. A call that a buffer or a task
/// makes on behalf of this one is not heard.
///
/// The word ends here: a retry further out does not hear it, and repeats what fails. So it is also the
/// way to call a dependency whose failure is not that of the whole operation.
///
/// ```
/// use resilience_core::retry::{Cause, GivenUp};
/// use resilience_core::{BoxError, Env, Retry};
/// use resilience_tower::RetryLayer;
/// use resilience_tower::retry::report;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let retry = Retry::new("quotes", Default::default(), &Env::default())?;
/// let mut quotes = ServiceBuilder::new()
///     .layer(RetryLayer::new(retry))
///     .service_fn(|_: u64| async { Err::<(), BoxError>("down".into()) });
/// let (result, given_up) = report(quotes.ready().await?.call(7)).await;
/// assert_eq!(result.unwrap_err().to_string(), "down");
/// assert_eq!(given_up, Some(GivenUp { attempts: 3, cause: Cause::Attempts }));
/// # Ok(())
/// # }
/// ```
pub const fn report<F: Future>(call: F) -> Reported<F> {
    Reported {
        call,
        given_up: None,
    }
}

/// As [`report`], of a call that is yet to be made.
#[cfg(feature = "http")]
pub(crate) fn report_of<F: Future>(make: impl FnOnce() -> F) -> Reported<F> {
    let (call, given_up) = listen(make);
    Reported { call, given_up }
}

/// A call that also tells whether a retry gave up in it; made by [`report`].
#[pin_project]
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Reported<F> {
    #[pin]
    call: F,
    given_up: Option<GivenUp>,
}

impl<F: Future> Future for Reported<F> {
    type Output = (F::Output, Option<GivenUp>);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (polled, told) = listen(|| this.call.poll(cx));
        *this.given_up = told.or(*this.given_up);
        polled.map(|output| (output, *this.given_up))
    }
}
