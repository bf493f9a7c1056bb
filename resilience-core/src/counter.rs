//! Counters that many threads add to and few read.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Number of stripes; a thread adds to the one that its number falls on.
const STRIPES: usize = 8;

/// A count that is spread over cache lines, so that threads seldom meet; or, for a policy that is one
/// of many, a single word.
///
/// It is no part of any decision, so that it is std's under loom too.
#[derive(Debug)]
pub(crate) struct Counter {
    stripes: Option<Box<[Stripe; STRIPES]>>,
    word: Tally,
}

/// A count that is seldom added to, or only under a lock: one word.
///
/// It is no part of any decision either.
#[derive(Debug, Default)]
pub(crate) struct Tally(AtomicU64);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Stripe(AtomicU64);

impl Tally {
    /// Adds one.
    #[inline]
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the count.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::striped()
    }
}

impl Counter {
    /// Creates a count that many threads add to.
    pub(crate) fn striped() -> Self {
        Self {
            stripes: Some(Box::default()),
            word: Tally::default(),
        }
    }

    /// Creates a count of which there are so many that threads seldom meet on one.
    pub(crate) fn small() -> Self {
        Self {
            stripes: None,
            word: Tally::default(),
        }
    }

    /// Adds one.
    #[inline]
    pub(crate) fn add_one(&self) {
        match &self.stripes {
            Some(stripes) => {
                let stripe = &stripes[thread_number() % STRIPES];
                stripe.0.fetch_add(1, Ordering::Relaxed);
            }
            None => self.word.add_one(),
        }
    }

    /// Returns the sum.
    pub(crate) fn sum(&self) -> u64 {
        let stripes = self.stripes.iter().flat_map(|it| it.iter());
        let counts = stripes.map(|it| it.0.load(Ordering::Relaxed));
        counts.fold(self.word.count(), u64::wrapping_add)
    }
}

/// Returns a small number that this thread keeps.
#[inline]
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed));
    // A thread that is going has no number any more; any stripe will do.
    MINE.try_with(|mine| *mine).unwrap_or(0)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn no_count_is_lost_between_threads() {
        for counter in [Counter::striped(), Counter::small()] {
            std::thread::scope(|scope| {
                for _ in 0..2 * STRIPES {
                    scope.spawn(|| (0..1_000).for_each(|_| counter.add_one()));
                }
            });
            assert_eq!(counter.sum(), 2 * STRIPES as u64 * 1_000);
        }
    }
}
