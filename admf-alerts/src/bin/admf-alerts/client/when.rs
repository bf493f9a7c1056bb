//! Times on the command line, and in answers.

use std::time::Duration;

use admf_alerts::duration;
use jiff::{SignedDuration, Timestamp, Unit, Zoned};

use super::{Refused, clock};

/// A time, or how long ago it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    At(Timestamp),
    Ago(Duration),
}

impl When {
    pub(crate) fn time(self) -> Result<Timestamp, Refused> {
        match self {
            Self::At(time) => Ok(time),
            Self::Ago(length) => match SignedDuration::try_from(length) {
                Ok(length) => sum(clock::now(), -length),
                Err(_) => Err(beyond()),
            },
        }
    }
}

/// Reads a time as RFC 3339 has it, or one of the clocks of a place: `2026-11-21T09:00[Europe/Berlin]`.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let read = match text.contains('[') {
        true => text.parse().map(|time: Zoned| time.timestamp()),
        false => text.parse(),
    };
    read.map_err(|_| {
        "is no time such as `2026-11-21T09:00:00Z` or `2026-11-21T09:00[Europe/Berlin]`".to_owned()
    })
}

/// Reads a time, or a length of time, which is how long ago.
pub(crate) fn past(text: &str) -> Result<When, String> {
    match duration::parse(text) {
        Ok(length) => Ok(When::Ago(length)),
        Err(_) => time(text)
            .map(When::At)
            .map_err(|problem| format!("{problem}, nor how long ago: `2h`")),
    }
}

/// The time that is so long after another.
pub(crate) fn after(time: Timestamp, length: Duration) -> Result<Timestamp, Refused> {
    match SignedDuration::try_from(length) {
        Ok(length) => sum(time, length),
        Err(_) => Err(beyond()),
    }
}

fn sum(time: Timestamp, length: SignedDuration) -> Result<Timestamp, Refused> {
    time.checked_add(length).map_err(|_| beyond())
}

fn beyond() -> Refused {
    Refused::Call("that time is in no calendar".to_owned())
}

/// Writes a time of an answer to the second; what is none as it is.
pub(crate) fn shown(text: &str) -> String {
    let time: Option<Timestamp> = text.parse().ok();
    let time = time.and_then(|time| time.round(Unit::Second).ok());
    time.map_or_else(|| text.to_owned(), |time| time.to_string())
}
