//! What is believed of an answer.

use resilience_core::{Classify, Elapsed, Hint, Outcome, RateLimited, Rejected};

use super::super::proof::{Proof, Why};
use super::super::rules::{Health, Unanswered, Unexecuted};
use super::*;

type Answer = Result<http::Response<bytes::Bytes>, BoxError>;

fn says(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Ok(response.body(bytes::Bytes::new())?)
}

fn outcomes(answer: &Answer) -> [Outcome; 3] {
    [
        Classify::<(), _>::outcome(&Health, answer),
        Classify::<(), _>::outcome(&Unexecuted, answer),
        Classify::<(), _>::outcome(&Unanswered, answer),
    ]
}

#[test]
fn only_what_proves_that_nothing_was_executed_repeats_an_order() {
    use Outcome::{Failure, Ignored, Success};
    for (status, expected) in [
        (200, [Success; 3]),
        (400, [Success, Success, Ignored]),
        (404, [Success, Success, Ignored]),
        (429, [Ignored, Failure, Failure]),
        (500, [Failure, Success, Failure]),
        (502, [Failure, Success, Failure]),
        (503, [Failure, Failure, Failure]),
        (504, [Failure, Success, Failure]),
    ] {
        assert_eq!(outcomes(&says(status, &[])), expected, "{status}");
    }
    let refused = Rejected::from(RateLimited::new("gate", ms(5)));
    assert_eq!(outcomes(&Err(refused.into())), [Ignored; 3]);
    let late = Err(Elapsed::new(ms(100)).into());
    assert_eq!(outcomes(&late), [Failure, Ignored, Failure]);
}

#[test]
fn a_wait_in_milliseconds_goes_before_one_in_seconds() {
    let hint = |headers: &[_]| Classify::<(), _>::hint(&Unexecuted, &says(429, headers));
    let seconds = ("retry-after", "1");
    assert_eq!(
        hint(&[seconds, ("retry-after-ms", "7")]),
        Hint::After(ms(7))
    );
    assert_eq!(
        hint(&[seconds, ("retry-after-ms", "soon")]),
        Hint::After(ms(1000))
    );
    assert_eq!(hint(&[]), Hint::None);
}

#[test]
fn what_is_not_understood_leaves_a_doubt() {
    for status in [301, 401, 404, 408, 409, 500, 502, 504] {
        let status = http::StatusCode::from_u16(status).unwrap();
        let reason = String::new();
        let proof = Proof::of(Err(VenueError::Status { status, reason }));
        assert!(matches!(proof, Proof::Doubt), "{status}");
    }
    let malformed = Proof::of(Err(VenueError::Malformed(String::new())));
    assert!(matches!(malformed, Proof::Doubt));
}

#[tokio::test]
async fn a_closed_port_is_no_doubt() {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = VenueClient::new(VenueName::Primary, address, HttpTransport::new());
    let proof = Proof::of(client.submit(&order("a"), 1).await);
    let why = Why::Down;
    assert!(
        matches!(proof, Proof::Unexecuted { why: found, .. } if found == why),
        "{proof:?}"
    );
}
