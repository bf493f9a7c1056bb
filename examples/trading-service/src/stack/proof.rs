//! What an answer to an order proves.

use std::{error::Error, io, iter};

use http::StatusCode;
use resilience_core::{BoxError, CallError, Outcome, Rejected};

use super::rules::is_refusal;
use crate::{broker::Execution, venue::VenueError};

/// What is known of an order at a venue, by the venue's answer or the want of it.
#[derive(Debug)]
pub(super) enum Proof {
    /// The venue said what became of it, for good.
    Final(Execution),
    /// It was not executed there, and will not be.
    Unexecuted {
        /// Whether a request left this process, or may have.
        sent: bool,
        /// Why.
        why: Why,
    },
    /// It may have been executed.
    Doubt,
}

/// Why a venue did not execute an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is down.
    Down,
    /// It is well, and a limit is reached.
    Busy,
    /// The order breaks a rule, and will later too.
    Invalid,
}

impl Proof {
    /// Reads an answer. What does not prove that nothing was executed leaves a doubt.
    pub(super) fn of(answer: Result<Execution, VenueError<BoxError>>) -> Self {
        let unexecuted = |sent, why| Self::Unexecuted { sent, why };
        match answer {
            Ok(told) => Self::Final(told),
            Err(VenueError::Transport(error)) => match error.rejected() {
                Some(Rejected::CircuitOpen(_)) => unexecuted(false, Why::Down),
                Some(_) => unexecuted(false, Why::Busy),
                // The attempt before may have been sent and refused.
                None if is_unreachable(&error) => unexecuted(true, Why::Down),
                None => Self::Doubt,
            },
            Err(VenueError::Status { status, .. }) => match status {
                StatusCode::TOO_MANY_REQUESTS => unexecuted(true, Why::Busy),
                // An order is held to the venue's rules before anything is done.
                StatusCode::BAD_REQUEST => unexecuted(true, Why::Invalid),
                status if is_refusal(status) => unexecuted(true, Why::Down),
                _ => Self::Doubt,
            },
            Err(VenueError::Request(_)) => unexecuted(false, Why::Invalid),
            Err(VenueError::Malformed(_)) => Self::Doubt,
        }
    }

    /// Says what it tells the failover.
    pub(super) const fn outcome(&self) -> Outcome {
        match self {
            Self::Final(_) => Outcome::Success,
            Self::Unexecuted { why: Why::Down, .. } | Self::Doubt => Outcome::Failure,
            Self::Unexecuted { .. } => Outcome::Ignored,
        }
    }
}

/// Says whether an error proves that nothing was sent, because nobody listens there. Other errors
/// of connections can come after the request has left.
pub(super) fn is_unreachable(error: &BoxError) -> bool {
    let chain = iter::successors(Some(&**error as &(dyn Error + 'static)), |&it| it.source());
    chain
        .filter_map(|it| it.downcast_ref::<io::Error>())
        .any(|it| it.kind() == io::ErrorKind::ConnectionRefused)
}
