//! What sort of error it is.

use std::error::Error;
use std::fmt;
use std::io;

use super::Incident;
use crate::failed::{chain, messages};
use crate::{Elapsed, Name, Rejected};

/// What sort of error it is, as far as recovery cares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum ErrorKind {
    /// A database did not do what it was asked.
    DatabaseError,
    /// Another machine could not be reached in time.
    NetworkTimeout,
    /// A part of the system does not work.
    ComponentFailure {
        /// The part.
        component: Name,
    },
    /// Data that came is not what it should be.
    DataQualityError,
    /// A sort of the caller's own.
    Custom(Name),
    /// Nothing is known of it.
    Unknown,
}

impl ErrorKind {
    /// Returns the word for it in metrics, traces and reports: in snake case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::DatabaseError => "database_error",
            Self::NetworkTimeout => "network_timeout",
            Self::ComponentFailure { .. } => "component_failure",
            Self::DataQualityError => "data_quality_error",
            Self::Custom(name) => name.as_str(),
            Self::Unknown => "unknown",
        }
    }
}

/// The words under which errors are counted: a closed list.
pub(super) const CATEGORIES: [&str; 6] = [
    "database_error",
    "network_timeout",
    "component_failure",
    "data_quality_error",
    "custom",
    "unknown",
];

impl ErrorKind {
    /// Returns the place of its word in [`CATEGORIES`].
    pub(super) const fn category(&self) -> usize {
        match self {
            Self::DatabaseError => 0,
            Self::NetworkTimeout => 1,
            Self::ComponentFailure { .. } => 2,
            Self::DataQualityError => 3,
            Self::Custom(_) => 4,
            Self::Unknown => 5,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that says what sort it is.
pub trait HasErrorKind: Error {
    /// Returns the sort; `None` where this value does not say, and its source or its text is asked.
    fn error_kind(&self) -> Option<ErrorKind>;
}

type Probe = dyn Fn(&(dyn Error + 'static)) -> Option<ErrorKind> + Send + Sync;

/// Says what sort an error is: by its type, and only where no type in its chain of sources says it,
/// by its text.
///
/// | type | sort |
/// |---|---|
/// | one that it [knows](Self::knows) | what that says |
/// | `io::Error` | of time and connections: network timeout; of data and its end: data quality |
/// | [`Elapsed`] | network timeout |
/// | [`Rejected`] | an open circuit: failure of the component of the circuit's name; another refusal: unknown, since nothing was sent |
///
/// The text is that of the whole chain. The first line that fits counts, whatever the case of letters:
///
/// | text holds | sort |
/// |---|---|
/// | `database` or `connection` | database error |
/// | `timeout`, `timed out` or `network` | network timeout |
/// | `data`, and `quality` or `invalid` | data quality |
///
/// So a text is a guess: "connection timeout" is taken for an error of a database, though it may be
/// one of the network. Who needs it otherwise gives the error a type.
///
/// # Examples
///
/// ```
/// use std::io;
/// use resilience_core::recovery::{Classifier, ErrorKind};
///
/// let classifier = Classifier::default();
/// let typed = io::Error::new(io::ErrorKind::TimedOut, "connection timeout");
/// assert_eq!(classifier.kind(&typed), ErrorKind::NetworkTimeout);
/// let text = io::Error::other("connection timeout");
/// assert_eq!(classifier.kind(&text), ErrorKind::DatabaseError);
/// ```
#[derive(Default)]
pub struct Classifier(Vec<Box<Probe>>);

impl Classifier {
    /// Asks errors of this type what they are, before all others.
    #[must_use]
    pub fn knows<E: HasErrorKind + 'static>(mut self) -> Self {
        let ask = |error: &(dyn Error + 'static)| error.downcast_ref::<E>()?.error_kind();
        self.0.push(Box::new(ask));
        self
    }

    /// Says what sort `error` is.
    #[must_use]
    pub fn kind(&self, error: &(dyn Error + 'static)) -> ErrorKind {
        let typed = chain(error).find_map(|it| self.by_type(it));
        typed.unwrap_or_else(|| by_text(error))
    }

    /// Returns what there is to recover from, when `error` came out of `component`.
    #[must_use]
    pub fn incident(&self, component: impl Into<Name>, error: &(dyn Error + 'static)) -> Incident {
        Incident::new(component, self.kind(error), messages(error))
    }

    fn by_type(&self, error: &(dyn Error + 'static)) -> Option<ErrorKind> {
        let known = self.0.iter().find_map(|ask| ask(error));
        known.or_else(|| ours(error)).or_else(|| {
            let error = error.downcast_ref::<io::Error>()?;
            // Its source is that of the error within, which would be passed over.
            let within = error.get_ref().and_then(|it| self.by_type(it));
            within.or_else(|| of_io(error.kind()))
        })
    }
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut it = f.debug_struct("Classifier");
        it.field("known_types", &self.0.len()).finish()
    }
}

fn ours(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    if error.is::<Elapsed>() {
        return Some(ErrorKind::NetworkTimeout);
    }
    Some(match error.downcast_ref::<Rejected>()? {
        Rejected::CircuitOpen(it) => ErrorKind::ComponentFailure {
            component: it.policy.clone(),
        },
        _ => ErrorKind::Unknown,
    })
}

fn of_io(kind: io::ErrorKind) -> Option<ErrorKind> {
    match kind {
        io::ErrorKind::TimedOut
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::NotConnected
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown => Some(ErrorKind::NetworkTimeout),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            Some(ErrorKind::DataQualityError)
        }
        _ => None,
    }
}

fn by_text(error: &(dyn Error + 'static)) -> ErrorKind {
    let text = messages(error).to_lowercase();
    let holds = |words: &[&str]| words.iter().any(|it| text.contains(it));
    if holds(&["database", "connection"]) {
        ErrorKind::DatabaseError
    } else if holds(&["timeout", "timed out", "network"]) {
        ErrorKind::NetworkTimeout
    } else if holds(&["data"]) && holds(&["quality", "invalid"]) {
        ErrorKind::DataQualityError
    } else {
        ErrorKind::Unknown
    }
}
