//! Where one recovery stands.

use std::time::Duration;

use super::config::RecoveryAction;
use crate::backoff::{Backoff, Delays};
use crate::{Chance, ConfigError};

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long to wait before.
    pub wait: Duration,
    /// What to do then.
    pub act: Act,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The strategy's own step.
    Attempt {
        /// Which attempt it is, from 1.
        number: u32,
    },
    /// A look whether the component is well.
    Check {
        /// Number of good checks in a row before it.
        passed: u32,
    },
}

#[derive(Debug)]
pub(super) struct State {
    max_attempts: u32,
    success_threshold: u32,
    check_every: Duration,
    delays: Delays,
    attempts: u32,
    stands: Result<Step, bool>,
}

impl State {
    pub(super) fn new(
        action: &RecoveryAction,
        check_every: Duration,
        chance: &Chance,
    ) -> Result<Self, ConfigError> {
        action.check()?;
        let mut delays = Backoff::new(action.backoff.clone())?.start();
        let wait = match action.wait_first {
            true => delays.next(chance),
            false => Duration::ZERO,
        };
        Ok(Self {
            max_attempts: action.max_attempts,
            success_threshold: action.success_threshold,
            check_every,
            delays,
            attempts: 1,
            stands: Ok(Step {
                wait,
                act: Act::Attempt { number: 1 },
            }),
        })
    }

    /// Returns what is to be done next, or else whether the component has recovered.
    pub(super) const fn stands(&self) -> Result<Step, bool> {
        self.stands
    }

    /// Returns which attempt it is.
    pub(super) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Learns how the step went.
    pub(super) fn told(&mut self, well: bool, chance: &Chance) {
        let Ok(Step { act, .. }) = self.stands else {
            return;
        };
        self.stands = match act {
            _ if !well => self.fail(chance),
            Act::Attempt { .. } => self.passed(0),
            Act::Check { passed } => self.passed(passed.saturating_add(1)),
        };
    }

    fn passed(&self, passed: u32) -> Result<Step, bool> {
        match passed < self.success_threshold {
            false => Err(true),
            true => Ok(Step {
                wait: self.check_every,
                act: Act::Check { passed },
            }),
        }
    }

    fn fail(&mut self, chance: &Chance) -> Result<Step, bool> {
        if self.attempts >= self.max_attempts {
            return Err(false);
        }
        self.attempts += 1;
        let number = self.attempts;
        Ok(Step {
            wait: self.delays.next(chance),
            act: Act::Attempt { number },
        })
    }
}
