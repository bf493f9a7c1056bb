//! The generic cell rate algorithm: the time at which all permits are back is the whole state.
//!
//! Times are nanoseconds since the clock's origin. A tail may lie beyond the end of the clock, a day
//! times a million does, so that it has 128 bits; no product of what a config can say overflows
//! those.

use std::time::Duration;

use super::RateLimiterConfig;

/// What a limiter knows at one moment.
pub(super) struct Seen {
    pub(super) config: RateLimiterConfig,
    pub(super) remaining: u32,
    pub(super) reset_after: u128,
    pub(super) waiting: usize,
}

/// What permits cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// Time in which one permit comes back.
    pub(super) each: u64,
    /// Number of permits that come back in all.
    pub(super) burst: u32,
}

/// Why permits were not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The cost fits after so many nanoseconds.
    For(u128),
    /// The cost is above the most that is ever there.
    Forever { most: u32 },
}

impl Rate {
    /// Returns the time in which `cost` permits come back.
    pub(super) fn price(self, cost: u32) -> u128 {
        u128::from(self.each) * u128::from(cost)
    }

    /// Returns the time in which all permits come back.
    ///
    /// What one of them costs was rounded up by less than a nanosecond: three a second take two
    /// nanoseconds more than that, and would be told to come back in two seconds.
    pub(super) fn window(self) -> Duration {
        let window = duration(self.price(self.burst));
        match window.subsec_nanos() < self.burst {
            true => Duration::from_secs(window.as_secs()),
            false => window,
        }
    }

    /// Returns when one whose permits are back at `tail` is due.
    pub(super) fn due(self, tail: u128) -> u128 {
        tail.saturating_sub(self.price(self.burst))
    }

    /// Returns when all permits are back if `cost` are taken behind `tail`, at `now` or later.
    pub(super) fn behind(self, tail: u128, now: u64, cost: u32) -> u128 {
        tail.max(now.into()).saturating_add(self.price(cost))
    }

    /// Takes `cost` permits at `now`, where all are back at `tail`; returns when all will be back.
    pub(super) fn take(self, tail: u128, now: u64, cost: u32) -> Result<u128, Refused> {
        let (next, wait) = self.reserve(tail, now, cost)?;
        match wait {
            0 => Ok(next),
            wait => Err(Refused::For(wait)),
        }
    }

    /// Returns when all permits will be back if `cost` are taken as soon as they can be, and how
    /// long after `now` that is.
    pub(super) fn reserve(self, tail: u128, now: u64, cost: u32) -> Result<(u128, u128), Refused> {
        let most = self.burst;
        if cost > most {
            return Err(Refused::Forever { most });
        }
        let next = self.behind(tail, now, cost);
        Ok((next, self.due(next).saturating_sub(now.into())))
    }

    /// Does what [`take`](Self::take) does in 64 bits; `None` where they are too few.
    #[inline]
    pub(super) fn take_near(self, tail: u64, now: u64, cost: u32) -> Option<Result<u64, Refused>> {
        let most = self.burst;
        if cost > most {
            return Some(Err(Refused::Forever { most }));
        }
        let price = self.each.checked_mul(cost.into())?;
        let next = tail.max(now).checked_add(price)?;
        // Where this saturates it is after any `next` that fits.
        let latest = now.saturating_add(self.each.saturating_mul(most.into()));
        Some(match next.checked_sub(latest) {
            None | Some(0) => Ok(next),
            Some(wait) => Err(Refused::For(wait.into())),
        })
    }

    /// Returns how many permits could be taken at `now`.
    pub(super) fn remaining(self, tail: u128, now: u64) -> u32 {
        let debt = tail.saturating_sub(now.into());
        let left = self.price(self.burst).saturating_sub(debt) / u128::from(self.each);
        u32::try_from(left).expect("no more are left than the burst, which fits")
    }

    /// Returns the tail at which as many permits are out at `now`, parts of one too, as are by the
    /// rate `old` and its `tail`.
    pub(super) fn take_over(self, old: Self, tail: u128, now: u64) -> u128 {
        let now = u128::from(now);
        let debt = tail.saturating_sub(now);
        // In two parts, since the whole product may have more than 128 bits.
        let (old, new) = (u128::from(old.each), u128::from(self.each));
        let (whole, part) = (debt / old, debt % old);
        let debt = whole
            .saturating_mul(new)
            .saturating_add((part * new).div_ceil(old));
        now.saturating_add(debt)
    }
}

/// Returns `nanos` as a length of time.
pub(super) fn duration(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    // Nearly always, and a division of 128 bits is a loop.
    if let Ok(nanos) = u64::try_from(nanos) {
        return Duration::from_nanos(nanos);
    }
    match u64::try_from(nanos / SECOND) {
        Ok(seconds) => Duration::new(seconds, (nanos % SECOND) as u32),
        Err(_) => Duration::MAX,
    }
}
