//! What a response tells.

use http::{Response, StatusCode};
use resilience_core::{Ask, CallError, Classify, Elapsed, Hint, Outcome, Rejected};

use crate::context::Carries;

/// Counts an `Err`, a 5xx or a 429 as a failure, and whatever carries [`Rejected`] as nothing; and
/// obeys the wait that a failure asks for (see [`hint`](super::hint)).
///
/// A request has the deadline of the [`CallContext`](crate::CallContext) in its extensions.
///
/// The rule for http clients. Over services that cannot fail, such as routes, the default rule does
/// the same but for a 429: there it says that one client asks too much, not that the service is ill.
/// Other statuses, 4xx too, say that the callee does its job.
///
/// ```
/// use resilience_core::{BoxError, Classify, Outcome};
/// use resilience_tower::http::Failures;
///
/// let answer = |status| Ok::<_, BoxError>(http::Response::builder().status(status).body(()).unwrap());
/// let outcome = |status| Classify::<(), _>::outcome(&Failures, &answer(status));
/// assert_eq!([200, 404, 429, 503].map(outcome), {
///     use Outcome::{Failure, Success};
///     [Success, Success, Failure, Failure]
/// });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Failures;

impl<Req: Carries, B, E: CallError> Classify<Req, Result<Response<B>, E>> for Failures {
    fn ask(&self, request: &Req) -> Ask {
        let mut ask = Ask::default();
        ask.deadline = request.context().and_then(|it| it.deadline);
        ask
    }

    fn outcome(&self, result: &Result<Response<B>, E>) -> Outcome {
        match result {
            Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => {
                match response.extensions().get::<Rejected>() {
                    Some(_) => Outcome::Ignored,
                    None => Outcome::Failure,
                }
            }
            Ok(response) => outcome(response),
            Err(error) if error.rejected().is_some() => Outcome::Ignored,
            Err(_) => Outcome::Failure,
        }
    }

    fn hint(&self, result: &Result<Response<B>, E>) -> Hint {
        match result {
            Ok(response) => hint(response),
            Err(error) => waits(error.rejected()),
        }
    }

    fn rejected<'r>(&self, result: &'r Result<Response<B>, E>) -> Option<&'r Rejected> {
        match result {
            Ok(response) => response.extensions().get(),
            Err(error) => error.rejected(),
        }
    }
}

pub(super) fn outcome<B>(response: &Response<B>) -> Outcome {
    if response.extensions().get::<Rejected>().is_some() {
        Outcome::Ignored
    } else if response.status().is_server_error() || is_cut(response) {
        Outcome::Failure
    } else {
        Outcome::Success
    }
}

/// Says whether a policy of ours cut the call short, which over gRPC the status does not tell.
fn is_cut<B>(response: &Response<B>) -> bool {
    response.extensions().get::<Elapsed>().is_some()
}

pub(super) fn hint<B>(response: &Response<B>) -> Hint {
    match response.extensions().get::<Rejected>() {
        // Exact, where the header is in whole seconds.
        Some(reason) => waits(Some(reason)),
        None => super::hint(response.status(), response.headers()),
    }
}

fn waits(reason: Option<&Rejected>) -> Hint {
    let wait = reason.and_then(Rejected::retry_after);
    wait.map_or(Hint::None, Hint::After)
}
