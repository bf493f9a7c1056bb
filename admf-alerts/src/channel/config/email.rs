//! Mail.

use std::collections::BTreeMap;
use std::fmt;

use super::{Common, Secret, Tls};

/// Sets up mails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Email {
    /// What all channels are told.
    pub common: Common,
    /// Who is written to: addresses with commas between them; a template.
    pub to: String,
    /// Who writes; a template.
    pub from: String,
    /// The server that takes the mails.
    pub smarthost: Smarthost,
    /// What we call ourselves there. Default: `localhost`.
    pub hello: String,
    /// The name that we log in by; empty: we do not.
    pub auth_username: String,
    /// The password for `LOGIN` and `PLAIN`.
    pub auth_password: Option<Secret>,
    /// The secret for `CRAM-MD5`.
    pub auth_secret: Option<Secret>,
    /// Who we are for `PLAIN`, where that is not the name.
    pub auth_identity: String,
    /// Headers, by names whose words begin with capitals, that are added or take the place of ours; templates.
    pub headers: BTreeMap<String, String>,
    /// The text as HTML; a template. Empty: there is none.
    pub html: Option<String>,
    /// The text; a template. Empty: there is none.
    pub text: Option<String>,
    /// Whether a mail is only sent over TLS (`STARTTLS`; from the start on port 465). Default: yes.
    pub require_tls: bool,
    /// Whom to believe, and who we are.
    pub tls: Tls,
}

impl Email {
    /// Writes to addresses with commas between them.
    pub fn new(to: impl Into<String>, from: impl Into<String>, smarthost: Smarthost) -> Self {
        Self {
            common: Common::default(),
            to: to.into(),
            from: from.into(),
            smarthost,
            hello: "localhost".to_owned(),
            auth_username: String::new(),
            auth_password: None,
            auth_secret: None,
            auth_identity: String::new(),
            headers: BTreeMap::new(),
            html: None,
            text: None,
            require_tls: true,
            tls: Tls::default(),
        }
    }
}

/// Names a server for mails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Smarthost {
    /// Its name or address; an address of IPv6 without brackets.
    pub host: String,
    /// Its port, a number or a name such as `smtp`.
    pub port: String,
}

impl Smarthost {
    /// Names a server.
    pub fn new(host: impl Into<String>, port: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: port.into(),
        }
    }
}

/// As files write it: `mail.example:587`, `[::1]:25`.
impl fmt::Display for Smarthost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains([':', '%']) {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}
