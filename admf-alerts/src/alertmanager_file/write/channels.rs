//! Receivers.

use std::path::Path;

use super::SetupError;
use super::tree::{Map, Yaml};
use crate::channel::config::{
    Action, Auth, Channel, Email, Field, Http, Link, Origin, PagerDuty, Secret, Slack, Tls,
    TlsVersion, Webhook,
};

type Written = Result<Yaml, SetupError>;

pub(super) fn receiver<'c>(name: &str, channels: impl Iterator<Item = &'c Channel>) -> Written {
    let mut kinds: [(&str, Vec<Yaml>); 4] = [
        ("webhook_configs", Vec::new()),
        ("email_configs", Vec::new()),
        ("pagerduty_configs", Vec::new()),
        ("slack_configs", Vec::new()),
    ];
    for channel in channels {
        match channel {
            Channel::Webhook(it) => kinds[0].1.push(webhook(it)?),
            Channel::Email(it) => kinds[1].1.push(email(it)?),
            Channel::PagerDuty(it) => kinds[2].1.push(pagerduty(it)?),
            Channel::Slack(it) => kinds[3].1.push(slack(it)?),
            // These are losses.
            Channel::Alertmanager(_) | Channel::Console(_) | Channel::File(_) => {}
        }
    }
    let mut map = Map::default();
    map.set("name", Yaml::Text(name.to_owned()));
    for (kind, all) in kinds {
        map.filled(kind, Yaml::List(all));
    }
    Ok(map.done())
}

fn webhook(of: &Webhook) -> Written {
    let mut map = Map::default();
    map.truth("send_resolved", of.common.send_resolved, true);
    http(&of.http, &mut map)?;
    map.secret("url", None, &of.url, true);
    if of.max_alerts > 0 {
        map.set("max_alerts", Yaml::Plain(of.max_alerts.to_string()));
    }
    Ok(map.done())
}

fn email(of: &Email) -> Written {
    let smarthost = of.smarthost.to_string();
    for (key, value) in [("to", &of.to), ("from", &of.from)] {
        if value.is_empty() {
            return Err(SetupError::new(key, "must not be empty"));
        }
    }
    if super::super::read::smarthost(&smarthost).as_ref() != Some(&of.smarthost) {
        return Err(SetupError::new(
            "smarthost",
            format!("`{smarthost}` is no host and port"),
        ));
    }
    let mut map = Map::default();
    map.truth("send_resolved", of.common.send_resolved, false);
    map.text("to", &of.to);
    map.text("from", &of.from);
    map.text("smarthost", &smarthost);
    if of.hello != "localhost" {
        map.text("hello", &of.hello);
    }
    map.text("auth_username", &of.auth_username);
    if let Some(password) = &of.auth_password {
        map.secret("auth_password", Some("auth_password_file"), password, false);
    }
    if let Some(secret) = &of.auth_secret {
        map.secret("auth_secret", None, secret, false);
    }
    map.text("auth_identity", &of.auth_identity);
    map.filled("headers", Yaml::map(&of.headers));
    map.maybe("html", of.html.as_ref());
    map.maybe("text", of.text.as_ref());
    map.truth("require_tls", of.require_tls, true);
    map.filled("tls_config", tls(&of.tls, false)?);
    Ok(map.done())
}

fn pagerduty(of: &PagerDuty) -> Written {
    let mut map = Map::default();
    map.truth("send_resolved", of.common.send_resolved, true);
    http(&of.http, &mut map)?;
    map.secret(
        "routing_key",
        Some("routing_key_file"),
        &of.routing_key,
        false,
    );
    if of.url.known() == Some(PagerDuty::URL) {
        map.text("url", PagerDuty::URL);
    } else {
        map.secret("url", None, &of.url, true);
    }
    map.maybe("client", of.client.as_ref());
    map.maybe("client_url", of.client_url.as_ref());
    map.maybe("description", of.description.as_ref());
    map.maybe("severity", of.severity.as_ref());
    map.filled("details", Yaml::map(&of.details));
    map.filled("images", links(&of.images));
    map.filled("links", links(&of.links));
    map.maybe("class", of.class.as_ref());
    map.maybe("component", of.component.as_ref());
    map.maybe("group", of.group.as_ref());
    Ok(map.done())
}

fn links(of: &[Link]) -> Yaml {
    let links = of.iter().map(|it| {
        let mut map = Map::default();
        map.text("href", &it.href);
        map.text("text", &it.text);
        map.text("src", &it.src);
        map.text("alt", &it.alt);
        map.done()
    });
    Yaml::List(links.collect())
}

