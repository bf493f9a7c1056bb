//! HTTP as far as an engine that is killed and its parent need it.

use std::io::{self, BufRead, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// How long a condition has to hold until the engine fires.
pub const FOR: Duration = Duration::from_millis(150);

/// Returns the time of the wall, which both go by.
///
/// # Panics
///
/// Before 1970.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the other one is another process"
)]
pub fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is after 1970")
}

/// Holds a request, or an answer.
#[derive(Debug)]
pub struct Message {
    /// The second word of its first line: path, or status.
    pub word: String,
    /// What its `Idempotency-Key` says.
    pub key: String,
    /// Its body.
    pub body: Value,
}

/// Reads one request or answer.
///
/// # Errors
///
/// The other side is gone, or says something else.
pub fn read(from: &mut impl BufRead) -> io::Result<Message> {
    let mut first = String::new();
    from.read_line(&mut first)?;
    let (mut length, mut key) = (0, String::new());
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().map_err(io::Error::other)?;
        }
        if let Some(text) = line.strip_prefix("idempotency-key:") {
            text.trim().clone_into(&mut key);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Message {
        word: first.split(' ').nth(1).unwrap_or_default().to_owned(),
        key,
        body: serde_json::from_slice(&body)?,
    })
}

/// Answers a request.
///
/// # Errors
///
/// The other side is gone.
pub fn answer(mut stream: &TcpStream, status: u16, body: &Value) -> io::Result<()> {
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// Posts to a port of this machine, and returns the answer.
///
/// # Errors
///
/// Nobody has answered within half a minute.
pub fn request(port: u16, path: &str, key: &str, body: &Value) -> io::Result<Message> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nidempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    read(&mut io::BufReader::new(stream))
}
