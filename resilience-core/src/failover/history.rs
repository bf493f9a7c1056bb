//! What became of every switch.

use std::fmt;

use crate::recent::Recent;
use crate::{Name, Time};

/// One change of the active target.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Switch {
    /// Which switch of its policy it is, from 1.
    pub number: u64,
    /// When it happened.
    pub at: Time,
    /// The target that was left.
    pub from: Name,
    /// The target that became active.
    pub to: Name,
    /// Which way it went.
    pub direction: Direction,
    /// Why it happened.
    pub reason: SwitchReason,
    /// What the hooks said.
    pub result: SwitchResult,
}

/// Which way a switch went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum Direction {
    /// To a target further down the list.
    Over,
    /// To a target further up the list.
    Back,
}

/// Why a switch happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum SwitchReason {
    /// The active target failed.
    Failures {
        /// Number of its failures in a row.
        in_a_row: u32,
    },
    /// A better target is well again.
    Healthy {
        /// Number of its healthy checks in a row.
        checks: u32,
    },
    /// The operator asked for it.
    Operator,
}

/// What the hooks of a switch said.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum SwitchResult {
    /// The hooks are at work.
    Pending,
    /// The hooks did their job, or there are none.
    Success,
    /// A hook failed, with this text.
    Failed(String),
}

impl Direction {
    /// Returns `over` or `back`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Back => "back",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for SwitchReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failures { in_a_row } => write!(f, "failures in a row: {in_a_row}"),
            Self::Healthy { checks } => write!(f, "healthy checks in a row: {checks}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from,
            to,
            direction,
            reason,
            ..
        } = self;
        write!(f, "switched {direction} from {from} to {to}, {reason}")?;
        match &self.result {
            SwitchResult::Failed(error) => write!(f, ", {error}"),
            SwitchResult::Pending | SwitchResult::Success => Ok(()),
        }
    }
}

/// The last switches, and how many there were each way.
#[derive(Debug, Default)]
pub(super) struct History {
    recent: Recent<Switch>,
    back: u64,
}

impl History {
    /// Remembers a switch, and gives it its number.
    pub(super) fn push(&mut self, switch: Switch) -> Switch {
        self.back += u64::from(switch.direction == Direction::Back);
        self.recent.push(|number| Switch { number, ..switch })
    }

    /// Writes down what the hooks of switch `number` said, unless it is forgotten.
    pub(super) fn settle(&mut self, number: u64, result: &SwitchResult) {
        // The youngest are asked for.
        let found = self.recent.iter_mut().rfind(|it| it.number == number);
        if let Some(switch) = found {
            switch.result = result.clone();
        }
    }

    pub(super) fn last(&self) -> Option<&Switch> {
        self.recent.last()
    }

    pub(super) fn to_vec(&self) -> Vec<Switch> {
        self.recent.to_vec()
    }

    pub(super) fn over(&self) -> u64 {
        self.recent.total() - self.back
    }

    pub(super) fn back(&self) -> u64 {
        self.back
    }
}
