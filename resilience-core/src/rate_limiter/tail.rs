//! The one word of a limiter that runs by GCRA.

/// When all permits are back, in 62 bits of nanoseconds, and the number of the rate by which that
/// was reckoned, in 2.
///
/// 62 bits are 146 years, so that a clock which counts from 1970 is near too.
///
/// A caller that reckoned by one rate must not write its result after the rate was changed: a day's
/// price for one call, written into a limiter that was just made fast, would stop it for a day. The
/// number differs then, and the write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail(u64);

/// The bits of the time. All of them set: it is not in the word, but beside the queue.
const TIME: u64 = u64::MAX >> 2;

impl Tail {
    /// Where no time is: those who see it come to the lock.
    pub(super) const FAR: Self = Self(TIME);

    pub(super) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    /// Returns when all permits are back; `None` where that is not in the word.
    #[inline]
    pub(super) const fn near(self) -> Option<u64> {
        match self.0 & TIME {
            TIME => None,
            time => Some(time),
        }
    }

    /// Moves to `time`, by the same rate; `None` where that is too far off.
    #[inline]
    pub(super) const fn moved_near(self, time: u64) -> Option<Self> {
        if time < TIME {
            Some(Self(self.0 & !TIME | time))
        } else {
            None
        }
    }

    /// Moves to `time`, by the same rate, or to where no time is.
    pub(super) fn moved(self, time: u128) -> Self {
        let near = u64::try_from(time).ok();
        near.and_then(|near| self.moved_near(near))
            .unwrap_or(Self(self.0 | TIME))
    }

    /// Moves to `time`, by the next rate.
    pub(super) fn moved_by_next_rate(self, time: u128) -> Self {
        Self(self.0.wrapping_add(TIME + 1)).moved(time)
    }
}

/// What was taken, to be given back unused.
///
/// It goes back only if nobody took anything after it.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The tail that it made.
    tail: Tail,
    price: u64,
}

impl Ticket {
    /// Took nothing, or nothing that can be given back.
    pub(super) const NOTHING: Self = Self {
        tail: Tail::FAR,
        price: 0,
    };

    #[inline]
    pub(super) const fn near(tail: Tail, price: u64) -> Self {
        Self { tail, price }
    }

    pub(super) fn new(tail: Tail, price: u128) -> Self {
        match (tail.near(), u64::try_from(price)) {
            (Some(_), Ok(price)) => Self { tail, price },
            _ => Self::NOTHING,
        }
    }

    pub(super) const fn parts(&self) -> (Tail, u64) {
        (self.tail, self.price)
    }
}
