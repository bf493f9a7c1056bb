//! Which target is active, and what is known of the others.

use super::config::FailoverConfig;
use super::history::{Direction, SwitchReason};
use crate::Outcome;

/// A call that began under this period belongs to it; the periods are counted modulo this.
const PERIODS: u64 = 1 << 48;

/// What a call needs to know, and what fits in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Number of switches so far.
    pub(super) period: u64,
    pub(super) active: usize,
    /// Whether a success would change nothing.
    pub(super) quiet: bool,
}

impl Head {
    #[inline]
    pub(super) const fn word(self) -> u64 {
        self.period << 16 | (self.active as u64) << 1 | self.quiet as u64
    }

    #[inline]
    pub(super) const fn from_word(word: u64) -> Self {
        Self {
            period: word >> 16,
            active: (word as u16 >> 1) as usize,
            quiet: word & 1 == 1,
        }
    }
}

/// A change of the active target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) direction: Direction,
    pub(super) reason: SwitchReason,
}

#[derive(Debug)]
pub(super) struct State {
    switch_after: u32,
    fail_back_after: u32,
    /// Of each target that has failed, its healthy checks in a row since then.
    marks: Vec<Option<u32>>,
    active: usize,
    /// Failures of the active target in a row.
    run: u32,
    period: u64,
}

impl State {
    pub(super) fn new(config: &FailoverConfig) -> Self {
        Self {
            switch_after: config.switch_after,
            fail_back_after: config.fail_back_after,
            marks: vec![None; config.targets.len()],
            active: 0,
            run: 0,
            period: 0,
        }
    }

    /// Goes by new numbers. What is known stays, and the next result or check sees them.
    /// Returns after how many failures it switches, and after how many checks it goes back.
    pub(super) const fn limits(&self) -> (u32, u32) {
        (self.switch_after, self.fail_back_after)
    }

    pub(super) fn reconfigure(&mut self, config: &FailoverConfig) {
        self.switch_after = config.switch_after;
        self.fail_back_after = config.fail_back_after;
    }

    pub(super) fn head(&self) -> Head {
        Head {
            period: self.period,
            active: self.active,
            quiet: self.run == 0 && self.marks[self.active].is_none(),
        }
    }

    pub(super) fn run(&self) -> u32 {
        self.run
    }

    /// Returns, of each target that has failed, its healthy checks in a row since then.
    pub(super) fn marks(&self) -> &[Option<u32>] {
        &self.marks
    }

    /// Learns how a call ended that began in `period`.
    pub(super) fn record(&mut self, period: u64, outcome: Outcome) -> Option<Move> {
        if period != self.period {
            return None;
        }
        match outcome {
            Outcome::Ignored => None,
            Outcome::Success => {
                self.run = 0;
                self.marks[self.active] = None;
                None
            }
            Outcome::Failure => self.fail(),
        }
    }

    fn fail(&mut self) -> Option<Move> {
        self.run = self.run.saturating_add(1);
        if self.run < self.switch_after {
            return None;
        }
        // A target that is marked keeps the checks it has passed since.
        self.marks[self.active].get_or_insert(0);
        let to = self.marks.iter().position(Option::is_none)?;
        let in_a_row = self.run;
        Some(self.switch(to, SwitchReason::Failures { in_a_row }))
    }

    /// Learns the result of a health check.
    pub(super) fn check(&mut self, target: usize, healthy: bool) -> Option<Move> {
        let passed = self.marks[target].as_mut()?;
        *passed = if healthy { passed.saturating_add(1) } else { 0 };
        let checks = *passed;
        if checks < self.fail_back_after {
            return None;
        }
        self.marks[target] = None;
        let better = target < self.active;
        better.then(|| self.switch(target, SwitchReason::Healthy { checks }))
    }

    /// Moves to the best target before the active one that has not failed.
    pub(super) fn fail_back(&mut self) -> Option<Move> {
        let to = (0..self.active).find(|&it| self.marks[it].is_none())?;
        Some(self.switch(to, SwitchReason::Operator))
    }

    /// Moves to the next target after the active one that has not failed.
    pub(super) fn fail_over(&mut self) -> Option<Move> {
        let to = (self.active + 1..self.marks.len()).find(|&it| self.marks[it].is_none())?;
        Some(self.switch(to, SwitchReason::Operator))
    }

    fn switch(&mut self, to: usize, reason: SwitchReason) -> Move {
        let from = std::mem::replace(&mut self.active, to);
        self.run = 0;
        self.period = (self.period + 1) % PERIODS;
        let direction = if to < from {
            Direction::Back
        } else {
            Direction::Over
        };
        Move {
            from,
            to,
            direction,
            reason,
        }
    }
}
