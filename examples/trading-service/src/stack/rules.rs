//! What answers of a venue mean to the policies.

use bytes::Bytes;
use http::{Response, StatusCode};
use resilience_core::{BoxError, CallError, Classify, Hint, Outcome, Rejected};

use super::proof::is_unreachable;
use super::times::WELL;

type Answer = Result<Response<Bytes>, BoxError>;

/// Says how well a venue is: for its circuit and for the failover.
///
/// A venue that wants fewer requests is well. What a gate of ours refused says nothing, and neither does
/// an attempt for which a deadline left less time than a venue that is well may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Health;

impl<Req> Classify<Req, Answer> for Health {
    fn outcome(&self, answer: &Answer) -> Outcome {
        match answer {
            Ok(response) if response.status().is_server_error() => Outcome::Failure,
            Ok(response) if response.status() == StatusCode::TOO_MANY_REQUESTS => Outcome::Ignored,
            Ok(_) => Outcome::Success,
            Err(error) if error.rejected().is_some() => Outcome::Ignored,
            Err(error) if error.elapsed().is_some_and(|it| it.limit < WELL) => Outcome::Ignored,
            Err(_) => Outcome::Failure,
        }
    }

    fn hint(&self, answer: &Answer) -> Hint {
        hint(answer)
    }
}

/// Repeats an order only where the answer proves that it was not executed.
///
/// After anything else the venue is asked first: see [`Stack`](super::Stack).
#[derive(Clone, Copy, Debug)]
pub(super) struct Unexecuted;

impl<Req> Classify<Req, Answer> for Unexecuted {
    fn outcome(&self, answer: &Answer) -> Outcome {
        match answer {
            Ok(response) if is_refusal(response.status()) => Outcome::Failure,
            Ok(_) => Outcome::Success,
            Err(error) if is_unreachable(error) => Outcome::Failure,
            Err(_) => Outcome::Ignored,
        }
    }

    fn hint(&self, answer: &Answer) -> Hint {
        hint(answer)
    }
}

/// Repeats whatever has no usable answer: for questions, whose answer is the same however often
/// they are asked. An answer is good that tells what was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unanswered;

impl<Req> Classify<Req, Answer> for Unanswered {
    fn outcome(&self, answer: &Answer) -> Outcome {
        match answer {
            Ok(response) if response.status().is_success() => Outcome::Success,
            Ok(response) if is_refusal(response.status()) => Outcome::Failure,
            Ok(response) if response.status().is_server_error() => Outcome::Failure,
            Ok(_) => Outcome::Ignored,
            Err(error) if error.rejected().is_some() => Outcome::Ignored,
            Err(_) => Outcome::Failure,
        }
    }

    fn hint(&self, answer: &Answer) -> Hint {
        hint(answer)
    }
}

/// Says whether a status proves that the venue did nothing, and may do it when asked again: it is
/// down, or wants fewer requests. A 500 proves nothing.
pub(super) fn is_refusal(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    )
}

/// Reads how long to wait: what the venue asks for, or what a refusal of ours says.
fn hint(answer: &Answer) -> Hint {
    match answer {
        Ok(response) => resilience_tower::http::hint(response.status(), response.headers()),
        Err(error) => {
            let wait = error.rejected().and_then(Rejected::retry_after);
            wait.map_or(Hint::None, Hint::After)
        }
    }
}
