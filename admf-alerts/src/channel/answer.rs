//! What the answer to a request means for the next one.

/// Says why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// 429.
    RateLimited,
    /// 401 and 403.
    Auth,
    /// The rest of 4xx, and what the other side says is wrong with what it was sent.
    Client,
    /// 5xx.
    Server,
    /// Anything else.
    Other,
}

impl Failure {
    /// Returns it as a word: `rateLimited`, `authError`, `clientError`, `serverError`, `other`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rateLimited",
            Self::Auth => "authError",
            Self::Client => "clientError",
            Self::Server => "serverError",
            Self::Other => "other",
        }
    }

    fn of(status: u16) -> Self {
        match status {
            429 => Self::RateLimited,
            401 | 403 => Self::Auth,
            400..=499 => Self::Client,
            500..=599 => Self::Server,
            _ => Self::Other,
        }
    }
}

/// Says what came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It was taken.
    Taken,
    /// It was not.
    Failed {
        /// Why.
        why: Failure,
        /// Whether the same request may be taken later.
        again: bool,
    },
}

/// Reads the status of an answer: 2xx is well, 5xx and the codes of `again` may be well later. Default of `again`: 429.
#[must_use]
pub fn http(status: u16, again: Option<&[u16]>) -> Answer {
    match status {
        200..=299 => Answer::Taken,
        _ => Answer::Failed {
            why: Failure::of(status),
            again: (500..=599).contains(&status) || again.unwrap_or(&[429]).contains(&status),
        },
    }
}
