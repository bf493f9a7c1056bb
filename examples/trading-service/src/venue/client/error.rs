//! Why a venue gave no answer that can be used.

use std::{error::Error, fmt};

use http::StatusCode;
use tower::BoxError;

/// How much of a body's first line is kept.
const MAX_REASON: usize = 200;

/// Says why a venue gave no answer that can be used, and keeps apart what is to be done about it.
#[derive(Debug)]
pub(crate) enum VenueError<E> {
    /// What is between here and the venue failed, or refused: see `E` for whether it was sent.
    Transport(E),
    /// The venue says no.
    Status {
        /// The status of its answer.
        status: StatusCode,
        /// The first line of its answer.
        reason: String,
    },
    /// The venue says something else than was asked.
    Malformed(String),
    /// The request cannot be put into words of HTTP, and was not sent.
    Request(http::Error),
}

impl<E> VenueError<E> {
    pub(super) fn status(status: StatusCode, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let line = text.lines().next().unwrap_or_default().trim();
        let reason = line.chars().take(MAX_REASON).collect();
        Self::Status { status, reason }
    }
}

impl<E> fmt::Display for VenueError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(_) => f.write_str("no answer from the venue"),
            Self::Status { status, reason } => write!(f, "the venue answered {status}: {reason}"),
            Self::Malformed(reason) => write!(f, "malformed answer: {reason}"),
            Self::Request(_) => f.write_str("request: is no valid HTTP"),
        }
    }
}

/// For boxed errors only: they are no `Error` themselves, so that one `impl` cannot serve both.
impl Error for VenueError<BoxError> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Transport(error) => Some(&**error),
            Self::Request(error) => Some(error),
            Self::Status { .. } | Self::Malformed(_) => None,
        }
    }
}
