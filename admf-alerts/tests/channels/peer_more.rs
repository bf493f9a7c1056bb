//! What only channels ask of a peer.

use std::io::Write;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::peer::{Asked, Peer};

impl Peer {
    /// As [`answering`](Self::answering), over TLS.
    pub(crate) fn over_tls(config: Arc<ServerConfig>, answers: Vec<String>) -> Self {
        let mut answers = answers.into_iter();
        let wrapped = move |stream| {
            let tls = ServerConnection::new(Arc::clone(&config)).expect("the config is sound");
            StreamOwned::new(tls, stream)
        };
        Self::over(wrapped, move |stream, _| {
            let _ = stream.write_all(answers.next().unwrap_or_default().as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        })
    }

    /// Answers each request by what it was.
    pub(crate) fn echoing(says: impl Fn(&Asked) -> String + Send + 'static) -> Self {
        Self::over(
            |stream| stream,
            move |stream, asked| {
                let _ = stream.write_all(says(asked).as_bytes());
            },
        )
    }
}
