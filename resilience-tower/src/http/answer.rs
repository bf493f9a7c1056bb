//! Responses that say why a policy cut a call short.

use std::time::Duration;

use http::{Response, StatusCode, header::RETRY_AFTER};
use resilience_core::{Elapsed, Hint, Outcome, Rejected, Respond};

use super::rule;
use crate::Tower;

impl<B: Default> Respond<Rejected, Tower> for Response<B> {
    fn respond(reason: Rejected) -> Self {
        let status = match reason {
            Rejected::RateLimited(_) | Rejected::NeverFits(_) => StatusCode::TOO_MANY_REQUESTS,
            Rejected::DeadlinePassed(_) => StatusCode::GATEWAY_TIMEOUT,
            Rejected::NoKey(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        let wait = reason.retry_after();
        respond(reason, status, wait)
    }

    fn outcome(&self) -> Outcome {
        rule::outcome(self)
    }

    fn rejected(&self) -> Option<&Rejected> {
        self.extensions().get()
    }

    fn hint(&self) -> Hint {
        rule::hint(self)
    }
}

impl<B: Default> Respond<Elapsed, Tower> for Response<B> {
    fn respond(reason: Elapsed) -> Self {
        respond(reason, StatusCode::GATEWAY_TIMEOUT, None)
    }

    fn outcome(&self) -> Outcome {
        rule::outcome(self)
    }

    fn rejected(&self) -> Option<&Rejected> {
        self.extensions().get()
    }

    fn hint(&self) -> Hint {
        rule::hint(self)
    }
}

/// Creates the response that says `reason`.
fn respond<B: Default>(
    reason: impl Clone + Send + Sync + 'static,
    status: StatusCode,
    wait: Option<Duration>,
) -> Response<B> {
    let mut response = Response::default();
    *response.status_mut() = status;
    if let Some(wait) = wait {
        let seconds = whole_seconds(wait);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response.extensions_mut().insert(reason);
    response
}

/// Returns a wait in whole seconds, rounded up: a client that comes back early is refused again.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    let more = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_29_the_header_rounds_up() {
        for (wait, header) in [
            (Duration::ZERO, "0"),
            (Duration::from_nanos(1), "1"),
            (Duration::from_secs(1), "1"),
            (Duration::from_millis(9_001), "10"),
            (Duration::MAX, "18446744073709551615"),
        ] {
            let response: Response<String> = respond((), StatusCode::OK, Some(wait));
            assert_eq!(response.headers()[RETRY_AFTER], header, "{wait:?}");
        }
    }

    #[test]
    fn a_timeout_is_a_504_that_says_how_long_and_counts_as_a_failure() {
        let limit = Duration::from_secs(2);
        let response = Response::<String>::respond(Elapsed::new(limit));
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(response.extensions().get(), Some(&Elapsed::new(limit)));
        assert_eq!(rule::outcome(&response), Outcome::Failure);
        assert!(response.headers().is_empty());
    }
}
