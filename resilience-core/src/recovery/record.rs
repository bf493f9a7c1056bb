//! What became of every recovery.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{ErrorKind, RecoveryStrategy};
use crate::failed::messages;
use crate::{ConfigError, Name, Time};

/// Something to recover from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Incident {
    /// The component it concerns. Of each one, one recovery runs at a time.
    pub component: Name,
    /// What sort of error it is.
    pub kind: ErrorKind,
    /// What the error says. Kept up to 1024 bytes.
    pub message: String,
    /// What else the reader of the history should know: up to 16 pairs, each text kept up to 1024
    /// bytes.
    pub context: Vec<(String, String)>,
}

impl Incident {
    /// Creates an incident without context. Where the kind names a component, it concerns that one.
    #[must_use]
    pub fn new(component: impl Into<Name>, kind: ErrorKind, message: impl Into<String>) -> Self {
        let component = match &kind {
            ErrorKind::ComponentFailure { component } => component.clone(),
            _ => component.into(),
        };
        Self {
            component,
            kind,
            message: message.into(),
            context: Vec::new(),
        }
    }

    /// Creates the incident of a component that failed with `error`, whatever sort that is; the message
    /// is the text of its whole chain of sources.
    #[must_use]
    pub fn failed(component: impl Into<Name>, error: &(dyn Error + 'static)) -> Self {
        let component = component.into();
        let kind = ErrorKind::ComponentFailure {
            component: component.clone(),
        };
        Self::new(component, kind, messages(error))
    }

    /// Adds to the context.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.push((key.into(), value.into()));
        self
    }
}

/// How a recovery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum RecoveryResult {
    /// The component is well again.
    Recovered = 0,
    /// No attempt is left.
    GaveUp = 1,
    /// Nobody went on with it.
    Abandoned = 2,
}

impl RecoveryResult {
    /// Returns the word for it in metrics, traces and reports: in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::GaveUp => "gave_up",
            Self::Abandoned => "abandoned",
        }
    }
}

impl fmt::Display for RecoveryResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One recovery that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RecoveryRecord {
    /// Which recovery of its policy it is, from 1, in the order in which they ended.
    pub number: u64,
    /// When it began.
    pub at: Time,
    /// What it was for.
    pub incident: Incident,
    /// What was done.
    pub strategy: RecoveryStrategy,
    /// Number of attempts that were begun or waited for.
    pub attempts: u32,
    /// How it ended.
    pub result: RecoveryResult,
    /// How long it took.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub took: Duration,
    /// What the last step that failed said.
    pub last_error: Option<String>,
}

impl fmt::Display for RecoveryRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            incident,
            strategy,
            attempts,
            result,
            took,
            ..
        } = self;
        let Incident {
            component, kind, ..
        } = incident;
        write!(
            f,
            "{component} {result} from {kind} by {strategy} in {took:?}, attempts: {attempts}"
        )
    }
}

/// How the recoveries by one strategy ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RecoveryCounts {
    /// The strategy.
    pub strategy: RecoveryStrategy,
    /// Number of those after which the component was well again.
    pub recovered: u64,
    /// Number of those among them that took longer than the target.
    pub late: u64,
    /// Number of those that ran out of attempts.
    pub gave_up: u64,
    /// Number of those that nobody went on with.
    pub abandoned: u64,
    /// What those that recovered took together.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub recovery_time: Duration,
    /// What the longest of them took.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub longest: Duration,
}

impl RecoveryCounts {
    pub(super) const fn new(strategy: RecoveryStrategy) -> Self {
        Self {
            strategy,
            recovered: 0,
            late: 0,
            gave_up: 0,
            abandoned: 0,
            recovery_time: Duration::ZERO,
            longest: Duration::ZERO,
        }
    }

    pub(super) fn count(&mut self, result: RecoveryResult, took: Duration, target: Duration) {
        let counter = match result {
            RecoveryResult::Recovered => &mut self.recovered,
            RecoveryResult::GaveUp => &mut self.gave_up,
            RecoveryResult::Abandoned => &mut self.abandoned,
        };
        *counter = counter.saturating_add(1);
        if result == RecoveryResult::Recovered {
            self.late = self.late.saturating_add(u64::from(took > target));
            self.recovery_time = self.recovery_time.saturating_add(took);
            self.longest = self.longest.max(took);
        }
    }
}

/// How many errors of one sort there were.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ErrorCount {
    /// The word for the sort.
    pub category: Name,
    /// How many there were.
    pub errors: u64,
}

/// What a [`Recovery`](super::Recovery) knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RecoverySnapshot {
    /// The components that a recovery runs for, by name.
    pub under_way: Vec<Name>,
    /// The components that the system goes on without, by name.
    pub degraded: Vec<Name>,
    /// How recoveries ended, one for each strategy in the order of [`RecoveryStrategy::ALL`].
    pub counts: Vec<RecoveryCounts>,
    /// How many errors came so far, whatever was done for them, by the word for their sort. All of the
    /// caller's own sorts are `custom`, so that the list stays closed.
    pub errors: Vec<ErrorCount>,
    /// Number of errors so far that came while a recovery of their component ran.
    pub joined: u64,
    /// Number of errors so far for which nothing is to be done.
    pub unhandled: u64,
    /// The last recovery that ended.
    pub last: Option<RecoveryRecord>,
}

/// Why no recovery was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotStarted {
    /// One runs already for this component, and covers this error too.
    UnderWay {
        /// The component.
        component: Name,
    },
    /// Nothing is to be done for errors of this sort.
    NoAction {
        /// The sort.
        kind: ErrorKind,
    },
    /// The action is none that can be done.
    BadAction(ConfigError),
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnderWay { component } => write!(f, "{component} is being recovered already"),
            Self::NoAction { kind } => write!(f, "no action is set for {kind}"),
            Self::BadAction(_) => f.write_str("the action cannot be done"),
        }
    }
}

impl Error for NotStarted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::BadAction(error) => Some(error),
            Self::UnderWay { .. } | Self::NoAction { .. } => None,
        }
    }
}
