//! PagerDuty.

use std::sync::Arc;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::channel::config::{Channel, PagerDuty, Secret};
use admf_alerts::channel::io::Sender;
use admf_alerts::channel::{
    Failure, PAGERDUTY_MAX_BYTES, SUMMARY_MAX_CHARS, change_event, change_url, dedup_key,
};
use admf_alerts::notify::{Batch, Config, Integration, Notifier, Outcome, Posted};

use crate::http::{again, url};
use crate::peer::{Peer, answer};
use crate::{NOW, PLANTED, batch, send, sender};

const YES: &str = r#"{"status":"success","message":"Event processed"}"#;

fn yes(times: usize) -> Vec<String> {
    vec![answer("202 Accepted", "", YES); times]
}

/// By an address as that of the service is.
fn channel(peer: &Peer) -> PagerDuty {
    let mut config = PagerDuty::new("PLANTEDroutingkey");
    config.url = Secret::new(format!("http://{}/{PLANTED}/v2/enqueue", peer.address));
    config
}

fn pagerduty(peer: &Peer) -> Sender {
    sender(&Channel::PagerDuty(channel(peer))).0
}

#[tokio::test]
async fn pagerduty_is_sent_an_event_and_its_key_is_not_told() {
    let no = r#"{"status":"invalid event","errors":["PLANTEDroutingkey"]}"#;
    let yes = r#"{"status":"success","message":"Event processed"}"#;
    let peer = Peer::answering(vec![
        answer("202 Accepted", "", yes),
        answer("400 Oh", "", no),
    ]);
    let mut config = PagerDuty::new("PLANTEDroutingkey");
    config.url = Secret::new(url(&peer));
    config.description = Some("{{ .CommonLabels.alertname }}!".to_owned());
    let (sender, _) = sender(&Channel::PagerDuty(config));
    assert_eq!(send(&sender).await.outcome, Outcome::Sent);
    let event = peer.asked().json();
    assert_eq!(event["routing_key"], "PLANTEDroutingkey");
    assert_eq!(event["event_action"], "trigger");
    assert_eq!(event["payload"]["summary"], "Down!");
    let report = send(&sender).await;
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(
        report
            .said
            .expect("it says what is wrong")
            .contains("<redacted>")
    );
}

#[tokio::test]
async fn answers_of_pagerduty_mean_what_it_says_they_do() {
    let invalid = r#"{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect"]}"#;
    for (status, headers, outcome, failure) in [
        ("202 Accepted", "", Outcome::Sent, None),
        (
            "400 Bad Request",
            "",
            Outcome::Refused,
            Some(Failure::Client),
        ),
        ("403 Forbidden", "", Outcome::Refused, Some(Failure::Auth)),
        ("429 Too Many", "", again(0), Some(Failure::RateLimited)),
        (
            "429 Too Many",
            "retry-after: 30\r\n",
            again(30),
            Some(Failure::RateLimited),
        ),
        ("500 Oh", "", again(0), Some(Failure::Server)),
        ("503 Oh", "", again(0), Some(Failure::Server)),
    ] {
        let peer = Peer::answering(vec![answer(status, headers, invalid); 2]);
        let sender = pagerduty(&peer);
        for report in [send(&sender).await, sender.acknowledge("{}:{}").await] {
            assert_eq!(
                (report.outcome, report.failure),
                (outcome, failure),
                "{status}"
            );
            let told = report
                .said
                .as_deref()
                .is_some_and(|it| it.contains("is incorrect"));
            assert_eq!(told, outcome != Outcome::Sent, "{report:?}");
        }
    }
}

#[tokio::test]
async fn an_incident_that_somebody_has_taken_up_is_acknowledged_there_too() {
    let peer = Peer::answering(yes(1));
    let group = &batch().key.group;
    let report = pagerduty(&peer).acknowledge(group).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    let asked = peer.asked();
    assert!(
        asked
            .head
            .starts_with(&format!("POST /{PLANTED}/v2/enqueue "))
    );
    let wanted = serde_json::json!({
        "routing_key": "PLANTEDroutingkey", "event_action": "acknowledge", "dedup_key": dedup_key(group),
    });
    assert_eq!(asked.json(), wanted);
}

