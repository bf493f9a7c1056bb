//! The time of an engine, and what is taken for a clock that was set or a machine that was suspended.

use std::time::Duration;

/// No shorter step is a jump, unless the options say so.
const LEAST: Duration = Duration::from_secs(30);

/// How many steps in a row are too long until they are what is usual.
const PATIENCE: u32 = 3;

/// How far the time may be behind that of the step before without having been set back: as if two threads read it.
const ABREAST: Duration = Duration::from_secs(1);

/// Follows the caller's clock, and finds the steps in which nobody looked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    last: Option<Duration>,
    /// How long steps were lately: the longest of them, of which each shorter one takes an eighth of the difference.
    usual: Option<Duration>,
    /// How many steps in a row were too long. That is no suspension any more, but how often somebody looks.
    long: u32,
}

/// What is taken for a jump.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// What the options say.
    pub(super) longest: Option<Duration>,
    /// Whether the caller decides by himself when to evaluate, so that nothing but the options bounds a step.
    pub(super) by_hand: bool,
    /// The shortest interval of a group.
    pub(super) interval: Option<Duration>,
    /// How long a sample stands for its series.
    pub(super) lookback: Duration,
}

/// A step that was not one of time that went by while somebody looked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Jump {
    /// Nobody looked for `lost` of the time after `since`.
    Ahead { since: Duration, lost: Duration },
    /// The clock was set back by so much; samples go back further, so that there is room for the next.
    Back { by: Duration, samples: Duration },
}

impl Clock {
    /// Takes what the caller's clock says, and returns what time it is.
    pub(super) fn turn(&mut self, now: Duration, pace: &Pace) -> (Duration, Option<Jump>) {
        let Some(last) = self.last.replace(now) else {
            return (now, None);
        };
        if let Some(by) = last.checked_sub(now).filter(|by| !by.is_zero()) {
            if by <= ABREAST {
                self.last = Some(last);
                return (last, None);
            }
            let samples = pace.whole(by.saturating_add(self.one()), true);
            return (now, Some(Jump::Back { by, samples }));
        }
        let step = now - last;
        if pace.bound(self.usual).is_some_and(|bound| step > bound) && self.is_odd(pace) {
            let lost = pace.whole(step.saturating_sub(self.one()), false);
            let jump = Jump::Ahead { since: last, lost };
            return (now, Some(jump).filter(|_| !lost.is_zero()));
        }
        if !step.is_zero() {
            self.long = 0;
            let fade = |usual: Duration| usual - usual.saturating_sub(step) / 8;
            self.usual = Some(self.usual.map_or(step, fade).max(step));
        }
        (now, None)
    }

    /// Says whether one more step that is too long is still not what is usual; a bound that the options set stays.
    fn is_odd(&mut self, pace: &Pace) -> bool {
        self.long += 1;
        self.long < PATIENCE || pace.longest.is_some()
    }

    /// Returns what time it is where no step is made.
    pub(super) fn look(&self, now: Duration) -> Duration {
        self.last.map_or(now, |last| last.max(now))
    }

    /// What counts of a step that is a jump.
    fn one(&self) -> Duration {
        self.usual.unwrap_or(Duration::from_millis(1))
    }
}

impl Pace {
    fn bound(&self, usual: Option<Duration>) -> Option<Duration> {
        if self.longest.is_some() || self.by_hand {
            return self.longest;
        }
        // Who looks less often than samples stand for their series has said so by then.
        let steps = usual.map_or(self.lookback, |usual| usual.saturating_mul(3));
        let intervals = self.interval.unwrap_or_default().saturating_mul(3);
        Some(steps.max(intervals).max(LEAST))
    }

    /// A whole number of intervals or milliseconds, so that samples are as far from whole intervals as before.
    fn whole(&self, length: Duration, up: bool) -> Duration {
        let unit = self.interval.unwrap_or(Duration::from_millis(1));
        let over = u64::try_from(length.as_nanos() % unit.as_nanos().max(1));
        let over = Duration::from_nanos(over.unwrap_or_default());
        match up && !over.is_zero() {
            true => length.saturating_add(unit - over),
            false => length - over,
        }
    }
}
