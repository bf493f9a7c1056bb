//! How a channel reaches its server.

use std::path::PathBuf;

use super::Secret;

/// Says how requests are made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Http {
    /// What the header `Authorization` holds. Default: there is none.
    pub auth: Option<Auth>,
    /// The address of a proxy; a secret, since it may hold a password. Default: none.
    pub proxy: Option<Secret>,
    /// Whom to believe, and who we are.
    pub tls: Tls,
    /// Whether an answer may send elsewhere. Default: yes, as in Alertmanager.
    pub follow_redirects: bool,
    /// Whether HTTP/2 may be spoken. Default: yes, as in Alertmanager.
    pub http2: bool,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            auth: None,
            proxy: None,
            tls: Tls::default(),
            follow_redirects: true,
            http2: true,
        }
    }
}

/// Says who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A word such as `Bearer`, and what follows it.
    Header {
        /// The word.
        kind: String,
        /// What follows it.
        credentials: Option<Secret>,
    },
    /// A name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Option<Secret>,
    },
}

impl Auth {
    /// Sends a token after `Bearer`.
    #[must_use]
    pub fn bearer(token: Secret) -> Self {
        Self::Header {
            kind: "Bearer".to_owned(),
            credentials: Some(token),
        }
    }
}

/// Says how a connection is kept secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tls {
    /// A file of certificates, by PEM, that are believed instead of those of the system.
    pub ca_file: Option<PathBuf>,
    /// Our certificate, by PEM; with `key_file`.
    pub cert_file: Option<PathBuf>,
    /// Its key, by PEM.
    pub key_file: Option<PathBuf>,
    /// The name that the server's certificate must have. Default: that of the address.
    pub server_name: Option<String>,
    /// Believes every server. Default: no, unless it is said.
    pub insecure_skip_verify: bool,
    /// The oldest version that is spoken. Default: 1.2.
    pub min_version: Option<TlsVersion>,
}

/// Names a version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}
