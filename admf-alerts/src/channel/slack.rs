//! What Slack is told, as attachments.

use serde::Serialize;

use super::level::Level;
use super::notice::{self, Notice, NoticeAlert};
use crate::notify::Batch;

/// The most attachments of one message.
const MOST: usize = 20;
/// The most characters of a title.
pub(super) const TITLE: usize = 1_024;
/// The most characters of a text.
const TEXT: usize = 3_000;
/// The most characters of all texts: beyond about 13,000 a message is refused.
const ALL: usize = 9_000;

/// Holds a message for an incoming webhook of Slack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlackMessage {
    /// Where it goes: only webhooks of the old kind, which no app installed, look at it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// Who writes; webhooks of apps do not heed it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// A picture of who writes, by its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub icon_emoji: String,
    /// The address of one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub icon_url: String,
    /// Whether names of channels and people lead to them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub link_names: bool,
    /// One for each alert, at most 20; or one for all, where the channel's owner words it.
    pub attachments: Vec<SlackAttachment>,
}

/// Holds an attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlackAttachment {
    /// `danger`, `warning` or `good`; `#666666` for a severity that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub color: String,
    /// `ADMF Alert: ` and the rule.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Where it leads.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title_link: String,
    /// The text before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pretext: String,
    /// The text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What is shown where attachments are not.
    pub fallback: String,
    /// Names the message for the buttons.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub callback_id: String,
    /// What of it is markup.
    pub mrkdwn_in: Vec<String>,
    /// When the alert began, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<u64>,
    /// Severity, status, time and message.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<SlackField>,
    /// Buttons and links.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<SlackAction>,
    /// The address of a picture.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_url: String,
    /// The address of a small picture.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub thumb_url: String,
    /// How many alerts were left out, at the last one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub footer: String,
}

/// Holds a field of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlackField {
    /// What it is.
    pub title: String,
    /// Its text; escaped, where it is not worded by the channel's owner.
    pub value: String,
    /// Whether another one fits beside it.
    pub short: bool,
}

/// Holds a button or a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlackAction {
    /// `button`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What stands on it.
    pub text: String,
    /// Where it leads.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// How it looks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub style: String,
    /// What it is called.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What is asked before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<SlackConfirmation>,
}

/// Holds what is asked before an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlackConfirmation {
    /// What is asked.
    pub text: String,
    /// Above it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// On the button that goes on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ok_text: String,
    /// On the one that does not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dismiss_text: String,
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
            attachments,
            ..Self::default()
        }
    }
}

impl SlackAttachment {
    /// One that tells of all alerts of a batch, in place of which the words of the channel's owner are put.
    pub(super) fn of_all(batch: &Batch) -> Self {
        let notice = Notice::new(batch);
        let lines: Vec<String> = notice.alerts.iter().map(line).collect();
        let level = Level::of(notice::worst(batch));
        let color = if batch.is_firing() {
            level.slack()
        } else {
            "good"
        };
        Self {
            color: color.to_owned(),
            title: cut(&format!("ADMF Alert: {}", notice.rule), TITLE),
            fallback: cut(&lines.join("\n"), TEXT),
            text: cut(&lines.join("\n"), TEXT),
            ..Self::default()
        }
    }
}

fn line(told: &NoticeAlert) -> String {
    let status = match told.status {
        "TRIGGERED" => "FIRING",
        other => other,
    };
    let severity = told.severity.to_lowercase();
    format!("[{status}] {} {severity}: {}", told.rule, told.message)
}

fn attachment(told: &NoticeAlert, color: &str, ts: u64, room: usize) -> SlackAttachment {
    let field = |title: &str, value: &str, short| SlackField {
        title: title.to_owned(),
        value: cut(value, room),
        short,
    };
    SlackAttachment {
        color: color.to_owned(),
        title: cut(&format!("ADMF Alert: {}", told.rule), TITLE.min(room)),
        fallback: cut(&line(told), room),
        mrkdwn_in: vec!["text".to_owned()],
        ts: Some(ts),
        fields: vec![
            field("Severity", &told.severity, true),
            field("Status", told.status, true),
            field("Time", &told.time, false),
            field("Message", &told.message, false),
        ],
        ..SlackAttachment::default()
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
