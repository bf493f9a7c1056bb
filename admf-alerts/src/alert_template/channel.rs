//! Channels that a template sets up.

use std::collections::BTreeMap;
use std::time::Duration;

use super::problem::Problem;
use crate::channel::config::Secret;

/// The kinds of channels there are.
const KINDS: &[&str] = &[
    "alertmanager",
    "console",
    "email",
    "pagerduty",
    "slack",
    "webhook",
];

/// Sets up a channel that alerts are sent by.
///
/// The rules carry its name; who sends finds it by that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Channel {
    /// `alertmanager`, `console`, `email`, `pagerduty`, `slack` or `webhook`.
    pub kind: String,
    /// Its name, unlike those of all channels that are set up in another way.
    pub name: String,
    /// What its kind needs to be told.
    pub config: BTreeMap<String, Setting>,
    /// Whether anything is sent by it. Default: yes.
    pub enabled: bool,
    /// How often it is tried again; `None`: as who sends has it.
    pub retry_attempts: Option<u32>,
    /// How long until it is tried again; `None`: as who sends has it.
    pub retry_delay: Option<Duration>,
}

impl Channel {
    /// Sets up a channel that needs to be told nothing.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
            enabled: true,
            ..Self::default()
        }
    }

    /// Tells it something.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<Setting>) -> Self {
        self.config.insert(key.into(), value.into());
        self
    }

    /// Sets how often it is tried again, and how long after.
    #[must_use]
    pub fn retry(mut self, attempts: u32, delay: Duration) -> Self {
        self.retry_attempts = Some(attempts);
        self.retry_delay = Some(delay);
        self
    }

    /// Sends nothing by it.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Problem> {
        if !KINDS.contains(&self.kind.as_str()) {
            let problem = format!("no kind of channel; there are `{}`", KINDS.join("`, `"));
            return Err(Problem::new("type", &self.kind, problem));
        }
        match self.name.is_empty() {
            true => Err(Problem::new("name", "", "must be set")),
            false => Ok(()),
        }
    }
}

/// Says by which channel a template sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// One that is set up elsewhere, by its name.
    Named(String),
    /// One that it sets up.
    Own(Channel),
}

impl Via {
    /// Returns the name of the channel.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Own(channel) => &channel.name,
        }
    }
}

impl From<&str> for Via {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<Channel> for Via {
    fn from(channel: Channel) -> Self {
        Self::Own(channel)
    }
}

/// Holds what a channel is told: a text, several, or several with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A text.
    Text(Secret),
    /// Texts, such as the recipients of a mail.
    List(Vec<Secret>),
    /// Texts with names, such as headers.
    Map(BTreeMap<String, Secret>),
}

impl Setting {
    /// Returns the text, where it is one and in no file.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.known(),
            _ => None,
        }
    }
}

impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        Self::Text(Secret::new(text))
    }
}

/// Puts variables in the places of their names: `${NAME}`; `$${` is a `${` that is none.
pub(super) fn filled(
    text: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Secret, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = after;
            continue;
        }
        let name = after.split_once('}');
        let name = name.filter(|it| crate::scan::is_label_name(it.0));
        let Some((name, after)) = name else {
            return Err("`${` must be followed by a name and `}`; `$${` is a plain one".to_owned());
        };
        let value = variable(name);
        filled.push_str(before);
        filled.push_str(&value.ok_or_else(|| format!("the variable `{name}` is not set"))?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(Secret::new(filled))
}
