//! Answers that send elsewhere.

use admf_alerts::channel::config::{Auth, Channel, Secret, Webhook};
use admf_alerts::notify::Outcome;

use crate::http::webhook;
use crate::peer::{Peer, answer};
use crate::{send, sender};

/// A webhook that says who asks, and signs.
fn config(peer: &Peer) -> Webhook {
    let mut config = webhook(peer);
    config.http.auth = Some(Auth::bearer(Secret::new("PLANTEDtoken")));
    config.signing_key = Some(Secret::new("PLANTEDkey"));
    config
}

fn elsewhere(status: &str, location: &str) -> String {
    answer(status, &format!("location: {location}\r\n"), "")
}

#[tokio::test]
async fn the_same_is_posted_elsewhere_at_the_same_server_where_that_asks_for_it() {
    for status in ["307 Elsewhere", "308 Elsewhere"] {
        let peer = Peer::answering(vec![elsewhere(status, "/moved"), answer("200 OK", "", "")]);
        let report = send(&sender(&Channel::Webhook(config(&peer))).0).await;
        assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
        let (first, then) = (peer.asked(), peer.asked());
        assert!(then.head.starts_with("POST /moved "), "{}", then.head);
        assert_eq!(first.body, then.body);
        for name in ["authorization", "x-admf-signature", "idempotency-key"] {
            assert!(first.header(name).is_some());
            assert_eq!(first.header(name), then.header(name));
        }
        assert_eq!(then.header("referer"), None);
    }
}

#[tokio::test]
async fn nobody_is_followed_where_the_config_says_so() {
    let peer = Peer::answering(vec![elsewhere("308 Elsewhere", "/moved")]);
    let mut config = config(&peer);
    config.http.follow_redirects = false;
    let report = send(&sender(&Channel::Webhook(config)).0).await;
    assert_eq!(report.outcome, Outcome::Refused);
    let said = report.said.expect("it says what is wrong");
    assert_eq!(said, "answered 308 and sends elsewhere");
    assert_eq!(peer.left(), 1);
}

/// Who is told to read a page there would post nothing, and hold its answer for that of the notice.
#[tokio::test]
async fn who_sends_elsewhere_to_read_something_is_not_followed() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See",
        "300 Choose",
        "304 Same",
    ] {
        let peer = Peer::answering(vec![elsewhere(status, "/moved")]);
        let report = send(&sender(&Channel::Webhook(config(&peer))).0).await;
        assert_eq!(report.outcome, Outcome::Refused, "{status}");
        assert_eq!(peer.left(), 1, "{status}");
    }
}

#[tokio::test]
async fn nobody_is_followed_to_another_server() {
    let other = Peer::answering(vec![answer("200 OK", "", "")]);
    let port = other.address.rsplit_once(':').expect("it has a port").1;
    for location in [
        format!("http://{}/", other.address),
        format!("http://localhost:{port}/"),
        format!("//{}/", other.address),
        "http://PLANTED.invalid/".to_owned(),
    ] {
        for status in ["301 Moved", "302 Found", "307 Elsewhere", "308 Elsewhere"] {
            let peer = Peer::answering(vec![elsewhere(status, &location)]);
            let report = send(&sender(&Channel::Webhook(config(&peer))).0).await;
            assert_eq!(report.outcome, Outcome::Refused, "{status} {location}");
            assert_eq!(peer.left(), 1);
        }
    }
    assert_eq!(other.left(), 0);
}

#[tokio::test]
async fn who_sends_round_in_circles_is_left_alone() {
    let peer = Peer::answering(vec![elsewhere("307 Elsewhere", "/round"); 20]);
    let report = send(&sender(&Channel::Webhook(config(&peer))).0).await;
    assert_eq!(report.outcome, Outcome::Refused);
    assert_eq!(peer.left(), 11);
}
