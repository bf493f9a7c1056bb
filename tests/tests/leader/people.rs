//! Who is told, by webhook.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use tests::killed::{Message, answer, read};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::soon;

/// Takes notices, and answers them, or lets who sends them wait.
pub(crate) struct People {
    pub(crate) port: u16,
    told: UnboundedReceiver<Message>,
    silent: Arc<AtomicBool>,
}

impl People {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (to, told) = unbounded_channel();
        let silent = Arc::new(AtomicBool::new(false));
        let says_nothing = Arc::clone(&silent);
        std::thread::spawn(move || {
            let mut waiting: Vec<TcpStream> = Vec::new();
            for stream in listener.incoming().flatten() {
                let Ok(message) = read(&mut BufReader::new(&stream)) else {
                    continue;
                };
                let silent = says_nothing.load(Ordering::SeqCst);
                if to.send(message).is_err() {
                    return;
                }
                // Who sent it may be gone.
                match silent {
                    true => waiting.push(stream),
                    false => drop(answer(&stream, 202, &Value::Null)),
                }
            }
        });
        Self { port, told, silent }
    }

    /// Says whether it answers from now on.
    pub(crate) fn answers(&self, answers: bool) {
        self.silent.store(!answers, Ordering::SeqCst);
    }

    pub(crate) async fn told(&mut self) -> Message {
        soon(self.told.recv()).await.expect("it listens")
    }

    /// Says whether nothing was told that nobody has looked at.
    pub(crate) fn is_told_no_more(&mut self) -> bool {
        self.told.try_recv().is_err()
    }
}

/// Its status, and the name of the first alert.
pub(crate) fn said(message: &Message) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = &message.body["alerts"][0]["labels"]["alertname"];
    format!("{} {}", text(&message.body["status"]), text(name))
}