#[tokio::test]
async fn who_knows_of_no_acknowledgements_is_sent_none() {
    let peer = Peer::answering(Vec::new());
    let mut disabled = channel(&peer);
    disabled.common.enabled = false;
    let webhook = Channel::Webhook(crate::http::webhook(&peer));
    for channel in [webhook, Channel::PagerDuty(disabled)] {
        let report = sender(&channel).0.acknowledge("{}:{}").await;
        assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    }
    assert_eq!(peer.left(), 0);
}

/// What is told of a group in which something happened, and of what fires besides.
fn happened(fires: bool) -> Arc<Batch> {
    let mut config = Config::default();
    config.route.receiver = Some("team".to_owned());
    config.route.group_wait = Some(Duration::ZERO);
    config
        .receivers
        .insert("team".to_owned(), vec![Integration::default()]);
    let mut notifier = Notifier::new(config, || 0.5).expect("the configuration is sound");
    let posted = |name: &str| Posted {
        labels: Labels::from_iter([("alertname", name), ("service", "trader")]),
        annotations: [
            ("summary".to_owned(), format!("{name} it is")),
            (
                "runbook_url".to_owned(),
                "https://books.example/1".to_owned(),
            ),
        ]
        .into(),
        ..Posted::default()
    };
    notifier
        .post_once(NOW, posted("Deployed"))
        .expect("it is sound");
    if fires {
        notifier.post(NOW, posted("Down")).expect("it is sound");
    }
    Arc::clone(&notifier.due(NOW)[0].batch)
}

#[tokio::test]
async fn what_happened_is_a_change_and_opens_no_incident() {
    let peer = Peer::answering(yes(1));
    let report = pagerduty(&peer).send(&happened(false), 0).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    let asked = peer.asked();
    let wanted = format!("POST /{PLANTED}/v2/change/enqueue ");
    assert!(asked.head.starts_with(&wanted), "{}", asked.head);
    let wanted = serde_json::json!({
        "routing_key": "PLANTEDroutingkey",
        "payload": {
            "summary": "Deployed: Deployed it is",
            "timestamp": "2026-11-21T03:57:34Z",
            "source": "trader",
            "custom_details": { "happened": [{
                "labels": r#"{alertname="Deployed",service="trader"}"#,
                "message": "Deployed it is",
                "at": "2026-11-21T03:57:34Z",
            }] },
        },
        "links": [{ "href": "https://books.example/1", "text": "Runbook" }],
    });
    assert_eq!(asked.json(), wanted);
    assert_eq!(peer.left(), 0);
}

#[tokio::test]
async fn what_fires_beside_what_happened_is_an_incident_of_its_own() {
    let peer = Peer::answering(yes(2));
    let report = pagerduty(&peer).send(&happened(true), 0).await;
    assert_eq!((report.outcome, report.said), (Outcome::Sent, None));
    let (incident, change) = (peer.asked(), peer.asked());
    assert!(
        incident
            .head
            .starts_with(&format!("POST /{PLANTED}/v2/enqueue "))
    );
    let incident = incident.json();
    assert_eq!(incident["event_action"], "trigger");
    assert_eq!(incident["payload"]["summary"], "Down: Down it is");
    assert_eq!(incident["payload"]["custom_details"]["num_firing"], "1");
    assert!(
        change
            .head
            .starts_with(&format!("POST /{PLANTED}/v2/change/enqueue "))
    );
    assert_eq!(
        change.json()["payload"]["summary"],
        "Deployed: Deployed it is"
    );
}

