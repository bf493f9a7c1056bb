//! What is sent, and what answers mean.

mod payloads;
mod texts;
mod worded;

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::labels::Labels;
use crate::notify::{Config, GroupBy, Integration, Notifier, Posted, Route};
use crate::series::{MatchOp, Matcher};

const NOW: Duration = Duration::from_nanos(1_795_233_453_332_874_937);

fn batch(alerts: &[(&str, Option<Duration>)]) -> Arc<crate::notify::Batch> {
    let severity = Matcher::new("severity", MatchOp::Matches, "warning|info", false).unwrap();
    let mut config = Config {
        route: Route {
            receiver: Some("default".to_owned()),
            group_wait: Some(Duration::ZERO),
            group_by: Some(GroupBy::Labels(["alertname".to_owned()].into())),
            routes: vec![Route {
                matchers: vec![severity],
                ..Route::default()
            }],
            ..Route::default()
        },
        ..Config::default()
    };
    let receivers = &mut config.receivers;
    receivers.insert("default".to_owned(), vec![Integration::default()]);
    let mut notifier = Notifier::new(config, || 0.5).expect("the configuration is sound");
    for (component, ends_at) in alerts {
        let posted = Posted {
            labels: Labels::from_iter([
                ("alertname", "HighDrawdown"),
                ("component", *component),
                ("severity", "warning"),
            ]),
            starts_at: Some(NOW),
            ends_at: *ends_at,
            ..Posted::default()
        };
        notifier.post(NOW, posted).expect("the alert is sound");
    }
    let later = NOW + Duration::from_secs(1);
    Arc::clone(&notifier.due(later)[0].batch)
}

/// As a live Alertmanager 0.25 posted it, but for the address.
const CAPTURED: &str = r#"{"receiver":"default","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"HighDrawdown","component":"risk","severity":"warning"},"annotations":{},"startsAt":"2026-11-21T03:57:33.332874937Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"def9f05c24e95d97"}],"groupLabels":{"alertname":"HighDrawdown"},"commonLabels":{"alertname":"HighDrawdown","component":"risk","severity":"warning"},"commonAnnotations":{},"externalURL":"http://host:9093","version":"4","groupKey":"{}/{severity=~\"warning|info\"}:{alertname=\"HighDrawdown\"}","truncatedAlerts":0}"#;

#[test]
fn a_webhook_is_written_key_for_key() {
    let body = serde_json::to_string(&Webhook::new(
        &batch(&[("risk", None)]),
        "http://host:9093",
        0,
    ));
    assert_eq!(body.unwrap(), CAPTURED);
}

#[test]
fn an_alert_that_ended_says_when() {
    let batch = batch(&[
        ("risk", None),
        ("book", Some(NOW + Duration::from_millis(500))),
    ]);
    let webhook = Webhook::new(&batch, "", 0);
    let shown = webhook
        .alerts
        .iter()
        .map(|it| (it.status, it.ends_at.as_str()));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            ("resolved", "2026-11-21T03:57:33.832874937Z"),
            ("firing", "0001-01-01T00:00:00Z")
        ],
    );
    assert_eq!(webhook.status, "firing");
}

#[test]
fn alerts_over_the_limit_are_counted_and_their_labels_still_compared() {
    let batch = batch(&[("risk", None), ("book", None)]);
    let webhook = Webhook::new(&batch, "", 1);
    assert_eq!((webhook.alerts.len(), webhook.truncated_alerts), (1, 1));
    assert_eq!(webhook.common_labels.len(), 2);
}

#[test]
fn an_answer_of_slack_that_is_cut_short_is_worth_another_try() {
    let cut = slack_answer(200, true, r#"{"ok":tr"#);
    let why = Failure::Client;
    assert_eq!(cut, Answer::Failed { why, again: true });
    let no = slack_answer(200, true, r#"{"ok":false,"error":"x"}"#);
    assert_eq!(no, Answer::Failed { why, again: false });
}

#[test]
fn too_many_requests_are_worth_another_try_unless_the_channel_says_otherwise() {
    let why = Failure::RateLimited;
    assert_eq!(http(429, None), Answer::Failed { why, again: true });
    assert_eq!(http(429, Some(&[])), Answer::Failed { why, again: false });
}

#[test]
fn texts_are_cut_between_characters() {
    for (most, chars, bytes) in [
        (0, "", ""),
        (3, "世界c", "…"),
        (5, "世界cd…", "…"),
        (6, "世界cdef", "世…"),
    ] {
        assert_eq!(truncate_chars("世界cdef", most).0, chars);
        assert_eq!(truncate_bytes("世界cdef", most).0, bytes);
    }
}
