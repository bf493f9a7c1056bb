//! What all receivers take over.

use std::time::Duration;

use super::fields::{Around, filled, given, length, truth};
use super::http;
use crate::channel::config::{Http, PagerDuty, Secret, Smarthost};
use crate::yaml::{At, Read};

const GLOBAL: &[&str] = &[
    "resolve_timeout",
    "http_config",
    "smtp_from",
    "smtp_hello",
    "smtp_smarthost",
    "smtp_auth_username",
    "smtp_auth_password",
    "smtp_auth_password_file",
    "smtp_auth_secret",
    "smtp_auth_identity",
    "smtp_require_tls",
    "slack_api_url",
    "slack_api_url_file",
    "pagerduty_url",
];

/// What all receivers take over that do not say it themselves.
pub(super) struct Global {
    pub(super) resolve_timeout: Option<Duration>,
    pub(super) http: Http,
    pub(super) from: Option<String>,
    pub(super) hello: String,
    pub(super) smarthost: Option<Smarthost>,
    pub(super) auth_username: String,
    pub(super) auth_password: Option<Secret>,
    pub(super) auth_secret: Option<Secret>,
    pub(super) auth_identity: String,
    pub(super) require_tls: bool,
    pub(super) slack: Option<Secret>,
    pub(super) pagerduty: Secret,
}

pub(super) fn global(at: &At<'_>, around: Around<'_>) -> Read<Global> {
    at.knows(GLOBAL)?;
    let pagerduty = around.address(at, "pagerduty_url", None)?;
    Ok(Global {
        resolve_timeout: length(at, "resolve_timeout")?,
        http: http::http(at, around)?.unwrap_or_default(),
        from: filled(at, "smtp_from")?,
        hello: filled(at, "smtp_hello")?.unwrap_or_else(|| "localhost".to_owned()),
        smarthost: smarthost(at, "smtp_smarthost")?,
        auth_username: given(at, "smtp_auth_username")?.unwrap_or_default(),
        auth_password: around.secret(at, "smtp_auth_password", "smtp_auth_password_file")?,
        auth_secret: around.plain_secret(at, "smtp_auth_secret")?,
        auth_identity: given(at, "smtp_auth_identity")?.unwrap_or_default(),
        require_tls: truth(at, "smtp_require_tls")?.unwrap_or(true),
        slack: around.address(at, "slack_api_url", Some("slack_api_url_file"))?,
        pagerduty: pagerduty.unwrap_or_else(|| Secret::new(PagerDuty::URL)),
    })
}

/// A host and a port: `mail.example:587`, `[::1]:25`.
pub(in crate::alertmanager_file) fn smarthost(at: &At<'_>, key: &str) -> Read<Option<Smarthost>> {
    let Some(text) = filled(at, key)? else {
        return Ok(None);
    };
    let here = at.get(key).expect("it was read");
    let parsed = parsed(&text);
    parsed
        .map(Some)
        .ok_or_else(|| here.refused(format!("`{text}` must be a host, a colon and a port")))
}

pub(in crate::alertmanager_file) fn parsed(text: &str) -> Option<Smarthost> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let odd =
        |it: &str| it.is_empty() || it.contains(|c: char| c.is_whitespace() || "[]".contains(c));
    (!odd(host) && !odd(port)).then(|| Smarthost::new(host, port))
}
