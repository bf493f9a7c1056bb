//! Slack.

use serde::Deserialize;

use super::answer::{Answer, Failure, http};

/// Reads an answer of Slack, which may say 200 and mean that something is wrong.
///
/// A text must be `ok`. JSON must hold `"ok": true`; if it is none, the answer is cut short, and the request worth
/// another try.
#[must_use]
pub fn slack_answer(status: u16, json: bool, body: &str) -> Answer {
    #[derive(Deserialize)]
    struct Said {
        ok: bool,
    }
    let status = http(status, None);
    let failed = |again| Answer::Failed {
        why: Failure::Client,
        again,
    };
    match (status, json) {
        (Answer::Failed { .. }, _) => status,
        (Answer::Taken, false) if body == "ok" => Answer::Taken,
        (Answer::Taken, false) => failed(false),
        (Answer::Taken, true) => match serde_json::from_str(body) {
            Ok(Said { ok: true }) => Answer::Taken,
            Ok(Said { ok: false }) => failed(false),
            Err(_) => failed(true),
        },
    }
}
