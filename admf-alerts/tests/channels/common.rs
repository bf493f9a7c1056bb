//! What all kinds of channels are told, by each kind.

use std::net::TcpListener;
use std::time::Duration;

use admf_alerts::channel::Failure;
use admf_alerts::channel::config::{
    Alertmanager, Channel, Console, Email, File, Limit, PagerDuty, Retry, Secret, Slack, Smarthost,
    Webhook,
};
use admf_alerts::channel::io::{Sender, Shared};
use admf_alerts::notify::Outcome;

use crate::http::again;
use crate::peer::{Peer, answer};
use crate::{batch, send, sender};

/// One of each kind that asks somebody, all of the same address.
fn over_network(address: &str) -> Vec<Channel> {
    let url = format!("http://{address}/");
    let mut pagerduty = PagerDuty::new("key");
    pagerduty.url = Secret::new(&*url);
    let (host, port) = address.rsplit_once(':').expect("it has a port");
    let mut email = Email::new("a@example.org", "b@example.org", Smarthost::new(host, port));
    email.require_tls = false;
    vec![
        Channel::Slack(Slack::new(&*url)),
        Channel::PagerDuty(pagerduty),
        Channel::Webhook(Webhook::new(&*url)),
        Channel::Alertmanager(Alertmanager::new([&*url])),
        Channel::Email(email),
    ]
}

#[tokio::test]
async fn a_channel_of_any_kind_that_is_not_enabled_sends_nothing() {
    let peer = Peer::answering(Vec::new());
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("alerts.jsonl");
    let mut channels = over_network(&peer.address);
    channels.push(Channel::File(File::new(&path)));
    channels.push(Channel::Console(Console::default()));
    for mut channel in channels {
        channel.common_mut().enabled = false;
        let report = send(&sender(&channel).0).await;
        let said = report.said.as_deref();
        assert_eq!(
            (report.outcome, said),
            (Outcome::Sent, Some("the channel is not enabled"))
        );
    }
    assert_eq!(peer.left(), 0);
    assert!(!path.exists());
}

/// Nobody takes the connection up, so that nothing is ever answered.
#[tokio::test(start_paused = true)]
async fn a_try_of_any_kind_ends_when_its_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it listens").to_string();
    for mut channel in over_network(&address) {
        channel.common_mut().timeout = Duration::from_secs(3);
        let (sender, _) = sender(&channel);
        let began = tokio::time::Instant::now();
        let report = send(&sender).await;
        assert_eq!(began.elapsed().as_secs(), 3, "{}", channel.kind());
        assert_eq!(
            (report.outcome, report.failure),
            (again(0), Some(Failure::Other))
        );
        let said = report.said.expect("it says what is wrong");
        assert!(said.ends_with("no answer within 3s"), "{said}");
    }
}

#[tokio::test]
async fn no_more_is_sent_by_a_channel_of_any_kind_than_it_takes() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("alerts.jsonl");
    let peer = Peer::answering(vec![answer("200 OK", "", "ok"); 100]);
    let mut channels = over_network(&peer.address);
    channels.pop();
    channels.push(Channel::File(File::new(&path)));
    for mut channel in channels {
        channel.common_mut().limit = Some(Limit {
            notices: 2,
            per: Duration::from_secs(60),
        });
        let (sender, clock) = sender(&channel);
        for outcome in [Outcome::Sent, Outcome::Sent, again(30), again(30)] {
            let report = send(&sender).await;
            assert_eq!(report.outcome, outcome, "{} {report:?}", channel.kind());
            let failure = (outcome != Outcome::Sent).then_some(Failure::RateLimited);
            assert_eq!(report.failure, failure);
        }
        clock.advance(Duration::from_secs(30));
        assert_eq!(send(&sender).await.outcome, Outcome::Sent);
        assert_eq!(send(&sender).await.outcome, again(30));
    }
    assert_eq!(peer.left(), 4 * 3);
    let lines = std::fs::read_to_string(&path).expect("it was written");
    assert_eq!(lines.lines().count(), 3);
}

#[tokio::test]
async fn a_channel_of_any_kind_is_tried_again_as_often_and_as_late_as_it_says() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut channels = over_network("127.0.0.1:1");
    channels.push(Channel::File(File::new(folder.path().join("no/such"))));
    for mut channel in channels {
        let delay = Duration::from_secs(15);
        channel.common_mut().retry = Some(Retry { attempts: 2, delay });
        let (sender, _) = sender(&channel);
        for (tries, outcome) in [(0, again(15)), (1, again(15)), (2, Outcome::Refused)] {
            let report = sender.send(&batch(), tries).await;
            assert_eq!(report.outcome, outcome, "{} {report:?}", channel.kind());
        }
    }
}

#[test]
fn a_limit_or_a_time_that_lets_nothing_through_is_refused_at_the_start() {
    let second = Duration::from_secs(1);
    for mut channel in over_network("127.0.0.1:1") {
        for (notices, per) in [(0, second), (1, Duration::ZERO)] {
            channel.common_mut().limit = Some(Limit { notices, per });
            let refused = Sender::new("team", &channel, &Shared::default());
            let error = refused.expect_err("it is refused");
            assert!(error.starts_with("channel `team`: "), "{error}");
        }
        channel.common_mut().limit = None;
        channel.common_mut().timeout = Duration::ZERO;
        let refused = Sender::new("team", &channel, &Shared::default());
        let error = refused.expect_err("it is refused");
        assert_eq!(error, "channel `team`: `timeout` must be more than 0");
    }
}
