//! One recovery while it runs.

use std::time::Duration;

use super::state::{State, Step};
use super::{Incident, Recovery, RecoveryRecord, RecoveryResult, RecoveryStrategy};
use crate::failed::messages;
use crate::recent::shortened;
use crate::{BoxError, Time};

/// A recovery that was begun: says what to do next, until the component has recovered or no attempt
/// is left.
///
/// One that is dropped before is written down as abandoned, and the next error of its component
/// begins another.
#[derive(Debug)]
#[must_use = "a recovery that is dropped is abandoned"]
pub struct RecoveryRun {
    recovery: Recovery,
    incident: Incident,
    strategy: RecoveryStrategy,
    state: State,
    began: Time,
    limit: Duration,
    last_error: Option<String>,
    result: Option<RecoveryResult>,
}

impl RecoveryRun {
    pub(super) const fn new(
        recovery: Recovery,
        incident: Incident,
        strategy: RecoveryStrategy,
        state: State,
        began: Time,
        limit: Duration,
    ) -> Self {
        Self {
            recovery,
            incident,
            strategy,
            state,
            began,
            limit,
            last_error: None,
            result: None,
        }
    }

    /// Returns what to do next; `None` when it has ended.
    #[must_use]
    pub fn next_step(&self) -> Option<Step> {
        self.state.stands().ok()
    }

    /// Learns how the step went that was to be done next; after the end, nothing.
    ///
    /// Of an error the text of its whole chain of sources is kept, up to 1024 bytes.
    pub fn told(&mut self, step: Result<(), BoxError>) {
        if self.result.is_some() {
            return;
        }
        let well = step.is_ok();
        if let Err(error) = step {
            self.last_error = Some(shortened(messages(error.as_ref())));
        }
        self.state.told(well, self.recovery.env().chance());
        match self.state.stands() {
            Ok(_) => {}
            Err(true) => self.end(RecoveryResult::Recovered),
            Err(false) => self.end(RecoveryResult::GaveUp),
        }
    }

    /// Returns how it ended; `None` while it runs.
    #[must_use]
    pub const fn result(&self) -> Option<RecoveryResult> {
        self.result
    }

    /// Returns what it recovers from.
    #[must_use]
    pub const fn incident(&self) -> &Incident {
        &self.incident
    }

    /// Returns what is done.
    #[must_use]
    pub const fn strategy(&self) -> RecoveryStrategy {
        self.strategy
    }

    /// Returns how long a step may take.
    #[must_use]
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns what the last step that failed said.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    fn end(&mut self, result: RecoveryResult) {
        self.result = Some(result);
        let took = self.recovery.env().now().since(self.began);
        self.recovery.end(RecoveryRecord {
            number: 0,
            at: self.began,
            incident: self.incident.clone(),
            strategy: self.strategy,
            attempts: self.state.attempts(),
            result,
            took,
            last_error: self.last_error.clone(),
        });
    }
}

impl Drop for RecoveryRun {
    fn drop(&mut self) {
        if self.result.is_none() {
            self.end(RecoveryResult::Abandoned);
        }
    }
}
