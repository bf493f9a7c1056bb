//! Asks a running service how it is: what a binary's `--healthcheck` does, where an image has no curl.
//!
//! Plain HTTP/1.1 over the standard library, blocking, no redirects. In a compose file:
//!
//! ```yaml
//! healthcheck:
//!   test: ["CMD", "/service", "--healthcheck", "http://127.0.0.1:8081/health"]
//!   interval: 30s
//!   timeout: 10s
//!   retries: 3
//!   start_period: 40s
//! ```

mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::time::Duration;

use crate::clock::Clock;
use target::Target;

/// What is asked where nothing else is said.
pub const URL: &str = "http://127.0.0.1:8081/health";
/// How long one question may take; the `timeout` of a compose file.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// Time between two questions while a service starts.
const PAUSE: Duration = Duration::from_millis(250);

/// Asks once. Returns the status line's number and the beginning of the body.
///
/// # Errors
///
/// The URL cannot be read, nobody answers in time, the answer is no HTTP, or its status is not 200.
pub fn probe(url: &str, timeout: Duration) -> Result<String, Unhealthy> {
    let target = Target::parse(url).ok_or_else(|| Unhealthy::BadUrl(url.to_owned()))?;
    let answer = target.get(timeout, &Clock::default());
    let answer = answer.map_err(|error| Unhealthy::NoAnswer {
        url: url.to_owned(),
        why: why(&error),
    })?;
    read(url, &answer)
}

/// Asks until the service is healthy, for at most `deadline`. Blocks its thread.
///
/// # Errors
///
/// The URL cannot be read, or what was wrong the last time.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever calls it waits for a service to start, and does nothing else"
)]
pub fn wait_until_healthy(url: &str, deadline: Duration) -> Result<String, Unhealthy> {
    poll(&Clock::default(), deadline, std::thread::sleep, |left| {
        probe(url, left.min(TIMEOUT))
    })
}

/// Tries until it is well or the time is up; there is always one try.
fn poll<T>(
    clock: &Clock,
    deadline: Duration,
    mut pause: impl FnMut(Duration),
    mut attempt: impl FnMut(Duration) -> Result<T, Unhealthy>,
) -> Result<T, Unhealthy> {
    let end = clock.now().saturating_add(deadline);
    loop {
        // At least a moment: a question with no time at all cannot be asked.
        let left = end.saturating_sub(clock.now());
        let error = match attempt(left.max(Duration::from_millis(1))) {
            Ok(answer) => return Ok(answer),
            Err(error @ Unhealthy::BadUrl(_)) => return Err(error),
            Err(error) => error,
        };
        let left = end.saturating_sub(clock.now());
        if left.is_zero() {
            return Err(error);
        }
        pause(PAUSE.min(left));
    }
}

/// Says whether the body is there to the length that the header tells, or to its last chunk.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|it| it == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]);
    let body = &answer[end + 4..];
    if field(&head, "transfer-encoding").is_some() {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = field(&head, "content-length").and_then(|it| it.parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

/// Returns the value of a field of a header.
fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut named = fields.filter(|(it, _)| it.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim())
}

/// Returns the first line of the body of an answer with status 200.
fn read(url: &str, answer: &[u8]) -> Result<String, Unhealthy> {
    let text = String::from_utf8_lossy(answer);
    let no_http = || Unhealthy::NoAnswer {
        url: url.to_owned(),
        why: "the answer is no HTTP/1.1".to_owned(),
    };
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(no_http)?;
    let status = head
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.split([' ', '\r']).next())
        .filter(|it| it.len() == 3);
    let status: u16 = status.and_then(|it| it.parse().ok()).ok_or_else(no_http)?;
    // The first line of a chunk is its length.
    let skipped = usize::from(field(head, "transfer-encoding").is_some());
    let line = |most| {
        let line = body.lines().nth(skipped).unwrap_or_default();
        line.chars()
            .filter(|it| !it.is_control())
            .take(most)
            .collect::<String>()
    };
    match status {
        200 => Ok(line(200)),
        _ => Err(Unhealthy::Status {
            url: url.to_owned(),
            status,
            body: line(200),
        }),
    }
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "no answer in time".to_owned(),
        _ => error.to_string(),
    }
}

/// Says why a service is not known to be healthy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unhealthy {
    /// This is no URL that can be asked.
    BadUrl(String),
    /// There was no answer that can be read.
    NoAnswer {
        /// Who was asked.
        url: String,
        /// What happened instead.
        why: String,
    },
    /// The service says no.
    Status {
        /// Who was asked.
        url: String,
        /// The status.
        status: u16,
        /// The first line of the body.
        body: String,
    },
}

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUrl(url) => {
                write!(
                    f,
                    "healthcheck: must be http://HOST[:PORT][/PATH], got {url:?}"
                )
            }
            Self::NoAnswer { url, why } => write!(f, "{url}: {why}"),
            Self::Status { url, status, body } => write!(f, "{url}: {status} {body}"),
        }
    }
}

impl std::error::Error for Unhealthy {}
