//! Receivers from variables, and the routes that go without saying.

use super::address;
use super::{Lookup, Setup};
use crate::channel::config::{Auth, Channel, Email, PagerDuty, Secret, Slack, Smarthost, Webhook};
use crate::notify::Route;
use crate::series::{MatchOp, Matcher};

/// Receiver by severity.
const BY_SEVERITY: [(&str, MatchOp, &str); 3] = [
    ("critical", MatchOp::Equal, "pagerduty"),
    ("high|warning", MatchOp::Matches, "slack"),
    ("info", MatchOp::Equal, "email"),
];

/// Sets up the receivers `email`, `slack`, `webhook` and `pagerduty` from variables, each where it is set, and the default
/// routes: `critical` to PagerDuty, `high` and `warning` to Slack, `info` by mail; what has no such receiver goes to the
/// first of `slack`, `email`, `webhook` and `pagerduty` that there is.
///
/// | receiver | variables |
/// |---|---|
/// | `email` | `SMTP_HOST`, `ALERT_EMAIL_TO` (commas between); `SMTP_PORT` (587), `SMTP_USER` and `SMTP_PASSWORD`, `SMTP_FROM` (the user, if he is an address, or the first of those who are written to) |
/// | `slack` | `SLACK_WEBHOOK_URL`; `SLACK_CHANNEL` |
/// | `webhook` | `WEBHOOK_URL`; `WEBHOOK_AUTH_TOKEN` |
/// | `pagerduty` | `PAGERDUTY_INTEGRATION_KEY` |
///
/// # Errors
///
/// Says which variable is wrong or missing; never what a secret is. Where none is set: that.
pub fn from_env(variable: Lookup<'_>) -> Result<Setup, String> {
    let set = |name: &str| {
        variable(name)
            .map(|it| it.trim().to_owned())
            .filter(|it| !it.is_empty())
    };
    let mut setup = Setup::default();
    let found = [
        ("email", email(&set)?),
        ("slack", slack(&set)?),
        ("webhook", webhook(&set)?),
        ("pagerduty", key(&set)?),
    ];
    for (name, channel) in found {
        if let Some(channel) = channel {
            setup.add_channel(name, channel)?;
        }
    }
    setup.default_routes()?;
    Ok(setup)
}

impl Setup {
    /// Routes by severity to the receivers of [`from_env`], in place of the tree that there is.
    ///
    /// # Errors
    ///
    /// There is none of them.
    pub fn default_routes(&mut self) -> Result<(), String> {
        let mut all = ["slack", "email", "webhook", "pagerduty"].into_iter();
        let first = all.find(|name| self.channels.contains_key(*name));
        let first = first.ok_or("no channel is set up: set `SMTP_HOST`, `SLACK_WEBHOOK_URL`, `WEBHOOK_URL` or `PAGERDUTY_INTEGRATION_KEY`")?;
        let there = BY_SEVERITY
            .iter()
            .filter(|it| self.channels.contains_key(it.2));
        let routes = there.map(|(severity, op, receiver)| {
            let route = Route {
                receiver: Some((*receiver).to_owned()),
                matchers: vec![Matcher::new("severity", *op, severity, false)?],
                ..Route::default()
            };
            Ok(route)
        });
        let routes = routes.collect::<Result<_, String>>()?;
        self.notify.route = Route {
            receiver: Some(first.to_owned()),
            routes,
            ..Route::default()
        };
        Ok(())
    }
}

fn secret(name: &str, set: Lookup<'_>) -> Option<Secret> {
    Secret::env(name, set).ok()
}

fn url(name: &str, set: Lookup<'_>) -> Result<Option<Secret>, String> {
    let secret = secret(name, set);
    if let Some(text) = secret.as_ref().and_then(Secret::known) {
        address::check(text).map_err(|problem| format!("{name}: {problem}"))?;
    }
    Ok(secret)
}

