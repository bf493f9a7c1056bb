//! What a mail says.

mod html;
#[cfg(feature = "channels")]
pub(super) mod message;

use super::key::hex;
use super::level::Level;
use super::notice::{self, Notice};
use super::time::day;
use crate::notify::Batch;
use sha2::{Digest, Sha256};

/// Holds what a mail says, but for sender, recipient, date and its own name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmailContent {
    /// `ADMF Alert: {rule} - {SEVERITY}`, without line breaks.
    pub subject: String,
    /// For readers of plain text.
    pub text: String,
    /// For all others.
    pub html: String,
    /// What all mails of the group within a day refer to, so that they are one thread: `<alert-…@admf>`.
    pub thread: String,
    /// Names the labels of each alert: header `X-ADMF-Fingerprint`.
    pub fingerprints: String,
}

impl EmailContent {
    /// Tells of a batch.
    #[must_use]
    pub fn new(batch: &Batch) -> Self {
        let notice = Notice::new(batch);
        let colour = Level::of(notice::worst(batch)).colour();
        let group = hex(&Sha256::digest(&batch.key.group));
        let names: Vec<&str> = notice
            .alerts
            .iter()
            .map(|alert| alert.fingerprint.as_str())
            .collect();
        Self {
            subject: header(&format!(
                "ADMF Alert: {} - {}",
                notice.rule, notice.severity
            )),
            text: text(&notice),
            html: html::page(&notice, colour),
            thread: format!("<alert-{}-{}@admf>", &group[..16], day(batch.at)),
            fingerprints: names.join(" "),
        }
    }
}

/// Makes one line of a text, for a header.
pub(super) fn header(text: &str) -> String {
    text.split(|c: char| c.is_control())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn text(notice: &Notice) -> String {
    let mut text = String::new();
    for alert in &notice.alerts {
        text += &format!(
            "ADMF Alert: {}\n\nRule: {}\nSeverity: {}\nStatus: {}\nTime: {}\nMessage: {}\n",
            alert.rule, alert.rule, alert.severity, alert.status, alert.time, alert.message
        );
        if !alert.metrics.is_empty() {
            text += "\nMetrics:\n";
        }
        for (name, value) in &alert.metrics {
            text += &format!("  {name}: {value}\n");
        }
        text.push('\n');
    }
    text
}
