//! What is sent where the owner of a channel words it.

use serde_json::{Value, json};

use super::*;
use crate::channel::config::{Action, Channel, Email, Field, Link, PagerDuty, Slack, Smarthost};
use crate::notify::Batch;

fn slack(word: impl FnOnce(&mut Slack)) -> (Value, Option<String>) {
    let mut config = Slack::new("http://hooks.example");
    word(&mut config);
    let texts = SlackTexts::new(&config).expect("the texts are sound");
    let told = batch(&[("risk", None), ("book", None)]);
    let (message, noted) = SlackMessage::filled(&told, "http://here", &texts);
    (serde_json::to_value(message).unwrap(), noted)
}

#[test]
fn a_channel_whose_owner_says_nothing_sends_what_it_says_by_itself() {
    let told = batch(&[("risk", None), ("book", None)]);
    let own = serde_json::to_value(SlackMessage::new(&told, "#ops")).unwrap();
    let channel = |config: &mut Slack| config.channel = "#{{ `ops` }}".to_owned();
    assert_eq!(slack(channel), (own, None));
    let texts = PagerDutyTexts::new(&PagerDuty::new("key")).unwrap();
    let own = events(&told, "key", "http://here");
    assert_eq!(
        Event::filled(&told, "key", "http://here", &texts),
        (own, None)
    );
}

#[test]
fn one_text_of_the_owner_makes_one_attachment_of_all_alerts() {
    let (message, noted) = slack(|config| config.title = Some("{{ .Status }} <!here>".to_owned()));
    let line = "[FIRING] HighDrawdown warning: ";
    let wanted = json!({ "attachments": [{
        "color": "warning", "title": "firing <!here>", "text": format!("{line}\n{line}"),
        "fallback": format!("{line}\n{line}"), "mrkdwn_in": ["fallback", "pretext", "text"],
    }] });
    assert_eq!((message, noted), (wanted, None));
}

#[test]
fn every_text_of_slack_is_obeyed() {
    let text = |name: &str| Some(format!("{name} {{{{ .Status }}}}"));
    let (message, noted) = slack(|config| {
        config.username = text("user");
        config.icon_emoji = text("emoji");
        config.icon_url = text("icon");
        config.link_names = true;
        config.title_link = text("link");
        config.pretext = text("pre");
        config.footer = text("foot");
        config.fallback = text("fall");
        config.callback_id = text("id");
        config.image_url = text("image");
        config.thumb_url = text("thumb");
        config.color = text("color");
        config.mrkdwn_in = Some(vec!["fields".to_owned()]);
        config.short_fields = true;
        let field = |short| Field {
            title: "{{ len .Alerts }}".to_owned(),
            value: "{{ .Status }}".to_owned(),
            short,
        };
        config.fields = vec![field(None), field(Some(false))];
        config.actions = vec![Action {
            kind: "button".to_owned(),
            text: "{{ .Status }}".to_owned(),
            url: "{{ .ExternalURL }}".to_owned(),
            ..Action::default()
        }];
    });
    let wanted = json!({
        "username": "user firing", "icon_emoji": "emoji firing", "icon_url": "icon firing", "link_names": true,
        "attachments": [{
            "color": "color firing", "title": "ADMF Alert: HighDrawdown", "title_link": "link firing",
            "pretext": "pre firing", "fallback": "fall firing", "callback_id": "id firing",
            "mrkdwn_in": ["fields"],
            "fields": [
                {"title": "2", "value": "firing", "short": true}, {"title": "2", "value": "firing", "short": false},
            ],
            "actions": [{"type": "button", "text": "firing", "url": "http://here"}],
            "image_url": "image firing", "thumb_url": "thumb firing", "footer": "foot firing",
        }],
    });
    assert_eq!((message, noted), (wanted, None));
}

#[test]
fn a_text_that_fails_is_named_and_worded_by_the_channel() {
    let (message, noted) = slack(|config| {
        config.title = Some("{{ index .Alerts 9 }}".to_owned());
        config.text =
            Some("{{ define `a` }}{{ template `a` }}{{ end }}{{ template `a` }}".to_owned());
        config.footer = Some("fine".to_owned());
    });
    let attachment = &message["attachments"][0];
    assert_eq!(attachment["title"], "ADMF Alert: HighDrawdown");
    assert_eq!(attachment["footer"], "fine");
    assert!(attachment["text"].as_str().unwrap().starts_with("[FIRING]"));
    // The first that fails is told.
    let wanted = "template `text`: line 1, column 47: in `a`, line 1, column 20: more than 128 blocks in blocks";
    assert_eq!(noted.as_deref(), Some(wanted));
}

