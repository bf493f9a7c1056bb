//! What came of a try.

use std::time::Duration;

use crate::channel::answer::Failure;
use crate::notify::Outcome;

/// Says what came of a try to send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What the notifier is to be told.
    pub outcome: Outcome,
    /// Why it was not sent; `None` where it was.
    pub failure: Option<Failure>,
    /// What is wrong, in one line and without secrets; also where it was sent, but not as it should have been.
    pub said: Option<String>,
}

impl Report {
    pub(super) fn noted(said: String) -> Self {
        Self {
            outcome: Outcome::Sent,
            failure: None,
            said: Some(said),
        }
    }

    /// The flush is over, or the channel answered too late.
    #[cfg(feature = "service")]
    pub(crate) fn late(limit: Duration) -> Self {
        Self::of(Err(Fault::late(limit)))
    }

    /// The receiver is none any more.
    #[cfg(feature = "service")]
    pub(crate) fn gone(receiver: &str) -> Self {
        let said = format!("there is no such channel of `{receiver}` any more");
        Self::of(Err(Fault::refused(Failure::Other, said)))
    }

    pub(super) fn of(sent: Result<Done, Fault>) -> Self {
        match sent {
            Ok(done) => Self {
                outcome: Outcome::Sent,
                failure: None,
                said: done.noted,
            },
            Err(fault) => Self {
                outcome: match fault.again {
                    Some(after) => Outcome::Again { after },
                    None => Outcome::Refused,
                },
                failure: Some(fault.why),
                said: Some(fault.said),
            },
        }
    }
}

/// It was sent.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// What is not as it should be all the same.
    pub(super) noted: Option<String>,
}

/// It was not.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) why: Failure,
    /// Not before this is over; `None`: never.
    pub(super) again: Option<Duration>,
    /// Without secrets.
    pub(super) said: String,
}

impl Fault {
    /// One that another try may help.
    pub(super) fn again(why: Failure, said: impl Into<String>) -> Self {
        Self {
            why,
            again: Some(Duration::ZERO),
            said: said.into(),
        }
    }

    pub(super) fn refused(why: Failure, said: impl Into<String>) -> Self {
        Self {
            why,
            again: None,
            said: said.into(),
        }
    }

    /// The time was over.
    pub(super) fn late(timeout: Duration) -> Self {
        Self::again(Failure::Other, format!("no answer within {timeout:?}"))
    }
}

/// Makes one short line of what somebody else said.
pub(super) fn line(text: &str) -> String {
    let shown: String = text.chars().take(300).collect();
    crate::channel::email::header(&shown)
}
