//! Those who wait their turn: each with the tail as it is once he has had it.

use super::RateLimiterConfig;
use super::state::Rate;
use super::tail::Ticket;
use crate::line::{Line, Wakes};

#[derive(Debug)]
pub(super) struct Waiters {
    pub(super) line: Line<Waiter, Ticket>,
    /// The tail, where it is not in its word.
    pub(super) far: u128,
    pub(super) config: RateLimiterConfig,
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) cost: u32,
    /// When all permits are back once this one has had his turn.
    pub(super) tail: u128,
}

impl Waiters {
    /// Returns the longest wait, in nanoseconds.
    pub(super) fn max_wait(&self) -> u128 {
        self.config.max_wait.unwrap_or_default().as_nanos()
    }

    /// Returns the tail as it is before `number` has had his turn, if he waits.
    fn base(&self, number: u64, rate: Rate) -> Option<u128> {
        let waiter = self.line.get(number)?;
        Some(match self.line.before(number) {
            Some(before) => before.tail,
            None => waiter.tail.saturating_sub(rate.price(waiter.cost)),
        })
    }

    /// Returns the tail as it is if `number` goes and those behind him move forward, if he waits.
    pub(super) fn tail_without(&self, number: u64, rate: Rate, now: u64) -> Option<u128> {
        let base = self.base(number, rate)?;
        let behind = |tail, it: &Waiter| rate.behind(tail, now, it.cost);
        Some(self.line.after(number).fold(base, behind))
    }

    /// Moves those behind `number` forward, as if he were gone.
    pub(super) fn move_up_behind(&mut self, number: u64, rate: Rate, now: u64, wakes: &mut Wakes) {
        if let Some(base) = self.base(number, rate) {
            self.line_up(number + 1, base, rate, now, wakes);
        }
    }

    /// Reckons the tail and those who wait by the rate `new`; returns the tail.
    pub(super) fn reckon_anew(
        &mut self,
        old: Rate,
        new: Rate,
        now: u64,
        wakes: &mut Wakes,
    ) -> u128 {
        let first = self.line.first().map(|(number, _)| number);
        let base = first.and_then(|first| self.base(first, old));
        let base = new.take_over(old, base.unwrap_or(self.far), now);
        self.line_up(0, base, new, now, wakes)
    }

    /// Reckons those from `number` on behind the tail `base`; returns the tail.
    fn line_up(
        &mut self,
        number: u64,
        base: u128,
        rate: Rate,
        now: u64,
        wakes: &mut Wakes,
    ) -> u128 {
        let mut tail = base;
        self.line.change(number, wakes, |it| {
            tail = rate.behind(tail, now, it.cost);
            it.tail = tail;
        });
        tail
    }
}