/// Refuses a variable that means nothing without another.
fn alone(name: &str, without: &str, set: Lookup<'_>) -> Result<(), String> {
    match set(name) {
        Some(_) => Err(format!("{name} is set, and {without} is not")),
        None => Ok(()),
    }
}

fn email(set: Lookup<'_>) -> Result<Option<Channel>, String> {
    let Some(host) = set("SMTP_HOST") else {
        let others = [
            "SMTP_PORT",
            "SMTP_USER",
            "SMTP_PASSWORD",
            "SMTP_FROM",
            "ALERT_EMAIL_TO",
        ];
        for name in others {
            alone(name, "SMTP_HOST", set)?;
        }
        return Ok(None);
    };
    if host.contains(|c: char| c.is_whitespace() || "[]/@".contains(c)) {
        return Err(format!("SMTP_HOST: `{host}` is no host"));
    }
    let port = set("SMTP_PORT").unwrap_or_else(|| "587".to_owned());
    if !port.parse().is_ok_and(|port: u16| port > 0) {
        return Err(format!("SMTP_PORT: `{port}` is no port"));
    }
    let to = set("ALERT_EMAIL_TO").ok_or("SMTP_HOST is set, and ALERT_EMAIL_TO is not")?;
    let to: Vec<&str> = to.split(',').map(str::trim).collect();
    if let Some(bad) = to.iter().find(|it| !is_mail(it)) {
        return Err(format!("ALERT_EMAIL_TO: `{bad}` is no address"));
    }
    let user = set("SMTP_USER");
    let from = set("SMTP_FROM").or_else(|| user.clone().filter(|it| is_mail(it)));
    let from = from.unwrap_or_else(|| to[0].to_owned());
    if !is_mail(&from) {
        return Err(format!("SMTP_FROM: `{from}` is no address"));
    }
    let password = secret("SMTP_PASSWORD", set);
    if user.is_some() != password.is_some() {
        return Err("SMTP_USER and SMTP_PASSWORD go together".to_owned());
    }
    let mut email = Email::new(to.join(", "), from, Smarthost::new(host, port));
    email.auth_username = user.unwrap_or_default();
    email.auth_password = password;
    Ok(Some(Channel::Email(email)))
}

/// An address as people have: one `@`, a name, a host, nothing that ends a header or begins another address.
pub(super) fn is_mail(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else {
        return false;
    };
    let odd = |c: char| !c.is_ascii_graphic() || "()<>[]:;@\\,\"".contains(c);
    let dots = |it: &str| it.split('.').all(|part| !part.is_empty());
    let named = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    !name.contains(odd) && dots(name) && dots(host) && host.chars().all(named)
}

fn slack(set: Lookup<'_>) -> Result<Option<Channel>, String> {
    let Some(url) = url("SLACK_WEBHOOK_URL", set)? else {
        alone("SLACK_CHANNEL", "SLACK_WEBHOOK_URL", set)?;
        return Ok(None);
    };
    let mut slack = Slack::new(url);
    slack.channel = set("SLACK_CHANNEL").unwrap_or_default();
    Ok(Some(Channel::Slack(slack)))
}

fn webhook(set: Lookup<'_>) -> Result<Option<Channel>, String> {
    let Some(url) = url("WEBHOOK_URL", set)? else {
        alone("WEBHOOK_AUTH_TOKEN", "WEBHOOK_URL", set)?;
        return Ok(None);
    };
    let mut webhook = Webhook::new(url);
    webhook.http.auth = secret("WEBHOOK_AUTH_TOKEN", set).map(Auth::bearer);
    Ok(Some(Channel::Webhook(webhook)))
}

fn key(set: Lookup<'_>) -> Result<Option<Channel>, String> {
    let key = secret("PAGERDUTY_INTEGRATION_KEY", set);
    Ok(key.map(|key| Channel::PagerDuty(PagerDuty::new(key))))
}
