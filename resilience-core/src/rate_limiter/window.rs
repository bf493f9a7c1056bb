//! The limiters that count in windows.
//!
//! Times are nanoseconds since the clock's origin; a use is reckoned in permits × nanoseconds, so
//! that nothing is rounded.

use std::collections::VecDeque;

use super::state::{Refused, Seen};
use super::{RateLimiterConfig, RateLimiterKind};
use crate::clock::nanos;

/// A limiter that counts in windows.
#[derive(Debug)]
pub(super) struct Window {
    config: RateLimiterConfig,
    per: u64,
    created: u64,
    used: Used,
}

#[derive(Debug)]
enum Used {
    Fixed(Aligned),
    Counter(Aligned),
    Log(Log),
}

/// What was taken in the windows that are aligned to the creation.
///
/// `…_fits_at` says when a cost fits, `None` where it does now; `…_empty_at` when nothing is in use by
/// itself, or some time that has passed.
#[derive(Debug)]
struct Aligned {
    /// When the current window began.
    start: u64,
    current: u64,
    previous: u64,
}

/// What was taken when, oldest first; what was taken at one time is one entry.
#[derive(Debug)]
struct Log {
    entries: VecDeque<(u64, u64)>,
    total: u64,
    /// The newest time seen.
    seen: u64,
}

impl Window {
    /// Creates a limiter of which nothing is taken, of a config that was checked.
    pub(super) fn new(config: RateLimiterConfig, created: u64) -> Self {
        let aligned = Aligned {
            start: created,
            current: 0,
            previous: 0,
        };
        let used = match config.kind {
            RateLimiterKind::SlidingCounter => Used::Counter(aligned),
            RateLimiterKind::SlidingLog => Used::Log(Log {
                entries: VecDeque::new(),
                total: 0,
                seen: created,
            }),
            _ => Used::Fixed(aligned),
        };
        Self {
            per: nanos(config.per),
            config,
            created,
            used,
        }
    }

    /// Brings the window up to `now`.
    fn advance(&mut self, now: u64) {
        match &mut self.used {
            Used::Fixed(used) | Used::Counter(used) => used.advance(self.per, now),
            Used::Log(log) => log.advance(self.per, now),
        }
    }

    pub(super) fn check(&mut self, now: u64, cost: u32) -> Result<(), Refused> {
        self.advance(now);
        let (permits, per) = (self.config.permits, self.per);
        if cost > permits {
            return Err(Refused::Forever { most: permits });
        }
        let fits_at = match &self.used {
            _ if cost == 0 => None,
            Used::Fixed(used) => used.fixed_fits_at(permits, per, cost),
            Used::Counter(used) => used.counter_fits_at(permits, per, now, cost),
            Used::Log(log) => log.fits_at(permits, per, cost),
        };
        match fits_at {
            Some(time) => Err(Refused::For(time.saturating_sub(now.into()))),
            None => Ok(()),
        }
    }

    pub(super) fn take(&mut self, now: u64, cost: u32) -> Result<(), Refused> {
        self.check(now, cost)?;
        match &mut self.used {
            Used::Fixed(used) | Used::Counter(used) => used.current += u64::from(cost),
            Used::Log(log) => log.add(cost),
        }
        Ok(())
    }

    pub(super) fn seen(&mut self, now: u64) -> Seen {
        self.advance(now);
        let (permits, per) = (u128::from(self.config.permits), u128::from(self.per));
        let (used, empty_at) = match &self.used {
            Used::Fixed(used) => (used.current.into(), used.fixed_empty_at(per)),
            Used::Counter(used) => (
                used.counter_use(per, now).div_ceil(per),
                used.counter_empty_at(per),
            ),
            Used::Log(log) => (log.total.into(), log.empty_at(per)),
        };
        let remaining = u32::try_from(permits.saturating_sub(used))
            .expect("no more are left than the permits, which fit");
        Seen {
            config: self.config.clone(),
            remaining,
            reset_after: empty_at.saturating_sub(now.into()),
            waiting: 0,
        }
    }

