//! `http_config` and `tls_config`.

use super::fields::{Around, filled, given, truth};
use crate::channel::config::{Auth, Http, Tls, TlsVersion};
use crate::yaml::{At, Read};

const HTTP: &[&str] = &[
    "basic_auth",
    "authorization",
    "oauth2",
    "bearer_token",
    "bearer_token_file",
    "proxy_url",
    "tls_config",
    "follow_redirects",
    "enable_http2",
];
const TLS: &[&str] = &[
    "ca_file",
    "cert_file",
    "key_file",
    "server_name",
    "insecure_skip_verify",
    "min_version",
    "max_version",
];

/// The `http_config` of a receiver, or of all.
pub(in crate::alertmanager_file) fn http(at: &At<'_>, around: Around<'_>) -> Read<Option<Http>> {
    let Some(at) = at.some("http_config") else {
        return Ok(None);
    };
    at.knows(HTTP)?;
    if let Some(oauth) = at.some("oauth2") {
        return Err(oauth.refused("is not known here"));
    }
    let proxy = around.address(&at, "proxy_url", None)?;
    let tls = at
        .some("tls_config")
        .map(|tls| self::tls(&tls, around))
        .transpose()?;
    Ok(Some(Http {
        auth: auth(&at, around)?,
        proxy,
        tls: tls.unwrap_or_default(),
        follow_redirects: truth(&at, "follow_redirects")?.unwrap_or(true),
        http2: truth(&at, "enable_http2")?.unwrap_or(true),
    }))
}

fn auth(at: &At<'_>, around: Around<'_>) -> Read<Option<Auth>> {
    let bearer = around.in_folder(at, "bearer_token", "bearer_token_file")?;
    let basic = at
        .some("basic_auth")
        .map(|at| basic(&at, around))
        .transpose()?;
    let header = at
        .some("authorization")
        .map(|at| header(&at, around))
        .transpose()?;
    let mut all = [bearer.map(Auth::bearer), basic, header]
        .into_iter()
        .flatten();
    let first = all.next();
    match all.next() {
        None => Ok(first),
        Some(_) => Err(at.refused(
            "there must be at most one of `bearer_token`, `basic_auth` and `authorization`",
        )),
    }
}

fn basic(at: &At<'_>, around: Around<'_>) -> Read<Auth> {
    at.knows(&["username", "password", "password_file"])?;
    Ok(Auth::Basic {
        user: given(at, "username")?.unwrap_or_default(),
        password: around.in_folder(at, "password", "password_file")?,
    })
}

fn header(at: &At<'_>, around: Around<'_>) -> Read<Auth> {
    at.knows(&["type", "credentials", "credentials_file"])?;
    let kind = filled(at, "type")?.unwrap_or_default();
    let kind = match kind.trim() {
        "" => "Bearer",
        kind if kind.eq_ignore_ascii_case("basic") => {
            let here = at.get("type").expect("it was read");
            return Err(here.refused("`basic` is said by `basic_auth`"));
        }
        kind => kind,
    };
    Ok(Auth::Header {
        kind: kind.to_owned(),
        credentials: around.in_folder(at, "credentials", "credentials_file")?,
    })
}

pub(in crate::alertmanager_file) fn tls(at: &At<'_>, around: Around<'_>) -> Read<Tls> {
    at.knows(TLS)?;
    if let Some(version) = at.some("max_version") {
        return Err(version.refused("is not known here"));
    }
    let min_version = match at.text("min_version")? {
        None | Some("") => None,
        Some("TLS12") => Some(TlsVersion::Tls12),
        Some("TLS13") => Some(TlsVersion::Tls13),
        Some(_) => {
            let here = at.get("min_version").expect("it was read");
            return Err(here.refused("must be `TLS12` or `TLS13`: older ones are not spoken here"));
        }
    };
    let tls = Tls {
        ca_file: around.path(at, "ca_file")?,
        cert_file: around.path(at, "cert_file")?,
        key_file: around.path(at, "key_file")?,
        server_name: filled(at, "server_name")?,
        insecure_skip_verify: truth(at, "insecure_skip_verify")?.unwrap_or(false),
        min_version,
    };
    match tls.cert_file.is_some() == tls.key_file.is_some() {
        true => Ok(tls),
        false => Err(at.refused("`cert_file` and `key_file` go together")),
    }
}
