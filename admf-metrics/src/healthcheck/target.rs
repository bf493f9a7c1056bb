//! One question over a plain socket.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::clock::Clock;

/// The most of an answer that is read.
const MOST: u64 = 64 * 1024;

/// Where to ask what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target<'u> {
    pub(super) host: &'u str,
    pub(super) port: u16,
    pub(super) path: &'u str,
}

impl<'u> Target<'u> {
    pub(super) fn parse(url: &'u str) -> Option<Self> {
        // What is sent is what was given: nothing in it may end a line.
        let plain = url.bytes().all(|it| it.is_ascii_graphic());
        let rest = url.strip_prefix("http://").filter(|_| plain)?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let named = !host.is_empty() && !host.contains(['@', '?', '#']);
        named.then_some(Self { host, port, path })
    }

    /// Sends the question and reads the answer, all within the time.
    pub(super) fn get(&self, timeout: Duration, clock: &Clock) -> io::Result<Vec<u8>> {
        let end = clock.now().saturating_add(timeout);
        let left = || match end.saturating_sub(clock.now()) {
            Duration::ZERO => Err(io::Error::from(io::ErrorKind::TimedOut)),
            left => Ok(left),
        };
        let Self { host, port, path } = self;
        let mut stream = Err(io::Error::other("the host has no address"));
        for address in (*host, *port).to_socket_addrs()? {
            stream = TcpStream::connect_timeout(&address, left()?);
            if stream.is_ok() {
                break;
            }
        }
        let mut stream = stream?;
        let name = match host.contains(':') {
            true => format!("[{host}]"),
            false => (*host).to_owned(),
        };
        let question =
            format!("GET {path} HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n");
        stream.set_write_timeout(Some(left()?))?;
        stream.write_all(question.as_bytes())?;
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        // The limit is for the whole: a server that drips does not hold up for ever.
        while (answer.len() as u64) < MOST {
            stream.set_read_timeout(Some(left()?))?;
            match stream.read(&mut chunk)? {
                0 => break,
                read => answer.extend_from_slice(&chunk[..read]),
            }
            // What comes after it, or does not, is of no concern: an end, a reset, silence.
            if super::is_whole(&answer) {
                break;
            }
        }
        Ok(answer)
    }
}