#[test]
fn every_text_of_pagerduty_is_obeyed() {
    let text = |name: &str| Some(format!("{name} {{{{ .Status }}}}"));
    let mut config = PagerDuty::new("key");
    config.client = text("client");
    config.client_url = text("url");
    config.description = text("description");
    config.severity = Some("{{ if .Alerts.Firing }}info{{ end }}".to_owned());
    config.class = text("class");
    config.component = text("component");
    config.group = text("group");
    config.details = [("firing", "{{ len .Alerts }}"), ("more", "{{ .Status }}")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let link = |href: &str, src: &str| Link {
        href: href.to_owned(),
        src: src.to_owned(),
        text: "{{ .Status }}".to_owned(),
        ..Link::default()
    };
    config.links = vec![
        link("{{ .ExternalURL }}", ""),
        link("{{ .CommonLabels.no }}", ""),
    ];
    config.images = vec![
        link("", "{{ .Status }}.png"),
        link("", "{{ .CommonLabels.no }}"),
    ];
    let texts = PagerDutyTexts::new(&config).expect("the texts are sound");
    let told = batch(&[("risk", None)]);
    let (events, noted) = Event::filled(&told, "key", "http://here", &texts);
    let own = &super::events(&told, "key", "http://here")[0];
    let mut wanted = serde_json::to_value(own).unwrap();
    wanted["client"] = json!("client firing");
    wanted["client_url"] = json!("url firing");
    wanted["links"] = json!([{"href": "http://here", "text": "firing"}]);
    wanted["images"] = json!([{"src": "firing.png", "text": "firing"}]);
    let payload = &mut wanted["payload"];
    for name in ["class", "component", "group"] {
        payload[name] = json!(format!("{name} firing"));
    }
    payload["summary"] = json!("description firing");
    payload["severity"] = json!("info");
    payload["custom_details"]["firing"] = json!("1");
    payload["custom_details"]["more"] = json!("firing");
    assert_eq!(
        (serde_json::to_value(&events[0]).unwrap(), noted),
        (wanted, None)
    );
}

#[test]
fn what_happened_beside_an_incident_is_in_no_words_of_it_nor_the_other_way_round() {
    let mut config = PagerDuty::new("key");
    config.description = Some("{{ len .Alerts }} of {{ .CommonLabels.component }}".to_owned());
    let texts = PagerDutyTexts::new(&config).expect("the texts are sound");
    let mut told = Batch::clone(&batch(&[("deploy", None), ("risk", None)]));
    Arc::make_mut(&mut told.alerts[0]).once = true;
    let (events, noted) = Event::filled(&told, "key", "", &texts);
    let summary = events[0].payload.as_ref().map(|it| it.summary.as_str());
    assert_eq!((summary, noted), (Some("1 of risk"), None));
    let (change, noted) = ChangeEvent::filled(&told, "key", "", &texts);
    let summary = change.map(|it| it.payload.summary);
    assert_eq!((summary.as_deref(), noted), (Some("1 of deploy"), None));
}

#[test]
fn a_severity_that_pagerduty_does_not_know_is_not_sent() {
    let mut config = PagerDuty::new("key");
    config.severity = Some("{{ .CommonLabels.component }}".to_owned());
    let texts = PagerDutyTexts::new(&config).unwrap();
    let (events, noted) = Event::filled(&batch(&[("risk", None)]), "key", "", &texts);
    assert_eq!(events[0].payload.as_ref().unwrap().severity, "warning");
    let noted = noted.expect("it says so");
    assert!(
        noted.starts_with("template `severity`: what it says is none of"),
        "{noted}"
    );
}

#[test]
fn a_text_that_is_no_template_is_named_by_its_field() {
    let bad = || "{{ .Nothing }}".to_owned();
    let mut slack = Slack::new("http://x");
    slack.fields = vec![Field {
        title: "a".to_owned(),
        value: bad(),
        short: None,
    }];
    let mut pagerduty = PagerDuty::new("key");
    pagerduty.details.insert("a.b".to_owned(), bad());
    let mut email = Email::new("a@b", "c@d", Smarthost::new("mail.example", "25"));
    email.headers.insert("Subject".to_owned(), bad());
    for (channel, field) in [
        (Channel::Slack(slack), "fields[0].value"),
        (Channel::PagerDuty(pagerduty), "details.a.b"),
        (Channel::Email(email), "headers.Subject"),
    ] {
        let error = channel.check_texts().expect_err(field);
        assert_eq!(error.field(), field);
        assert!(
            error
                .problem()
                .starts_with("line 1, column 4: there is no `.Nothing`"),
            "{error}"
        );
    }
}

#[test]
fn the_names_that_alertmanager_has_by_default_can_be_called() {
    let names = [
        "__alertmanager",
        "__alertmanagerURL",
        "__subject",
        "__description",
        "slack.default.title",
        "slack.default.username",
        "slack.default.fallback",
        "slack.default.callbackid",
        "slack.default.pretext",
        "slack.default.titlelink",
        "slack.default.iconemoji",
        "slack.default.iconurl",
        "slack.default.text",
        "slack.default.footer",
        "pagerduty.default.description",
        "pagerduty.default.client",
        "pagerduty.default.clientURL",
        "email.default.subject",
        "email.default.html",
    ];
    for name in names {
        let (message, noted) =
            slack(|config| config.text = Some(format!("{{{{ template {name:?} . }}}}")));
        assert_eq!(noted, None, "{name}");
        assert!(
            message["attachments"][0].get("text").is_some() || name.starts_with("slack."),
            "{name}"
        );
    }
    let list = "{{ template `__text_alert_list` .Alerts.Firing }}{{ template `pagerduty.default.instances` .Alerts.Resolved }}";
    let (message, noted) = slack(|config| {
        config.title = Some("{{ template `__subject` . }}".to_owned());
        config.text = Some(list.to_owned());
    });
    assert_eq!(noted, None);
    let attachment = &message["attachments"][0];
    assert_eq!(
        attachment["title"],
        "ADMF Alert: HighDrawdown - WARNING (2 firing, 0 resolved)"
    );
    let one = |name: &str| {
        format!(
            "FIRING HighDrawdown\n  alertname: HighDrawdown\n  component: {name}\n  severity: warning\n"
        )
    };
    assert_eq!(attachment["text"], one("book") + &one("risk"));
}
