//! Variables, rules, the second file, and what is lost on the way back.

use std::time::Duration;

use super::*;
use crate::channel::config::{Auth, Channel, Console, Origin};
use crate::notify::Routes;
use crate::rule::{Escalation, Rule, RuleGroup};
use crate::{Labels, RuleKind};

const ALL: [(&str, &str); 9] = [
    ("SMTP_HOST", "mail.example"),
    ("SMTP_PORT", "2525"),
    ("SMTP_USER", "user"),
    ("SMTP_PASSWORD", "hush-mail"),
    ("ALERT_EMAIL_TO", " a@example.org ,b@example.org"),
    ("SLACK_WEBHOOK_URL", "https://hooks.example/hush"),
    ("WEBHOOK_URL", "https://web.example/hush"),
    ("WEBHOOK_AUTH_TOKEN", "hush-token"),
    ("PAGERDUTY_INTEGRATION_KEY", "hush-key"),
];

/// All variables, but for one that has another value.
fn but<'v>(name: &'v str, value: Option<&'v str>) -> impl Fn(&str) -> Option<String> + 'v {
    move |asked| match asked == name {
        true => value.map(str::to_owned),
        false => ALL
            .iter()
            .find(|it| it.0 == asked)
            .map(|it| it.1.to_owned()),
    }
}

fn told(setup: &Setup, labels: &[(&str, &str)]) -> Vec<String> {
    let routes = Routes::new(&setup.notify.route).expect("the tree is sound");
    let labels = Labels::from_iter(labels.iter().copied());
    let nodes = routes.matching(&labels);
    nodes.map(|(_, node)| node.receiver.clone()).collect()
}

/// S2-026 … S2-029, S3-040, S4-077.
#[test]
fn the_variables_set_up_receivers_and_severities_go_to_them() {
    let setup = from_env(&but("", None)).expect("all is set");
    let names: Vec<_> = setup.channels.keys().map(String::as_str).collect();
    assert_eq!(names, ["email", "pagerduty", "slack", "webhook"]);
    for (severity, receiver) in [
        ("critical", "pagerduty"),
        ("warning", "slack"),
        ("high", "slack"),
        ("info", "email"),
        ("odd", "slack"),
    ] {
        assert_eq!(told(&setup, &[("severity", severity)]), [receiver]);
    }
    let Channel::Email(mail) = &setup.channels["email"][0] else {
        panic!("it is no mail");
    };
    assert_eq!(
        (&*mail.to, &*mail.from),
        ("a@example.org, b@example.org", "a@example.org")
    );
    assert_eq!(mail.smarthost.to_string(), "mail.example:2525");
    assert_eq!(
        mail.auth_password.as_ref().map(|it| it.origin()),
        Some(Origin::Env("SMTP_PASSWORD"))
    );
    let Channel::Webhook(web) = &setup.channels["webhook"][0] else {
        panic!("it is no webhook");
    };
    let Some(Auth::Header {
        kind,
        credentials: Some(token),
    }) = &web.http.auth
    else {
        panic!("there is no token");
    };
    assert_eq!(
        (&**kind, token.expose().as_deref()),
        ("Bearer", Ok("hush-token"))
    );
    assert!(!format!("{setup:?}").contains("hush"));
}

