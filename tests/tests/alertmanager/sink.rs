//! Where what the server posts arrives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use serde_json::Value;

use crate::{Group, Notice};

/// A server that says 200 to whatever it is posted.
pub(crate) struct Sink<T = (Group, Notice)> {
    port: u16,
    posted: Receiver<T>,
}

impl Sink {
    /// Takes webhooks.
    pub(crate) fn start() -> Self {
        Self::of(read)
    }
}

impl<T: Send + 'static> Sink<T> {
    /// Takes bodies, read in a way of the test's.
    pub(crate) fn of(read: fn(&[u8]) -> T) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (sender, posted) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                std::thread::spawn(move || serve(stream, read, &sender));
            }
        });
        Self { port, posted }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn next(&self, wait: Duration) -> Result<T, RecvTimeoutError> {
        self.posted.recv_timeout(wait)
    }
}

/// Answers one connection until the other side is done with it.
fn serve<T>(mut stream: TcpStream, read: fn(&[u8]) -> T, posted: &Sender<T>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(number) = line.strip_prefix("content-length:") {
                length = number.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        posted.send(read(&body)).ok()?;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        stream.write_all(answer).ok()?;
    }
}

fn read(body: &[u8]) -> (Group, Notice) {
    let body: Value = serde_json::from_slice(body).expect("a webhook is JSON");
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    let alerts = body["alerts"].as_array().expect("it is a list");
    let prints = |status: &str| {
        let alerts = alerts.iter().filter(|it| it["status"] == status);
        alerts.map(|it| text(&it["fingerprint"])).collect()
    };
    let group = (text(&body["receiver"]), text(&body["groupKey"]));
    let notice = (text(&body["status"]), prints("firing"), prints("resolved"));
    (group, notice)
}
