//! What sort an error is.

use std::error::Error;
use std::fmt;
use std::io;

use super::*;
use crate::{BoxError, CircuitOpen, CircuitState, Elapsed, Failed, RateLimited, Rejected};

/// An error of the caller's own, with a source.
#[derive(Debug)]
struct Own(Option<ErrorKind>, Option<BoxError>);

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("network timeout of the database")
    }
}

impl Error for Own {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.1.as_ref()?.as_ref())
    }
}

impl HasErrorKind for Own {
    fn error_kind(&self) -> Option<ErrorKind> {
        self.0.clone()
    }
}

fn kind(error: impl Into<BoxError>) -> ErrorKind {
    let error = error.into();
    Classifier::default().knows::<Own>().kind(error.as_ref())
}

fn of(component: &'static str) -> ErrorKind {
    let component = component.into();
    ErrorKind::ComponentFailure { component }
}

#[test]
fn a_type_says_it_before_any_text() {
    let quality = || Some(ErrorKind::DataQualityError);
    assert_eq!(kind(Own(quality(), None)), ErrorKind::DataQualityError);
    assert_eq!(kind(Own(Some(of("feed")), None)), of("feed"));
    let custom = ErrorKind::Custom("margin_call".into());
    assert_eq!(kind(Own(Some(custom.clone()), None)), custom);
    assert_eq!(kind(Elapsed::new(SECOND)), ErrorKind::NetworkTimeout);
    assert_eq!(
        Classifier::default().kind(&Own(quality(), None)),
        ErrorKind::DatabaseError,
        "a type it does not know is a text"
    );
}

#[test]
fn every_kind_of_io_error_that_says_something_is_known() {
    use io::ErrorKind as Io;
    for (of, expected) in [
        (Io::TimedOut, ErrorKind::NetworkTimeout),
        (Io::ConnectionRefused, ErrorKind::NetworkTimeout),
        (Io::ConnectionReset, ErrorKind::NetworkTimeout),
        (Io::ConnectionAborted, ErrorKind::NetworkTimeout),
        (Io::NotConnected, ErrorKind::NetworkTimeout),
        (Io::BrokenPipe, ErrorKind::NetworkTimeout),
        (Io::HostUnreachable, ErrorKind::NetworkTimeout),
        (Io::NetworkUnreachable, ErrorKind::NetworkTimeout),
        (Io::NetworkDown, ErrorKind::NetworkTimeout),
        (Io::InvalidData, ErrorKind::DataQualityError),
        (Io::UnexpectedEof, ErrorKind::DataQualityError),
    ] {
        assert_eq!(kind(io::Error::new(of, "the database said no")), expected);
    }
    assert_eq!(
        kind(io::Error::new(Io::NotFound, "gone")),
        ErrorKind::Unknown
    );
}

#[test]
fn the_chain_of_sources_is_walked_and_the_first_type_that_says_it_counts() {
    let inner: BoxError = Elapsed::new(SECOND).into();
    assert_eq!(kind(Own(None, Some(inner))), ErrorKind::NetworkTimeout);
    let inner: BoxError = Own(Some(of("feed")), None).into();
    let outer = Own(Some(ErrorKind::DataQualityError), Some(inner));
    assert_eq!(kind(outer), ErrorKind::DataQualityError);
    let failed = Failed::Inner(Own(Some(of("feed")), None));
    assert_eq!(kind(failed), of("feed"));
    // An `io::Error` hides what it was made from.
    let wrapped = io::Error::other(Own(Some(of("feed")), None));
    assert_eq!(kind(wrapped), of("feed"));
    let twice = io::Error::other(io::Error::new(io::ErrorKind::TimedOut, "late"));
    assert_eq!(kind(twice), ErrorKind::NetworkTimeout);
}

#[test]
fn a_refusal_of_ours_names_its_circuit_or_nothing() {
    let open = CircuitOpen::new("venue", CircuitState::Open, None);
    assert_eq!(kind(open.clone()), of("venue"), "the reason alone");
    assert_eq!(kind(Rejected::from(open)), of("venue"));
    // Its name would be taken for a text otherwise.
    let limited = RateLimited::new("database", SECOND);
    assert_eq!(kind(Rejected::from(limited)), ErrorKind::Unknown);
    let exhausted = io::Error::other(Failed::Inner(Chained(
        CircuitOpen::new("feed", CircuitState::Isolated, None).into(),
    )));
    assert_eq!(kind(exhausted), of("feed"), "through all that is around");
}

#[test]
fn a_text_is_a_guess_and_its_first_line_counts() {
    for (text, expected) in [
        ("Database is locked", ErrorKind::DatabaseError),
        ("lost CONNECTION", ErrorKind::DatabaseError),
        ("request timeout", ErrorKind::NetworkTimeout),
        ("operation timed out", ErrorKind::NetworkTimeout),
        ("network is unreachable", ErrorKind::NetworkTimeout),
        ("poor data quality", ErrorKind::DataQualityError),
        ("invalid data in row 7", ErrorKind::DataQualityError),
        ("invalid order", ErrorKind::Unknown),
        ("", ErrorKind::Unknown),
        // What is ambiguous goes by the order of the lines.
        ("connection timeout", ErrorKind::DatabaseError),
        ("invalid data from the network", ErrorKind::NetworkTimeout),
        ("bad data quality in the database", ErrorKind::DatabaseError),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
    let source: BoxError = "no network".into();
    let outer = Failed::Inner(Chained(source));
    assert_eq!(kind(outer), ErrorKind::NetworkTimeout, "the whole chain");
}

#[derive(Debug)]
struct Chained(BoxError);

impl fmt::Display for Chained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fetching")
    }
}

impl Error for Chained {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.as_ref())
    }
}

#[test]
fn an_incident_concerns_the_component_that_the_error_names() {
    let classifier = Classifier::default().knows::<Own>();
    let incident = classifier.incident("api", &Own(Some(of("feed")), None));
    assert_eq!(incident.component.as_str(), "feed");
    let incident = classifier.incident("api", &Chained("no network".into()));
    assert_eq!(incident.component.as_str(), "api");
    assert_eq!(incident.message, "fetching: no network");
    let incident = Incident::failed("api", &Chained("no network".into()));
    assert_eq!(
        (incident.kind, incident.message),
        (of("api"), "fetching: no network".into())
    );
    let (recovery, _) = recovery(RecoveryConfig::default());
    let mut run = recovery.start(failure("feed")).unwrap();
    run.told(Err(Chained("no network".into()).into()));
    assert_eq!(run.last_error(), Some("fetching: no network"));
}