#[test]
fn a_variable_that_is_wrong_is_named_and_a_secret_not_said() {
    for (name, value, problem) in [
        ("SMTP_PORT", Some("0"), "SMTP_PORT: `0` is no port"),
        (
            "ALERT_EMAIL_TO",
            Some("a@example.org,nobody"),
            "ALERT_EMAIL_TO: `nobody` is no address",
        ),
        (
            "ALERT_EMAIL_TO",
            Some("a@b\r\nBcc: c@d"),
            "ALERT_EMAIL_TO: `a@b\r\nBcc: c@d` is no address",
        ),
        (
            "ALERT_EMAIL_TO",
            None,
            "SMTP_HOST is set, and ALERT_EMAIL_TO is not",
        ),
        ("SMTP_HOST", None, "SMTP_PORT is set, and SMTP_HOST is not"),
        (
            "SMTP_PASSWORD",
            None,
            "SMTP_USER and SMTP_PASSWORD go together",
        ),
        (
            "SLACK_WEBHOOK_URL",
            Some("hush"),
            "SLACK_WEBHOOK_URL: must be an address of HTTP: there is no scheme",
        ),
        (
            "WEBHOOK_URL",
            None,
            "WEBHOOK_AUTH_TOKEN is set, and WEBHOOK_URL is not",
        ),
    ] {
        assert_eq!(from_env(&but(name, value)).err().as_deref(), Some(problem));
    }
    assert!(from_env(&|_| None).is_err());
}

fn rule(name: &str, receivers: &[&str]) -> Rule {
    let mut rule = Rule::parse(name, "up == 0").expect("it is a rule");
    assert_eq!(rule.kind, RuleKind::Alert);
    rule.notify.receivers = receivers.iter().map(|it| (*it).to_owned()).collect();
    rule
}

/// S0-081, S0-087, S0-092 … S0-097.
#[test]
fn the_channels_of_a_rule_win_over_those_of_its_severity() {
    let setup = from_env(&but("", None)).expect("all is set");
    let mut own = rule("high_drawdown", &["email", "slack"]).label("severity", "critical");
    own.notify.cooldown = Duration::from_secs(1_800);
    let level = Escalation {
        level: 1,
        delay: Duration::from_secs(60),
        receivers: vec!["pagerduty".to_owned()],
    };
    own.notify.escalation = vec![level];
    let group = RuleGroup::new("g", [own, rule("other", &[])]);
    let setup = with_rules(setup, [&group]).expect("all receivers are there");
    let labels = [("alertname", "high_drawdown"), ("severity", "critical")];
    assert_eq!(told(&setup, &labels), ["email", "slack"]);
    assert_eq!(
        told(&setup, &[("alertname", "other"), ("severity", "critical")]),
        ["pagerduty"]
    );
    let labels = Labels::from_iter(labels);
    assert_eq!(
        setup.notify.cooldown(&labels),
        Some(Duration::from_secs(1_800))
    );
    let ladder = setup.notify.ladders.iter().find(|it| it.takes(&labels));
    let ladder = ladder.expect("there is one");
    assert_eq!(ladder.levels[0].receivers, ["pagerduty"]);
}

#[test]
fn rules_that_no_label_tells_apart_must_say_the_same() {
    let with = |one: Rule, other: Rule| {
        let setup = from_env(&but("", None)).expect("all is set");
        with_rules(setup, [&RuleGroup::new("g", [one, other])])
    };
    let (mail, slack) = (rule("a", &["email"]), rule("a", &["slack"]));
    assert!(with(mail.clone(), slack.clone()).is_err());
    assert!(with(mail.clone(), mail.clone()).is_ok());
    let told_apart = with(
        mail.clone().label("severity", "info"),
        slack.label("severity", "high"),
    );
    let setup = told_apart.expect("the label tells");
    assert_eq!(
        told(&setup, &[("alertname", "a"), ("severity", "high")]),
        ["slack"]
    );
    let error = with(mail, rule("b", &["nobody"])).expect_err("nobody is not there");
    assert_eq!(error, "rule `b`: there is no receiver `nobody`");
}

const FIRST: &str =
    "route: {receiver: a}\nreceivers:\n- name: a\n  webhook_configs: [{url: 'http://x'}]\n";

