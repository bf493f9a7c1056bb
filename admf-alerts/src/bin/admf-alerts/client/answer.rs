//! What comes back, or does not.

use std::error::Error;

use reqwest::{Response, StatusCode};
use serde_json::Value;

/// How much of an answer is read.
pub(crate) const MOST: usize = 16 << 20;

/// How much is told of what a server says is wrong.
const SHOWN: usize = 1_000;

/// Reads all of it, unless that is too much.
pub(crate) async fn read(response: &mut Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if chunk.len() > MOST - body.len() {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// What a body says, or what is wrong.
pub(crate) fn understood(status: StatusCode, body: &[u8]) -> Result<Value, String> {
    let answer = serde_json::from_slice(body);
    if status.is_success() {
        return match body.is_empty() {
            true => Ok(Value::Null),
            false => answer.map_err(|error| format!("answers no JSON: {error}")),
        };
    }
    let said = answer.unwrap_or_else(|_| String::from_utf8_lossy(body).into());
    match said_in(&said) {
        said if said.is_empty() => Err(status.to_string()),
        said => Err(format!("{status}: {said}")),
    }
}

/// What a server says is wrong: Alertmanager as a text or a `message`, Prometheus and others as an `error`.
fn said_in(answer: &Value) -> String {
    let field = |name: &str| answer.get(name).and_then(Value::as_str);
    let said = answer.as_str().or_else(|| field("message"));
    let said = match said.or_else(|| field("error")) {
        Some(said) => said.trim().to_owned(),
        None => answer.to_string(),
    };
    match said.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &said[..end]),
        None => said,
    }
}

/// What is at the bottom of it, which names no address.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}
