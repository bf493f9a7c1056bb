//! Which service it is, and what of it can be set.

use crate::channel::config::{Channel, Secret, Webhook};
use crate::channel::texts::{PagerDutyTexts, SlackTexts, TextError};

/// A service, what it is told once, and its texts.
pub(super) enum Kind {
    Slack {
        url: Secret,
        texts: Box<SlackTexts>,
    },
    PagerDuty {
        url: Secret,
        key: Secret,
        texts: Box<PagerDutyTexts>,
    },
    Webhook(Box<Webhook>),
    Alertmanager(Vec<Secret>),
}

impl Kind {
    pub(super) fn new(channel: &Channel) -> Result<Self, String> {
        let said = |error: TextError| error.to_string();
        Ok(match channel {
            Channel::Slack(it) => Self::Slack {
                url: it.api_url.clone(),
                texts: Box::new(SlackTexts::new(it).map_err(said)?),
            },
            Channel::PagerDuty(it) => Self::PagerDuty {
                url: it.url.clone(),
                key: it.routing_key.clone(),
                texts: Box::new(PagerDutyTexts::new(it).map_err(said)?),
            },
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