/// The other integration was not told of the end, so that the alert is still in the group.
#[tokio::test]
async fn nothing_is_opened_again_because_something_happened() {
    let mut config = Config::default();
    config.route.receiver = Some("team".to_owned());
    config.route.group_wait = Some(Duration::ZERO);
    let integrations = vec![Integration::default(); 2];
    config.receivers.insert("team".to_owned(), integrations);
    let mut notifier = Notifier::new(config, || 0.5).expect("the configuration is sound");
    let posted = |name: &str, ends_at| Posted {
        labels: Labels::from_iter([("alertname", name)]),
        ends_at,
        ..Posted::default()
    };
    let mut now = NOW;
    let mut told = Vec::new();
    let down = |notifier: &mut Notifier, now, ends| {
        let posted = notifier.post(now, posted("Down", ends));
        posted.expect("it is sound");
    };
    down(&mut notifier, now, None);
    for round in 0..3 {
        for delivery in notifier.due(now) {
            let other = delivery.batch.key.integration.number == 1;
            if !other {
                told.push(Arc::clone(&delivery.batch));
            }
            let outcome = match other && round > 0 {
                true => Outcome::Refused,
                false => Outcome::Sent,
            };
            notifier.finished(now, delivery.id, outcome);
        }
        let end = now + Duration::from_secs(1);
        match round {
            0 => down(&mut notifier, end, Some(end)),
            _ => notifier
                .post_once(end, posted("Deployed", None))
                .expect("it is sound"),
        }
        now = notifier.next_due().expect("it is there");
    }
    let peer = Peer::answering(yes(3));
    let sender = pagerduty(&peer);
    for batch in &told {
        assert_eq!(sender.send(batch, 0).await.outcome, Outcome::Sent);
    }
    let asked = [peer.asked(), peer.asked(), peer.asked()];
    assert_eq!(asked[0].json()["event_action"], "trigger");
    assert_eq!(asked[1].json()["event_action"], "resolve");
    assert!(asked[2].head.contains("/v2/change/enqueue "));
    assert_eq!((told.len(), peer.left()), (3, 0));
}

#[test]
fn a_change_is_cut_to_what_pagerduty_takes() {
    let mut event = change_event(&happened(false), "key").expect("something happened");
    event.payload.summary = "x".repeat(2_000);
    event.payload.custom_details = "x".repeat(600_000).into();
    let said = event.encode();
    assert!(said.len() <= PAGERDUTY_MAX_BYTES);
    let said: serde_json::Value = serde_json::from_slice(&said).expect("it is JSON");
    let error = said["payload"]["custom_details"]["error"].as_str();
    assert!(
        error
            .expect("it says so")
            .starts_with("Custom details have been removed")
    );
    let summary = said["payload"]["summary"].as_str().expect("it is a text");
    assert_eq!(summary.chars().count(), SUMMARY_MAX_CHARS);
}

#[test]
fn changes_go_beside_events_or_where_all_goes() {
    assert_eq!(
        change_url(PagerDuty::URL),
        "https://events.pagerduty.com/v2/change/enqueue"
    );
    assert_eq!(change_url("http://here/any"), "http://here/any");
}

#[cfg(feature = "service")]
#[tokio::test]
async fn a_service_tells_it_who_has_taken_up_an_incident() {
    use admf_alerts::alertmanager_file::parse;
    use admf_alerts::notify::Alert;
    use admf_alerts::service::{AlertService, ServiceConfig};

    let peer = Peer::answering(yes(2));
    let text = "
route: {receiver: nobody, group_wait: 0s}
receivers: [{name: nobody}]
";
    let mut setup = parse("alertmanager.yml", text, None).expect("it is sound");
    setup
        .add_channel("team", Channel::PagerDuty(channel(&peer)))
        .expect("it is new");
    setup.notify.route.receiver = Some("team".to_owned());
    let folder = tempfile::tempdir().expect("there is room");
    let config = ServiceConfig::new(folder.path().join("alerts.redb"), setup);
    let service = AlertService::open(config).expect("it is new");
    let posted = Posted {
        labels: Labels::from_iter([("alertname", "Down")]),
        ends_at: Some(service.now() + Duration::from_secs(3_600)),
        ..Posted::default()
    };
    assert_eq!(service.post([posted]), [Ok(())]);
    let person = async {
        let told = |service: &AlertService| {
            service.look(|it, _| {
                let alert = it.alerts().next().map(Alert::fingerprint)?;
                it.told_of(alert).next().map(|_| alert)
            })
        };
        let alert = loop {
            if let Some(alert) = told(&service) {
                break alert;
            }
            tokio::task::yield_now().await;
        };
        service.acknowledge(alert, "ada", "").expect("it fires");
        let asked = tokio::task::spawn_blocking(move || [peer.asked(), peer.asked()]);
        asked.await.expect("it is asked twice")
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = service.run(async { drop(stopped.await) });
    let watch = async {
        let asked = person.await;
        drop(stop);
        asked
    };
    let ((), asked) = tokio::join!(run, watch);
    let events = asked.map(|it| it.json());
    assert_eq!(events[0]["event_action"], "trigger");
    assert_eq!(events[1]["event_action"], "acknowledge");
    assert_eq!(events[0]["dedup_key"], events[1]["dedup_key"]);
}
