//! What each kind of channel is sent, and what its answers mean.
//!
//! Nothing here does input or output, but [`config::Secret::expose`], which reads the file of a secret, and `io` (feature
//! `channels`), which sends.

mod alertmanager;
mod answer;
pub mod config;
mod email;
#[cfg(feature = "channels")]
mod encoding;
mod incident;
#[cfg(feature = "channels")]
pub mod io;
mod key;
mod level;
mod line;
mod notice;
mod pagerduty;
mod redact;
mod slack;
mod slack_answer;
mod template;
#[cfg(test)]
mod tests;
pub(crate) mod time;
mod truncate;
mod webhook;

pub use alertmanager::AlertmanagerAlert;
pub use answer::{Answer, Failure, http};
pub use email::EmailContent;
pub use incident::{acknowledge, change_event, events};
pub use key::{idempotency_key, signature};
pub use line::{console, json_line};
pub use notice::{Notice, NoticeAlert};
pub use pagerduty::{
    Change, ChangeEvent, Event, EventAction, PAGERDUTY_MAX_BYTES, Payload, SUMMARY_MAX_CHARS,
    change_url, dedup_key,
};
pub use redact::Redaction;
pub use slack::{SlackAttachment, SlackField, SlackMessage, slack_escaped};
pub use slack_answer::slack_answer;
pub use template::{ChannelTemplate, TextKind};
pub use truncate::{bytes as truncate_bytes, chars as truncate_chars};
pub use webhook::{Webhook, WebhookAlert};