fn slack(of: &Slack) -> Written {
    let mut map = Map::default();
    map.truth("send_resolved", of.common.send_resolved, false);
    http(&of.http, &mut map)?;
    map.secret("api_url", Some("api_url_file"), &of.api_url, true);
    map.text("channel", &of.channel);
    let texts = [
        ("username", &of.username),
        ("color", &of.color),
        ("title", &of.title),
        ("title_link", &of.title_link),
        ("pretext", &of.pretext),
        ("text", &of.text),
        ("footer", &of.footer),
        ("fallback", &of.fallback),
        ("callback_id", &of.callback_id),
        ("icon_emoji", &of.icon_emoji),
        ("icon_url", &of.icon_url),
        ("image_url", &of.image_url),
        ("thumb_url", &of.thumb_url),
    ];
    for (key, text) in texts {
        map.maybe(key, text.as_ref());
    }
    map.filled("fields", Yaml::List(of.fields.iter().map(field).collect()));
    map.truth("short_fields", of.short_fields, false);
    map.truth("link_names", of.link_names, false);
    if let Some(names) = &of.mrkdwn_in {
        map.set("mrkdwn_in", Yaml::texts(names));
    }
    map.filled(
        "actions",
        Yaml::List(of.actions.iter().map(action).collect()),
    );
    Ok(map.done())
}

fn field(of: &Field) -> Yaml {
    let mut map = Map::default();
    map.text("title", &of.title);
    map.text("value", &of.value);
    if let Some(short) = of.short {
        map.set("short", Yaml::Plain(short.to_string()));
    }
    map.done()
}

fn action(of: &Action) -> Yaml {
    let mut map = Map::default();
    let texts = [
        ("type", &of.kind),
        ("text", &of.text),
        ("url", &of.url),
        ("style", &of.style),
        ("name", &of.name),
        ("value", &of.value),
    ];
    for (key, text) in texts {
        map.text(key, text);
    }
    if let Some(of) = &of.confirm {
        let mut confirm = Map::default();
        confirm.text("text", &of.text);
        confirm.text("title", &of.title);
        confirm.text("ok_text", &of.ok_text);
        confirm.text("dismiss_text", &of.dismiss_text);
        map.set("confirm", confirm.done());
    }
    map.done()
}

fn http(of: &Http, into: &mut Map) -> Result<(), SetupError> {
    let mut map = Map::default();
    match &of.auth {
        Some(Auth::Basic { user, password }) => {
            let mut basic = Map::default();
            basic.set("username", Yaml::Text(user.clone()));
            credentials(password.as_ref(), "password", "password_file", &mut basic)?;
            map.set("basic_auth", basic.done());
        }
        Some(Auth::Header {
            kind,
            credentials: secret,
        }) => {
            let mut header = Map::default();
            header.set("type", Yaml::Text(kind.clone()));
            credentials(
                secret.as_ref(),
                "credentials",
                "credentials_file",
                &mut header,
            )?;
            map.set("authorization", header.done());
        }
        None => {}
    }
    if let Some(proxy) = &of.proxy {
        map.secret("proxy_url", None, proxy, true);
    }
    map.filled("tls_config", tls(&of.tls, true)?);
    map.truth("follow_redirects", of.follow_redirects, true);
    map.truth("enable_http2", of.http2, true);
    into.filled("http_config", map.done());
    Ok(())
}

fn credentials(
    secret: Option<&Secret>,
    key: &str,
    file: &str,
    map: &mut Map,
) -> Result<(), SetupError> {
    let Some(secret) = secret else {
        return Ok(());
    };
    if let Origin::File(path) = secret.origin() {
        path_of(file, path, true)?;
    }
    map.secret(key, Some(file), secret, false);
    Ok(())
}

fn tls(of: &Tls, absolute: bool) -> Written {
    let mut map = Map::default();
    for (key, path) in [
        ("ca_file", &of.ca_file),
        ("cert_file", &of.cert_file),
        ("key_file", &of.key_file),
    ] {
        if let Some(path) = path {
            map.text(key, &path_of(key, path, absolute)?);
        }
    }
    map.maybe("server_name", of.server_name.as_ref());
    map.truth("insecure_skip_verify", of.insecure_skip_verify, false);
    if let Some(version) = of.min_version {
        let text = match version {
            TlsVersion::Tls12 => "TLS12",
            TlsVersion::Tls13 => "TLS13",
        };
        map.text("min_version", text);
    }
    Ok(map.done())
}

/// Alertmanager takes paths of `http_config` for those of its file's folder, which is not known here.
pub(super) fn path_of(key: &str, path: &Path, absolute: bool) -> Result<String, SetupError> {
    let text = path
        .to_str()
        .ok_or_else(|| SetupError::new(key, "the path is no UTF-8"))?;
    match absolute && path.is_relative() {
        true => Err(SetupError::new(
            key,
            format!("`{text}` must be an absolute path"),
        )),
        false => Ok(text.to_owned()),
    }
}