    /// Goes on with the permits and the period of `config`, and with what is in use.
    pub(super) fn config(&self) -> &RateLimiterConfig {
        &self.config
    }

    pub(super) fn reconfigure(&mut self, config: RateLimiterConfig, now: u64) {
        self.advance(now);
        self.per = nanos(config.per);
        self.config = config;
        match &mut self.used {
            Used::Fixed(used) | Used::Counter(used) => {
                let age = now.max(used.start) - self.created;
                used.start = self.created + age / self.per * self.per;
            }
            Used::Log(log) => log.advance(self.per, now),
        }
    }
}

impl Aligned {
    fn advance(&mut self, per: u64, now: u64) {
        let windows = now.saturating_sub(self.start) / per;
        self.start += windows * per;
        match windows {
            0 => return,
            1 => self.previous = self.current,
            _ => self.previous = 0,
        }
        self.current = 0;
    }

    fn fixed_fits_at(&self, permits: u32, per: u64, cost: u32) -> Option<u128> {
        let fits = self.current + u64::from(cost) <= u64::from(permits);
        (!fits).then(|| u128::from(self.start) + u128::from(per))
    }

    /// Returns the use at `now`, the window before weighed, times `per`.
    fn counter_use(&self, per: u128, now: u64) -> u128 {
        let left = per - u128::from(now.saturating_sub(self.start));
        u128::from(self.previous) * left + u128::from(self.current) * per
    }

    fn counter_fits_at(&self, permits: u32, per: u64, now: u64, cost: u32) -> Option<u128> {
        let (permits, per, cost) = (u128::from(permits), u128::from(per), u128::from(cost));
        if self.counter_use(per, now) + cost * per <= permits * per {
            return None;
        }
        let (previous, current) = (u128::from(self.previous), u128::from(self.current));
        let end = u128::from(self.start) + per;
        // Time before the end of the window that weighs what it holds.
        let left = |room: u128, weighed: u128| room * per / weighed;
        Some(match permits.checked_sub(current + cost) {
            // Only the window before is in the way, and it goes with this one.
            Some(room) => end - left(room, previous),
            // This one is in the way, which is then the window before.
            None => end + per - left(permits - cost, current),
        })
    }

    fn fixed_empty_at(&self, per: u128) -> u128 {
        match self.current {
            0 => 0,
            _ => u128::from(self.start) + per,
        }
    }

    fn counter_empty_at(&self, per: u128) -> u128 {
        let end = u128::from(self.start) + per;
        match (self.current, self.previous) {
            (0, 0) => 0,
            (0, _) => end,
            _ => end + per,
        }
    }
}

impl Log {
    fn advance(&mut self, per: u64, now: u64) {
        self.seen = self.seen.max(now);
        while let Some((time, cost)) = self.entries.front() {
            if self.seen - time < per {
                break;
            }
            self.total -= cost;
            self.entries.pop_front();
        }
    }

    fn add(&mut self, cost: u32) {
        let (seen, cost) = (self.seen, u64::from(cost));
        match self.entries.back_mut() {
            _ if cost == 0 => return,
            Some((time, sum)) if *time == seen => *sum += cost,
            _ => self.entries.push_back((seen, cost)),
        }
        self.total += cost;
    }

    /// Returns when enough has gone for `cost` to fit; `None` where it has.
    fn fits_at(&self, permits: u32, per: u64, cost: u32) -> Option<u128> {
        let wanted = self.total + u64::from(cost);
        let mut excess = wanted.checked_sub(permits.into()).filter(|it| *it > 0)?;
        let mut entries = self.entries.iter();
        let (last, _) = entries.find(|(_, cost)| {
            excess = excess.saturating_sub(*cost);
            excess == 0
        })?;
        Some(u128::from(*last) + u128::from(per))
    }

    fn empty_at(&self, per: u128) -> u128 {
        self.entries
            .back()
            .map_or(0, |(time, _)| u128::from(*time) + per)
    }
}
