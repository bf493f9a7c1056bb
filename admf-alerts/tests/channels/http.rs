//! Slack and webhooks.

use std::io::Write;
use std::time::Duration;

use admf_alerts::channel::config::{Auth, Channel, PagerDuty, Secret, Slack, Webhook};
use admf_alerts::channel::io::{Sender, Shared};
use admf_alerts::channel::{Failure, signature};
use admf_alerts::notify::Outcome;

use crate::peer::{Peer, answer};
use crate::{NOW, PLANTED, batch, send, sender};

pub(crate) fn again(seconds: u64) -> Outcome {
    Outcome::Again {
        after: Duration::from_secs(seconds),
    }
}

pub(crate) fn url(peer: &Peer) -> String {
    format!("http://{}/services/T0/{PLANTED}", peer.address)
}

fn slack(peer: &Peer) -> Channel {
    Channel::Slack(Slack::new(&*url(peer)))
}

pub(crate) fn webhook(peer: &Peer) -> Webhook {
    Webhook::new(&*url(peer))
}

#[tokio::test]
async fn a_webhook_is_posted_with_token_signature_and_key() {
    let peer = Peer::answering(vec![answer("200 OK", "", "")]);
    let mut config = webhook(&peer);
    config.http.auth = Some(Auth::bearer(Secret::new("PLANTEDtoken")));
    config.signing_key = Some(Secret::new("PLANTEDkey"));
    let (sender, _) = sender(&Channel::Webhook(config));
    let report = send(&sender).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    let asked = peer.asked();
    assert!(
        asked
            .head
            .starts_with(&format!("POST /services/T0/{PLANTED} "))
    );
    assert_eq!(asked.header("authorization"), Some("Bearer PLANTEDtoken"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    let signed = signature(b"PLANTEDkey", NOW, asked.body.as_bytes());
    assert_eq!(asked.header("x-admf-signature"), Some(&*signed));
    assert_eq!(
        asked.header("idempotency-key"),
        Some(&*batch().idempotency_key)
    );
    assert_eq!(asked.json()["version"], "4");
    assert_eq!(asked.json()["externalURL"], "http://here");
}

#[tokio::test]
async fn slack_is_sent_attachments_and_says_ok() {
    let peer = Peer::answering(vec![answer("200 OK", "content-type: text/plain\r\n", "ok")]);
    let report = send(&sender(&slack(&peer)).0).await;
    assert_eq!(report.outcome, Outcome::Sent);
    let asked = peer.asked().json();
    assert_eq!(asked["attachments"][0]["title"], "ADMF Alert: Down");
}

#[tokio::test]
async fn slack_may_say_200_and_mean_no() {
    let json = "content-type: application/json\r\n";
    for (headers, body, outcome) in [
        ("", "no_text", Outcome::Refused),
        (
            json,
            r#"{"ok":false,"error":"invalid_auth"}"#,
            Outcome::Refused,
        ),
        (json, r#"{"ok":tr"#, again(0)),
    ] {
        let peer = Peer::answering(vec![answer("200 OK", headers, body)]);
        let report = send(&sender(&slack(&peer)).0).await;
        assert_eq!(report.outcome, outcome, "{body}");
        assert_eq!(report.failure, Some(Failure::Client));
    }
}

#[tokio::test]
async fn who_says_too_many_requests_is_asked_again_when_he_says() {
    let date = "Sat, 21 Nov 2026 03:58:34 +0000";
    for (headers, outcome) in [
        ("retry-after: 7\r\n".to_owned(), again(7)),
        (format!("retry-after: {date}\r\n"), again(60)),
        ("retry-after: 9999999\r\n".to_owned(), again(3_600)),
        ("retry-after: soon\r\n".to_owned(), again(0)),
        (String::new(), again(0)),
    ] {
        let body = r#"{"retry_after":1,"ok":false,"error":"rate_limited"}"#;
        let peer = Peer::answering(vec![answer("429 Too Many Requests", &headers, body)]);
        let report = send(&sender(&slack(&peer)).0).await;
        assert_eq!(report.outcome, outcome, "{headers}");
        assert_eq!(report.failure, Some(Failure::RateLimited));
    }
}

#[tokio::test]
async fn answers_are_classed_and_what_they_say_is_told_without_secrets() {
    for (status, outcome, failure) in [
        ("500 Oh", again(0), Failure::Server),
        ("503 Oh", again(0), Failure::Server),
        ("400 Oh", Outcome::Refused, Failure::Client),
        ("401 Oh", Outcome::Refused, Failure::Auth),
        ("404 Oh", Outcome::Refused, Failure::Client),
    ] {
        // One that says back what it was asked.
        let body = format!("no such thing: /services/T0/{PLANTED} by Bearer PLANTEDtoken");
        let peer = Peer::answering(vec![answer(status, "", &body)]);
        let mut config = webhook(&peer);
        config.http.auth = Some(Auth::bearer(Secret::new("PLANTEDtoken")));
        let report = send(&sender(&Channel::Webhook(config)).0).await;
        assert_eq!((report.outcome, report.failure), (outcome, Some(failure)));
        let said = report.said.expect("it says what is wrong");
        assert!(
            said.starts_with(&format!("answered {}: no such thing", &status[..3])),
            "{said}"
        );
    }
}

#[tokio::test]
async fn who_is_not_there_is_asked_again() {
    for address in ["127.0.0.1:1", "nowhere.invalid"] {
        let config = Webhook::new(&*format!("http://{address}/{PLANTED}"));
        let report = send(&sender(&Channel::Webhook(config)).0).await;
        assert_eq!(report.outcome, again(0));
        let said = report.said.expect("it says what is wrong");
        assert!(said.starts_with(&format!("http://{address}: ")), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_hangs_is_given_up_when_the_time_is_over() {
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let peer = Peer::doing(move |_| {
        let _ = ends.recv();
    });
    let report = send(&sender(&Channel::Webhook(webhook(&peer))).0).await;
    assert_eq!(report.outcome, again(0));
    assert_eq!(report.said.as_deref(), Some("no answer within 10s"));
    drop(end);
}

/// Far more than is read, and never an end.
#[tokio::test]
async fn of_a_huge_answer_no_more_is_read_than_is_told() {
    let peer = Peer::doing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Oh\r\nconnection: close\r\n\r\n");
        while stream.write_all(&[b'x'; 4_096]).is_ok() {}
    });
    let report = send(&sender(&Channel::Webhook(webhook(&peer))).0).await;
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(report.said.expect("it says what is wrong").len() < 400);
}

#[tokio::test]
async fn an_answer_that_is_cut_is_what_its_status_says_but_of_slack() {
    let cut = || {
        Peer::doing(|stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\no");
        })
    };
    let peer = cut();
    let report = send(&sender(&Channel::Webhook(webhook(&peer))).0).await;
    assert_eq!(report.outcome, Outcome::Sent);
    let peer = cut();
    let report = send(&sender(&slack(&peer)).0).await;
    assert_eq!(report.outcome, again(0));
}

#[tokio::test(start_paused = true)]
async fn slack_that_drips_its_answer_is_given_up_when_the_time_is_over() {
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let peer = Peer::doing(move |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no");
        let _ = ends.recv();
    });
    let report = send(&sender(&slack(&peer)).0).await;
    assert_eq!(report.outcome, again(0));
    drop(end);
}

#[tokio::test]
async fn a_template_that_fails_says_so_and_the_notice_goes_out() {
    let peer = Peer::answering(vec![answer("200 OK", "", "ok"), answer("200 OK", "", "ok")]);
    let mut config = Slack::new(&*url(&peer));
    config.text = Some("{{ commonLabels.nothing.at_all }}".to_owned());
    let report = send(&sender(&Channel::Slack(config.clone())).0).await;
    assert_eq!(report.outcome, Outcome::Sent);
    assert!(
        report
            .said
            .expect("it says so")
            .starts_with("template `text`: line 1: ")
    );
    assert_eq!(peer.asked().json()["attachments"][0]["color"], "danger");
    config.text = Some("<!here> {{ notice.rule }} <{{ externalURL }}|go>".to_owned());
    let report = send(&sender(&Channel::Slack(config)).0).await;
    assert_eq!(report.said, None);
    assert_eq!(peer.asked().json()["text"], "<!here> Down <http://here|go>");
}

#[tokio::test]
async fn slack_is_told_once_a_second_and_no_request_is_made_before() {
    let peer = Peer::answering(vec![answer("200 OK", "", "ok"); 2]);
    let (sender, clock) = sender(&slack(&peer));
    assert_eq!(send(&sender).await.outcome, Outcome::Sent);
    let report = send(&sender).await;
    assert_eq!(
        (report.outcome, report.failure),
        (again(1), Some(Failure::RateLimited))
    );
    clock.advance(Duration::from_secs(1));
    assert_eq!(send(&sender).await.outcome, Outcome::Sent);
    assert_eq!(peer.left(), 2);
}

#[tokio::test]
async fn a_channel_that_keeps_failing_is_left_alone_for_a_while() {
    let mut answers = vec![answer("500 Oh", "", ""); 5];
    answers.push(answer("200 OK", "", ""));
    let peer = Peer::answering(answers);
    let (sender, clock) = sender(&Channel::Webhook(webhook(&peer)));
    for _ in 0..5 {
        assert_eq!(send(&sender).await.outcome, again(0));
    }
    let report = send(&sender).await;
    assert_eq!(report.outcome, again(60));
    assert_eq!(peer.left(), 5);
    clock.advance(Duration::from_secs(60));
    assert_eq!(send(&sender).await.outcome, Outcome::Sent);
}

#[test]
fn what_a_channel_cannot_say_is_refused_at_the_start() {
    let mut slack = Slack::new(PLANTED);
    slack.title = Some("{{ notice.rule }}".to_owned());
    let mut wrong = Slack::new(PLANTED);
    wrong.text = Some("{{ template \"slack.default.text\" . }}".to_owned());
    let mut pagerduty = PagerDuty::new(PLANTED);
    pagerduty.class = Some("x".to_owned());
    for (channel, problem) in [
        (
            Channel::Slack(slack),
            "of Slack's texts only `text` can be set",
        ),
        (Channel::Slack(wrong), "`text`: line 1: syntax error"),
        (
            Channel::PagerDuty(pagerduty),
            "of PagerDuty's texts only `description` can be set",
        ),
    ] {
        let error = Sender::new("team", &channel, &Shared::default()).unwrap_err();
        assert!(
            error.starts_with(&format!("channel `team`: {problem}")),
            "{error}"
        );
        assert!(!error.contains("PLANTED"), "{error}");
    }
}
