//! Receivers and their channels.

use std::collections::BTreeMap;

use super::fields::{Around, filled, given, there, truth};
use super::global::{Global, smarthost};
use super::{http, slack, templates};
use crate::channel::config::{Channel, Common, Email, Link, PagerDuty, Webhook};
use crate::template::Definitions;
use crate::yaml::{At, Kind, Read};

/// The kinds that are known here, in the order in which Alertmanager asks them.
const KINDS: [&str; 4] = [
    "webhook_configs",
    "email_configs",
    "pagerduty_configs",
    "slack_configs",
];
/// Kinds of Alertmanager 0.25 that are not.
const LACKED: [&str; 8] = [
    "opsgenie_configs",
    "victorops_configs",
    "pushover_configs",
    "wechat_configs",
    "sns_configs",
    "telegram_configs",
    "webex_configs",
    "discord_configs",
];

/// The name of a receiver, and its channels in Alertmanager's order.
pub(super) fn receiver(
    at: &At<'_>,
    global: &Global,
    around: Around<'_>,
    definitions: &Definitions,
) -> Read<(String, Vec<Channel>)> {
    there(at)?;
    for kind in LACKED {
        if let Some(here) = at.get(kind) {
            return Err(here.refused("this kind of receiver is not known here"));
        }
    }
    at.knows(&["name", KINDS[0], KINDS[1], KINDS[2], KINDS[3]])?;
    let Some(name) = filled(at, "name")? else {
        return Err(at.refused("a receiver must have a name"));
    };
    let mut channels = Vec::new();
    for kind in KINDS {
        for at in at.list(kind)? {
            there(&at)?;
            let mut channel = match kind {
                "webhook_configs" => Channel::Webhook(webhook(&at, global, around)?),
                "email_configs" => Channel::Email(email(&at, global, around)?),
                "pagerduty_configs" => Channel::PagerDuty(pagerduty(&at, global, around)?),
                _ => Channel::Slack(slack::slack(&at, global, around)?),
            };
            channel.common_mut().definitions = definitions.clone();
            templates::check(&at, &channel)?;
            channels.push(channel);
        }
    }
    Ok((name, channels))
}

pub(super) fn common(at: &At<'_>, send_resolved: bool) -> Read<Common> {
    Ok(Common {
        send_resolved: truth(at, "send_resolved")?.unwrap_or(send_resolved),
        ..Common::default()
    })
}

fn webhook(at: &At<'_>, global: &Global, around: Around<'_>) -> Read<Webhook> {
    at.knows(&["send_resolved", "http_config", "url", "max_alerts"])?;
    let Some(url) = around.address(at, "url", None)? else {
        return Err(at.refused("there is no `url`"));
    };
    let max_alerts = at.some("max_alerts").map(|at| match &at.node.kind {
        Kind::Scalar(text, true) if !text.starts_with('+') => text
            .parse()
            .map_err(|_| at.refused("must be a whole number from 0 on")),
        _ => Err(at.refused("must be a whole number from 0 on")),
    });
    Ok(Webhook {
        common: common(at, true)?,
        http: http::http(at, around)?.unwrap_or_else(|| global.http.clone()),
        max_alerts: max_alerts.transpose()?.unwrap_or(0),
        ..Webhook::new(url)
    })
}

const EMAIL: &[&str] = &[
    "send_resolved",
    "to",
    "from",
    "hello",
    "smarthost",
    "auth_username",
    "auth_password",
    "auth_password_file",
    "auth_secret",
    "auth_identity",
    "headers",
    "html",
    "text",
    "require_tls",
    "tls_config",
];

