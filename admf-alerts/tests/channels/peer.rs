//! A server of http that says what it is told to, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A request: head in small letters but for values, and body.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|it| it.1)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

pub(crate) struct Peer {
    pub(crate) address: String,
    asked: Receiver<Asked>,
}

impl Peer {
    /// Answers requests, one connection each, in turn.
    pub(crate) fn answering(answers: Vec<String>) -> Self {
        let mut answers = answers.into_iter();
        Self::doing(move |stream| {
            let answer = answers.next().unwrap_or_default();
            let _ = stream.write_all(answer.as_bytes());
        })
    }

    /// Does something with each connection once the request was read; it is closed after that.
    pub(crate) fn doing(mut does: impl FnMut(&mut TcpStream) + Send + 'static) -> Self {
        Self::over(|stream| stream, move |stream, _| does(stream))
    }

    /// The same, over what is made of each connection.
    pub(crate) fn over<S: Read + Write>(
        mut wrapped: impl FnMut(TcpStream) -> S + Send + 'static,
        mut does: impl FnMut(&mut S, &Asked) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens").to_string();
        let (tell, asked) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(wrapped(stream));
                let Some(request) = read(&mut reader) else {
                    continue;
                };
                // Before the answer: who has that may ask what was asked.
                let _ = tell.send(request.clone());
                does(reader.get_mut(), &request);
            }
        });
        Self { address, asked }
    }

    /// What it was asked; waits for it.
    pub(crate) fn asked(&self) -> Asked {
        self.asked.recv().expect("the server is up")
    }

    /// How much it was asked that nobody looked at.
    pub(crate) fn left(&self) -> usize {
        self.asked.try_iter().count()
    }
}

/// An answer with a body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
}

pub(crate) fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length is a number");
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).expect("a body is a text");
    Some(Asked { head, body })
}
