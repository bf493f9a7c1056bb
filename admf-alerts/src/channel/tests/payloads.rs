//! Exact payloads.

use super::*;
use crate::notify::{Batch, Reason};

/// One alert, by label and annotation.
fn told(labels: &[(&str, &str)], annotations: &[(&str, &str)]) -> Batch {
    let mut told = Batch::clone(&batch(&[("risk", None)]));
    let alert = Arc::make_mut(&mut told.alerts[0]);
    alert.labels = labels.iter().copied().collect();
    alert.annotations = annotations
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    told
}

fn drawdown() -> Batch {
    let labels = [
        ("alertname", "high_drawdown"),
        ("book", "fx"),
        ("severity", "critical"),
    ];
    let annotations = [("summary", "down <12%> & \"falling\""), ("value", "0.12")];
    told(&labels, &annotations)
}

fn ended(mut batch: Batch, reason: Reason) -> Batch {
    batch.reason = reason;
    for alert in &mut batch.alerts {
        Arc::make_mut(alert).ends_at = Some(NOW + Duration::from_secs(1));
    }
    batch
}

#[test]
fn a_mail_is_written_word_for_word() {
    let mail = EmailContent::new(&drawdown());
    assert_eq!(mail.subject, "ADMF Alert: high_drawdown - CRITICAL");
    let text = "ADMF Alert: high_drawdown\n\nRule: high_drawdown\nSeverity: CRITICAL\nStatus: TRIGGERED\n\
        Time: 2026-11-21 03:57:33+00:00\nMessage: down <12%> & \"falling\"\n\nMetrics:\n  book: fx\n  value: 0.12\n\n";
    assert_eq!(mail.text, text);
    let html = "<html>\n<body>\n<h2 style=\"color: #ff0000\">ADMF Alert: high_drawdown</h2>\n\
        <p><strong>Rule:</strong> high_drawdown</p>\n<p><strong>Severity:</strong> CRITICAL</p>\n\
        <p><strong>Status:</strong> TRIGGERED</p>\n<p><strong>Time:</strong> 2026-11-21 03:57:33+00:00</p>\n\
        <p><strong>Message:</strong> down &lt;12%&gt; &amp; &quot;falling&quot;</p>\n<h3>Metrics</h3>\n<table>\n\
        <tr><td>book</td><td>fx</td></tr>\n<tr><td>value</td><td>0.12</td></tr>\n</table>\n</body>\n</html>\n";
    assert_eq!(mail.html, html);
    let group = &dedup_key(&drawdown().key.group)[..16];
    assert_eq!(mail.thread, format!("<alert-{group}-2026-11-21@admf>"));
    assert_eq!(
        mail.fingerprints,
        drawdown().alerts[0].fingerprint().to_string()
    );
}

#[test]
fn the_head_of_a_mail_has_the_colour_of_its_severity() {
    for (severity, colour) in [
        ("critical", "#ff0000"),
        ("warning", "#ffaa00"),
        ("info", "#0066cc"),
        ("odd", "#666666"),
    ] {
        let mail = EmailContent::new(&told(&[("alertname", "a"), ("severity", severity)], &[]));
        assert!(
            mail.html.contains(&format!("color: {colour}")),
            "{severity}"
        );
        let upper = severity.to_uppercase();
        assert_eq!(mail.subject, format!("ADMF Alert: a - {upper}"));
    }
}

#[test]
fn a_subject_is_one_line_whatever_the_rule_is_called() {
    let mail = EmailContent::new(&told(&[("alertname", "a\r\nBcc: x@y.z\r\n\r\nb")], &[]));
    assert_eq!(mail.subject, "ADMF Alert: a Bcc: x@y.z b - NONE");
}

/// As the services document it: attachments with a colour and four fields.
#[test]
fn a_message_for_slack_is_written_key_for_key() {
    let message = serde_json::to_string(&SlackMessage::new(&drawdown(), "")).unwrap();
    let wanted = r#"{"attachments":[{"color":"danger","title":"ADMF Alert: high_drawdown","fallback":"[FIRING] high_drawdown critical: down &lt;12%&gt; &amp; \"falling\"","mrkdwn_in":["text"],"ts":1795233453,"fields":[{"title":"Severity","value":"CRITICAL","short":true},{"title":"Status","value":"TRIGGERED","short":true},{"title":"Time","value":"2026-11-21 03:57:33+00:00","short":false},{"title":"Message","value":"down &lt;12%&gt; &amp; \"falling\"","short":false}]}]}"#;
    assert_eq!(message, wanted);
}