#[test]
fn the_second_file_says_what_alertmanager_cannot_and_that_is_lost_on_the_way_back() {
    let setup = parse("a.yml", FIRST, None).expect("it is sound");
    assert!(export(&setup, false).is_ok());
    for (text, field) in [
        ("cooldowns: [{matchers: [a=b], length: 5m}]", "cooldowns"),
        (
            "escalations: [{levels: [{delay: 5m, receivers: [a]}], repeat: 2, gap: 1m}]",
            "escalations",
        ),
        (
            "receivers: [{name: a, console_configs: [{}]}]",
            "receivers.a[1].console",
        ),
        (
            "receivers: [{name: b, file_configs: [{path: x}]}]",
            "receivers.b[0].file",
        ),
        (
            "receivers: [{name: b, alertmanager_configs: [{urls: ['http://x']}]}]",
            "receivers.b[0].alertmanager",
        ),
        (
            "channels: [{receiver: a, enabled: false}]",
            "receivers.a[0].enabled",
        ),
        (
            "channels: [{receiver: a, index: 0, timeout: 3s}]",
            "receivers.a[0].timeout",
        ),
        (
            "channels: [{receiver: a, retry: {attempts: 2, delay: 15s}}]",
            "receivers.a[0].retry",
        ),
        (
            "channels: [{receiver: a, limit: {notices: 9, per: 1m}}]",
            "receivers.a[0].limit",
        ),
        (
            "channels: [{receiver: a, signing_key: hush}]",
            "receivers.a[0].signing_key",
        ),
        ("retention: 1h", "retention"),
        ("max_age: 1h", "max_age"),
    ] {
        let setup =
            add(setup.clone(), "b.yml", text, None).unwrap_or_else(|error| panic!("{error}"));
        let error = export(&setup, false).expect_err(text);
        assert_eq!(error.field(), field);
        let lossy = export(&setup, true).expect("it is lossy");
        assert_eq!(lossy.losses, [error]);
        assert!(
            lossy.text.starts_with(&format!("# lost: {field}: ")),
            "{}",
            lossy.text
        );
        assert!(parse("a.yml", &lossy.text, None).is_ok() && !lossy.text.contains("hush"));
    }
}

#[test]
fn what_is_wrong_in_the_second_file_is_said_with_its_line() {
    let setup = parse("a.yml", FIRST, None).expect("it is sound");
    for (text, error) in [
        (
            "cooldown: []",
            "b.yml:1:1: cooldown: unknown field; there are `receivers`, `channels`, `cooldowns`, `escalations`, `failures`, `watchdog`, `retention`, `max_age`",
        ),
        (
            "cooldowns:\n- length: 0s",
            "b.yml:2:11: cooldowns[0].length: cannot be zero",
        ),
        (
            "channels:\n- receiver: z",
            "b.yml:2:13: channels[0].receiver: there is no receiver `z`",
        ),
        (
            "channels:\n- receiver: a\n  index: 1",
            "b.yml:3:10: channels[0].index: `a` has 1 channels, from 0",
        ),
        (
            "failures: {receivers: [a]}",
            "b.yml:1:11: failures: two receivers at least: one is told that the other fails",
        ),
        (
            "failures: {receivers: [a, z]}",
            "b.yml:1:11: failures: there is no receiver `z`",
        ),
        (
            "watchdog: {receiver: z}",
            "b.yml:1:11: watchdog: there is no receiver `z`",
        ),
        (
            "escalations:\n- levels:\n  - receivers: [z]",
            "b.yml:3:17: escalations[0].levels[0].receivers[0]: there is no receiver `z`",
        ),
    ] {
        let found = add(setup.clone(), "b.yml", text, None).expect_err(text);
        assert_eq!(found.to_string(), error);
    }
}

/// S0-087.
#[test]
fn a_channel_is_added_by_a_name_that_no_other_has() {
    let mut setup = parse("a.yml", FIRST, None).expect("it is sound");
    let console = || Channel::Console(Console::default());
    assert!(
        setup.add_channel("a", console()).is_err() && setup.add_channel("", console()).is_err()
    );
    setup.add_channel("log", console()).expect("it is new");
    assert_eq!(setup.notify.receivers["log"].len(), 1);
}