fn email(at: &At<'_>, global: &Global, around: Around<'_>) -> Read<Email> {
    at.knows(EMAIL)?;
    let lacks = |what: &str| at.refused(format!("there is no `{what}`, here or in `global`"));
    let to = filled(at, "to")?.ok_or_else(|| at.refused("there is no `to`"))?;
    let from = filled(at, "from")?.or_else(|| global.from.clone());
    let from = from.ok_or_else(|| lacks("smtp_from"))?;
    let smarthost = smarthost(at, "smarthost")?.or_else(|| global.smarthost.clone());
    let smarthost = smarthost.ok_or_else(|| lacks("smtp_smarthost"))?;
    let or = |key, global: &String| Ok(filled(at, key)?.unwrap_or_else(|| global.clone()));
    let password = around.secret(at, "auth_password", "auth_password_file")?;
    let secret = around.plain_secret(at, "auth_secret")?;
    // What these are relative to is not the file's folder, for Alertmanager.
    let plain = Around {
        folder: std::path::Path::new(""),
        ..around
    };
    let tls = at.some("tls_config").map(|tls| http::tls(&tls, plain));
    Ok(Email {
        common: common(at, false)?,
        hello: or("hello", &global.hello)?,
        auth_username: or("auth_username", &global.auth_username)?,
        auth_password: password.or_else(|| global.auth_password.clone()),
        auth_secret: secret.or_else(|| global.auth_secret.clone()),
        auth_identity: or("auth_identity", &global.auth_identity)?,
        headers: headers(at)?,
        html: given(at, "html")?,
        text: given(at, "text")?,
        require_tls: truth(at, "require_tls")?.unwrap_or(global.require_tls),
        tls: tls.transpose()?.unwrap_or_default(),
        ..Email::new(to, from, smarthost)
    })
}

/// Headers by the names that they have in a mail; each once.
fn headers(at: &At<'_>) -> Read<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    for (name, value) in at.texts("headers")? {
        let here = || {
            at.get("headers")
                .and_then(|at| at.get(&name))
                .expect("it was read")
        };
        let odd = |c: char| !c.is_ascii_graphic() || c == ':';
        if name.is_empty() || name.contains(odd) {
            return Err(here().refused(format!("`{name}` is no name of a header")));
        }
        if headers.insert(titled(&name), value).is_some() {
            return Err(here().refused(format!("the header `{}` is there twice", titled(&name))));
        }
    }
    Ok(headers)
}

fn titled(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
    });
    words.collect::<Vec<_>>().join("-")
}

const PAGERDUTY: &[&str] = &[
    "send_resolved",
    "http_config",
    "service_key",
    "service_key_file",
    "routing_key",
    "routing_key_file",
    "url",
    "client",
    "client_url",
    "description",
    "details",
    "images",
    "links",
    "severity",
    "class",
    "component",
    "group",
];

fn pagerduty(at: &At<'_>, global: &Global, around: Around<'_>) -> Read<PagerDuty> {
    at.knows(PAGERDUTY)?;
    for key in ["service_key", "service_key_file"] {
        if filled(at, key)?.is_some() {
            let here = at.get(key).expect("it was read");
            return Err(here.refused("version 1 of the API is not known here; use `routing_key`"));
        }
    }
    let Some(key) = around.secret(at, "routing_key", "routing_key_file")? else {
        return Err(at.refused("there is no `routing_key`"));
    };
    let url = around.address(at, "url", None)?;
    Ok(PagerDuty {
        common: common(at, true)?,
        url: url.unwrap_or_else(|| global.pagerduty.clone()),
        http: http::http(at, around)?.unwrap_or_else(|| global.http.clone()),
        client: given(at, "client")?,
        client_url: given(at, "client_url")?,
        description: given(at, "description")?,
        severity: given(at, "severity")?,
        details: at.texts("details")?,
        images: links(at, "images", &["src", "alt", "href"])?,
        links: links(at, "links", &["href", "text"])?,
        class: given(at, "class")?,
        component: given(at, "component")?,
        group: given(at, "group")?,
        ..PagerDuty::new(key)
    })
}

fn links(at: &At<'_>, key: &str, keys: &[&str]) -> Read<Vec<Link>> {
    let links = at.list(key)?.into_iter().map(|at| {
        there(&at)?;
        at.knows(keys)?;
        let text = |key| given(&at, key).map(Option::unwrap_or_default);
        Ok(Link {
            href: text("href")?,
            text: text("text")?,
            src: text("src")?,
            alt: text("alt")?,
        })
    });
    links.collect()
}