#[test]
fn what_has_ended_is_good_in_slack_and_says_both_times() {
    let message = SlackMessage::new(&ended(drawdown(), Reason::AllResolved), "#risk");
    let attachment = &message.attachments[0];
    assert_eq!((&*attachment.color, &*message.channel), ("good", "#risk"));
    assert_eq!(attachment.fields[1].value, "RESOLVED");
    let times = "2026-11-21 03:57:33+00:00 to 2026-11-21 03:57:34+00:00";
    assert_eq!(attachment.fields[2].value, times);
}

#[test]
fn a_message_for_slack_stays_within_what_slack_takes() {
    let mut many = told(&[("alertname", "a")], &[("summary", &"<".repeat(9_000))]);
    many.alerts = vec![Arc::clone(&many.alerts[0]); 50];
    let message = SlackMessage::new(&many, "");
    assert_eq!(message.attachments.len(), 20);
    assert_eq!(message.attachments[19].footer, "and 30 more alerts");
    let shown = message.attachments.iter();
    let chars: usize = shown.map(|it| it.fields[3].value.chars().count()).sum();
    assert!((4_000..13_000).contains(&chars), "{chars}");
    // Not within an escape.
    let value = &message.attachments[0].fields[3].value;
    assert_eq!(value.replace("&lt;", ""), "…");
}

#[test]
fn pagerduty_is_told_to_open_and_to_end_an_incident_of_one_key() {
    let fires = events(&drawdown(), "key", "http://here");
    let ends = events(
        &ended(drawdown(), Reason::AllResolved),
        "key",
        "http://here",
    );
    let said = |events: &[Event]| -> Vec<_> { events.iter().map(|it| it.event_action).collect() };
    assert_eq!(said(&fires), [EventAction::Trigger]);
    assert_eq!(said(&ends), [EventAction::Resolve]);
    assert_eq!(fires[0].dedup_key, ends[0].dedup_key);
    let payload = fires[0].payload.as_ref().unwrap();
    assert_eq!(payload.severity, "critical");
    assert_eq!(payload.summary, "high_drawdown: down <12%> & \"falling\"");
    assert_eq!(payload.timestamp, "2026-11-21T03:57:33.332874937Z");
    assert_eq!(payload.custom_details["num_firing"], "1");
    assert_eq!(ends[0].payload, None);
}

#[test]
fn what_began_and_ended_untold_opens_an_incident_and_ends_it() {
    let events = events(&ended(drawdown(), Reason::First), "key", "");
    let said: Vec<_> = events.iter().map(|it| it.event_action).collect();
    assert_eq!(said, [EventAction::Trigger, EventAction::Resolve]);
}

#[test]
fn an_acknowledgement_holds_key_action_and_incident_only() {
    let event = acknowledge("{}:{}", "routing");
    let said: serde_json::Value = serde_json::from_slice(&event.encode()).unwrap();
    let key = dedup_key("{}:{}");
    let wanted = serde_json::json!({
        "routing_key": "routing", "event_action": "acknowledge", "dedup_key": key,
    });
    assert_eq!(said, wanted);
}

#[test]
fn severities_are_those_that_pagerduty_knows() {
    for (severity, wanted) in [
        ("critical", "critical"),
        ("high", "error"),
        ("medium", "warning"),
        ("warning", "warning"),
        ("low", "info"),
        ("info", "info"),
        ("odd", "error"),
    ] {
        let events = events(&told(&[("severity", severity)], &[]), "key", "");
        assert_eq!(events[0].payload.as_ref().unwrap().severity, wanted);
    }
}

#[test]
fn an_alertmanager_is_told_until_when_an_alert_is_held_for_firing() {
    let hold = Duration::from_secs(60);
    let batch = drawdown();
    let fires = &AlertmanagerAlert::all(&batch, hold)[0];
    let seconds: jiff::Timestamp = fires.ends_at.parse().unwrap();
    assert_eq!(seconds.as_second() as u64, (batch.at + hold).as_secs());
    let ends = &AlertmanagerAlert::all(&ended(batch, Reason::AllResolved), hold)[0];
    assert_eq!(ends.ends_at, "2026-11-21T03:57:34.332874937Z");
}

#[test]
fn lines_cannot_be_broken_by_what_an_alert_says() {
    let told = told(&[("alertname", "a")], &[("summary", "one\ntwo\u{1b}[2J")]);
    let lines = console(&told);
    assert_eq!(lines.matches('\n').count(), 1);
    assert!(
        lines.contains(r"NONE TRIGGERED a: one\ntwo\u{1b}[2J {"),
        "{lines}"
    );
    let line = json_line(&told, "");
    assert_eq!(line.matches('\n').count(), 1);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        value["alerts"][0]["annotations"]["summary"],
        "one\ntwo\u{1b}[2J"
    );
}
