//! Notices as lines: for people, and for programs.

use std::fmt::Write;

use serde::Serialize;

use super::notice::Notice;
use super::time::rfc3339;
use super::webhook::Webhook;
use crate::notify::Batch;

/// Writes a line for each alert, for people: `2026-11-21T03:57:34Z CRITICAL TRIGGERED HighDrawdown: message {labels}`.
///
/// Whatever a terminal would obey is escaped.
#[must_use]
pub fn console(batch: &Batch) -> String {
    let mut lines = String::new();
    for (alert, told) in batch.alerts.iter().zip(Notice::new(batch).alerts) {
        let (at, severity, status) = (rfc3339(batch.at), told.severity, told.status);
        let line = format!(
            "{at} {severity} {status} {}: {} {}",
            told.rule, told.message, alert.labels
        );
        for c in line.chars() {
            match c.is_control() {
                true => write!(lines, "{}", c.escape_default()).expect("a text takes all"),
                false => lines.push(c),
            }
        }
        lines.push('\n');
    }
    lines
}

/// Writes a line of JSON, for programs: what a webhook is posted, with `at`, the start of the flush, and `reason`.
#[must_use]
#[expect(
    clippy::missing_panics_doc,
    reason = "keys are texts, and nothing else can fail"
)]
pub fn json_line(batch: &Batch, external_url: &str) -> String {
    #[derive(Serialize)]
    struct Line {
        at: String,
        reason: &'static str,
        #[serde(flatten)]
        notice: Webhook,
    }
    let line = Line {
        at: rfc3339(batch.at),
        reason: batch.reason.as_str(),
        notice: Webhook::new(batch, external_url, 0),
    };
    let mut line = serde_json::to_string(&line).expect("it has text keys and no numbers");
    line.push('\n');
    line
}
