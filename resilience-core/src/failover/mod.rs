//! Move to a backup when the primary fails, and back when it is well again.

use crate::{Name, Time};

/// One change of the active target.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// When it happened.
    pub at: Time,
    /// The target that was left.
    pub from: Name,
    /// The target that became active.
    pub to: Name,
}
