//! HTTP as far as an engine that is killed and its parent need it.

use std::io::{self, BufRead, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Reads one request or answer: the second word of its first line, and its body.
///
/// # Errors
///
/// The other side is gone, or says something else.
pub fn read(from: &mut impl BufRead) -> io::Result<(String, Value)> {
    let mut first = String::new();
    from.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().map_err(io::Error::other)?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    let word = first.split(' ').nth(1).unwrap_or_default().to_owned();
    Ok((word, serde_json::from_slice(&body)?))
}

/// Answers a request.
///
/// # Errors
///
/// The other side is gone.
pub fn answer(mut stream: TcpStream, body: &Value) -> io::Result<()> {
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// Posts to a port of this machine, and returns the answer's body.
///
/// # Errors
///
/// Nobody has answered within five seconds.
pub fn request(port: u16, path: &str, body: &Value) -> io::Result<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    read(&mut io::BufReader::new(stream)).map(|(_, body)| body)
}
