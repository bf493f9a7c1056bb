//! What Slack is told, as attachments.

use serde::Serialize;

use super::level::Level;
use super::notice::{self, Notice, NoticeAlert};
use super::truncate;
use crate::notify::Batch;

/// The most attachments of one message.
const MOST: usize = 20;
/// The most characters of a title.
const TITLE: usize = 1_024;
/// The most characters of a text.
const TEXT: usize = 3_000;
/// The most characters of all texts: beyond about 13,000 a message is refused.
const ALL: usize = 9_000;

/// Holds a message for an incoming webhook of Slack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlackMessage {
    /// Where it goes: only webhooks of the old kind, which no app installed, look at it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// A text above the attachments: what a template of the channel's owner says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// One for each alert, at most 20.
    pub attachments: Vec<SlackAttachment>,
}

/// Holds an attachment: one alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlackAttachment {
    /// `danger`, `warning` or `good`; `#666666` for a severity that is not known.
    pub color: &'static str,
    /// `ADMF Alert: ` and the rule.
    pub title: String,
    /// What is shown where attachments are not.
    pub fallback: String,
    /// What of it is markup.
    pub mrkdwn_in: [&'static str; 1],
    /// When the alert began, in seconds since the Unix epoch.
    pub ts: u64,
    /// Severity, status, time and message.
    pub fields: [SlackField; 4],
    /// How many alerts were left out, at the last one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub footer: String,
}

/// Holds a field of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlackField {
    /// What it is.
    pub title: &'static str,
    /// Its text, escaped.
    pub value: String,
    /// Whether another one fits beside it.
    pub short: bool,
}

impl SlackMessage {
    /// Tells of a batch. Texts are escaped, and cut to what Slack takes.
    #[must_use]
    pub fn new(batch: &Batch, channel: &str) -> Self {
        let told = Notice::new(batch).alerts;
        let shown = told.len().min(MOST);
        // Message and title of each; the fallback is shown in their place.
        let room = (ALL / shown.max(1)).min(TEXT);
        let alerts = batch.alerts.iter().zip(&told).take(shown);
        let mut attachments: Vec<_> = alerts
            .map(|(alert, told)| {
                let level = Level::of(notice::severity(alert));
                let fires = alert.ends_at.is_none();
                let color = if fires { level.slack() } else { "good" };
                attachment(told, color, alert.starts_at.as_secs(), room)
            })
            .collect();
        if let Some(last) = attachments.last_mut().filter(|_| told.len() > shown) {
            last.footer = format!("and {} more alerts", told.len() - shown);
        }
        Self {
            channel: channel.to_owned(),
            text: String::new(),
            attachments,
        }
    }

    /// Puts a text above the attachments, cut to what Slack takes; it must be [escaped](slack_escaped).
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.text = truncate::chars(text, TEXT).0;
        self
    }
}

fn attachment(told: &NoticeAlert, color: &'static str, ts: u64, room: usize) -> SlackAttachment {
    let status = match told.status {
        "TRIGGERED" => "FIRING",
        other => other,
    };
    let (rule, severity) = (&told.rule, told.severity.to_lowercase());
    let fallback = format!("[{status}] {rule} {severity}: {}", told.message);
    let field = |title, value: &str, short| SlackField {
        title,
        value: cut(value, room),
        short,
    };
    SlackAttachment {
        color,
        title: cut(&format!("ADMF Alert: {rule}"), TITLE.min(room)),
        fallback: cut(&fallback, room),
        mrkdwn_in: ["text"],
        ts,
        fields: [
            field("Severity", &told.severity, true),
            field("Status", told.status, true),
            field("Time", &told.time, false),
            field("Message", &told.message, false),
        ],
        footer: String::new(),
    }
}

/// Escapes a text as Slack asks for it: `&`, `<` and `>`, nothing else.
#[must_use]
pub fn slack_escaped(text: &str) -> String {
    cut(text, usize::MAX)
}

/// Escapes a text, and cuts it to so many characters, not within an escape.
fn cut(text: &str, most: usize) -> String {
    let (mut cut, mut left) = (String::with_capacity(text.len()), most);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let (escape, taken) = match c {
            '&' => (Some("&amp;"), 5),
            '<' => (Some("&lt;"), 4),
            '>' => (Some("&gt;"), 4),
            _ => (None, 1),
        };
        // One is left for the ellipsis, unless this is the end.
        if taken + usize::from(rest.peek().is_some()) > left {
            cut.push('…');
            return cut;
        }
        left -= taken;
        match escape {
            Some(escape) => cut.push_str(escape),
            None => cut.push(c),
        }
    }
    cut
}
