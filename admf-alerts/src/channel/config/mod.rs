//! What each channel is told once: where it sends, who it is, how long it waits.
//!
//! Plain values. Texts that say so are [templates](crate::template::NoticeTemplate) over the batch, as in Alertmanager;
//! `None` is what the channel says by itself.

mod email;
mod http;
mod pagerduty;
mod place;
mod secret;
mod slack;
mod template;

use std::path::PathBuf;
use std::time::Duration;

pub use email::{Email, Smarthost};
pub use http::{Auth, Http, Tls, TlsVersion};
pub use pagerduty::{Link, PagerDuty};
pub use secret::{Origin, Secret};
pub use slack::{Action, Confirmation, Field, Slack};

use crate::notify::Integration;
use crate::template::Definitions;

/// Sets up one way in which a receiver is told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Channel {
    /// Mails.
    Email(Email),
    /// A message in Slack.
    Slack(Slack),
    /// A body posted to an address.
    Webhook(Webhook),
    /// An event for PagerDuty.
    PagerDuty(PagerDuty),
    /// Alerts for Alertmanagers.
    Alertmanager(Alertmanager),
    /// Lines on standard output or standard error.
    Console(Console),
    /// Lines in a file.
    File(File),
}

impl Channel {
    /// Returns what all kinds of channels are told.
    #[must_use]
    pub fn common(&self) -> &Common {
        match self {
            Self::Email(it) => &it.common,
            Self::Slack(it) => &it.common,
            Self::Webhook(it) => &it.common,
            Self::PagerDuty(it) => &it.common,
            Self::Alertmanager(it) => &it.common,
            Self::Console(it) => &it.common,
            Self::File(it) => &it.common,
        }
    }

    /// Returns what all kinds of channels are told, to change it.
    pub fn common_mut(&mut self) -> &mut Common {
        match self {
            Self::Email(it) => &mut it.common,
            Self::Slack(it) => &mut it.common,
            Self::Webhook(it) => &mut it.common,
            Self::PagerDuty(it) => &mut it.common,
            Self::Alertmanager(it) => &mut it.common,
            Self::Console(it) => &mut it.common,
            Self::File(it) => &mut it.common,
        }
    }

    /// Returns its kind: `email`, `slack`, `webhook`, `pagerduty`, `alertmanager`, `console` or `file`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Slack(_) => "slack",
            Self::Webhook(_) => "webhook",
            Self::PagerDuty(_) => "pagerduty",
            Self::Alertmanager(_) => "alertmanager",
            Self::Console(_) => "console",
            Self::File(_) => "file",
        }
    }

    /// Returns what the notifier is told of it.
    #[must_use]
    pub fn integration(&self) -> Integration {
        Integration {
            name: self.place(),
            send_resolved: self.common().send_resolved,
        }
    }
}

/// Says what all kinds of channels are told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Common {
    /// Whether it is told of what has ended. Default: yes; in a file of Alertmanager, mail and Slack: no.
    pub send_resolved: bool,
    /// Whether anything is sent by it. Default: yes.
    pub enabled: bool,
    /// How long one try may take. Default: 10 s.
    pub timeout: Duration,
    /// How it is tried again; `None`: as the notifier does, until the group's interval is over.
    pub retry: Option<Retry>,
    /// How much is sent by it at most; `None`: all.
    pub limit: Option<Limit>,
    /// What its texts may call by name. Default: the names that Alertmanager has.
    pub definitions: Definitions,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            send_resolved: true,
            enabled: true,
            timeout: Duration::from_secs(10),
            retry: None,
            limit: None,
            definitions: Definitions::default(),
        }
    }
}

/// Says how often a channel is tried again in one flush, and how long after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How many tries there are after the first.
    pub attempts: u32,
    /// How long until the next.
    pub delay: Duration,
}

impl Retry {
    /// How many tries there are, where only the delay is said.
    pub const ATTEMPTS: u32 = 3;
    /// How long until the next try, where only the tries are said.
    pub const DELAY: Duration = Duration::from_secs(30);
}

/// Says how much is sent by a channel at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many notices, from 1 on.
    pub notices: u32,
    /// In what time; more than 0.
    pub per: Duration,
}

/// Sets up a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Webhook {
    /// What all channels are told.
    pub common: Common,
    /// Where it is posted: a secret, since it often holds a token.
    pub url: Secret,
    /// How.
    pub http: Http,
    /// How many alerts a body holds at most; 0, the default: all.
    pub max_alerts: u64,
    /// What bodies are signed with. Default: they are not.
    pub signing_key: Option<Secret>,
}

impl Webhook {
    /// Posts to an address.
    pub fn new(url: impl Into<Secret>) -> Self {
        Self {
            common: Common::default(),
            url: url.into(),
            http: Http::default(),
            max_alerts: 0,
            signing_key: None,
        }
    }
}

/// Sets up Alertmanagers that are sent the alerts, by version 2 of their API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alertmanager {
    /// What all channels are told.
    pub common: Common,
    /// The addresses of all of a cluster, without `/api/v2/alerts`.
    pub urls: Vec<Secret>,
    /// How they are asked.
    pub http: Http,
}

impl Alertmanager {
    /// Sends to all of these.
    pub fn new<U: Into<Secret>>(urls: impl IntoIterator<Item = U>) -> Self {
        Self {
            common: Common::default(),
            urls: urls.into_iter().map(Into::into).collect(),
            http: Http::default(),
        }
    }
}

/// Sets up lines on standard output or standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Console {
    /// What all channels are told.
    pub common: Common,
    /// Whether they are on standard error. Default: on standard output.
    pub stderr: bool,
}

/// Sets up lines in a file, one for each notice, that is added to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// What all channels are told.
    pub common: Common,
    /// The file.
    pub path: PathBuf,
}

impl File {
    /// Adds to a file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            common: Common::default(),
            path: path.into(),
        }
    }
}
