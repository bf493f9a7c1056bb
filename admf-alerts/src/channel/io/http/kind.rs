//! Which service it is, and what of it can be set.

use crate::channel::config::{Channel, PagerDuty, Secret, Slack, Webhook};
use crate::channel::template::{ChannelTemplate, TextKind};

/// A service, what it is told once, and its templates.
pub(super) enum Kind {
    Slack {
        url: Secret,
        channel: String,
        text: Option<ChannelTemplate>,
    },
    PagerDuty {
        url: Secret,
        key: Secret,
        summary: Option<ChannelTemplate>,
    },
    Webhook(Box<Webhook>),
    Alertmanager(Vec<Secret>),
}

impl Kind {
    pub(super) fn new(channel: &Channel) -> Result<Self, String> {
        Ok(match channel {
            Channel::Slack(it) => slack(it)?,
            Channel::PagerDuty(it) => pagerduty(it)?,
            Channel::Webhook(it) => Self::Webhook(Box::new(it.clone())),
            Channel::Alertmanager(it) if it.urls.is_empty() => {
                return Err("`urls` is empty".to_owned());
            }
            Channel::Alertmanager(it) => Self::Alertmanager(it.urls.clone()),
            other => {
                return Err(format!(
                    "nothing is posted to a channel of kind `{}`",
                    other.kind()
                ));
            }
        })
    }
}

fn slack(config: &Slack) -> Result<Kind, String> {
    let plain = Slack {
        common: config.common.clone(),
        http: config.http.clone(),
        ..Slack::new(config.api_url.clone())
    };
    let rest = Slack {
        channel: String::new(),
        text: None,
        ..config.clone()
    };
    if rest != plain {
        return Err("of Slack's texts only `text` can be set".to_owned());
    }
    Ok(Kind::Slack {
        url: config.api_url.clone(),
        channel: config.channel.clone(),
        text: template("text", config.text.as_deref(), TextKind::Slack)?,
    })
}

fn pagerduty(config: &PagerDuty) -> Result<Kind, String> {
    let plain = PagerDuty {
        common: config.common.clone(),
        http: config.http.clone(),
        url: config.url.clone(),
        ..PagerDuty::new(config.routing_key.clone())
    };
    let rest = PagerDuty {
        description: None,
        ..config.clone()
    };
    if rest != plain {
        return Err("of PagerDuty's texts only `description` can be set".to_owned());
    }
    Ok(Kind::PagerDuty {
        url: config.url.clone(),
        key: config.routing_key.clone(),
        summary: template(
            "description",
            config.description.as_deref(),
            TextKind::Plain,
        )?,
    })
}

fn template(
    field: &str,
    text: Option<&str>,
    kind: TextKind,
) -> Result<Option<ChannelTemplate>, String> {
    let template = text
        .map(|text| ChannelTemplate::new(text, kind))
        .transpose();
    template.map_err(|error| format!("`{field}`: {error}"))
}
