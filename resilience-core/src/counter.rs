//! Counters that many threads add to and few read.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Number of stripes that belong to one thread at a time, which adds to them without a locked
/// operation.
const OWN: usize = 8;

/// Number of stripes in all; those past [`OWN`] are shared by the threads that found none free.
const STRIPES: usize = 2 * OWN;

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
            Some(stripes) => match PLACE.get() {
                // Nobody else writes there.
                own @ 0..OWN => {
                    let count = &stripes[own].0;
                    let more = count.load(Ordering::Relaxed).wrapping_add(1);
                    count.store(more, Ordering::Relaxed);
                }
                other => {
                    let count = &stripes[shared_place(other)].0;
                    count.fetch_add(1, Ordering::Relaxed);
                }
            },
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

thread_local! {
    /// The stripe of this thread.
    static PLACE: Cell<usize> = const { Cell::new(UNKNOWN) };
    /// Gives the stripe back when the thread ends.
    static LEASE: Lease = Lease::take();
}

/// The place of a thread that has not asked for one.
const UNKNOWN: usize = usize::MAX;

/// The places below [`OWN`] that belong to a thread, a bit each.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// A thread's right to its place.
struct Lease(usize);

impl Lease {
    fn take() -> Self {
        let free = |taken: u64| {
            let place = taken.trailing_ones() as usize;
            (place < OWN).then(|| taken | 1 << place)
        };
        // Acquire: what the thread before wrote to its stripes is where this one goes on.
        let taken = TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, free);
        let place = taken.map_or_else(
            |_| {
                static NEXT: AtomicUsize = AtomicUsize::new(0);
                OWN + NEXT.fetch_add(1, Ordering::Relaxed) % OWN
            },
            |taken| taken.trailing_ones() as usize,
        );
        Self(place)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // What this thread still counts on its way out goes to a shared stripe.
        PLACE.set(OWN);
        if self.0 < OWN {
            TAKEN.fetch_and(!(1 << self.0), Ordering::Release);
        }
    }
}

/// Returns a stripe to add to by a locked operation, and gives a thread that is new its place.
#[inline(never)]
fn shared_place(place: usize) -> usize {
    if place != UNKNOWN {
        return place;
    }
    // A thread that is going has no lease any more.
    let place = LEASE.try_with(|lease| lease.0).unwrap_or(OWN);
    PLACE.set(place);
    place
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

    #[test]
    fn a_place_goes_from_a_thread_that_ended_to_one_that_begins() {
        let counter = Counter::striped();
        for _ in 0..10 * STRIPES {
            std::thread::scope(|scope| {
                scope.spawn(|| counter.add_one());
            });
        }
        assert_eq!(counter.sum(), 10 * STRIPES as u64);
    }

    #[test]
    fn a_thread_counts_to_its_very_end() {
        struct Last(std::sync::Arc<Counter>);
        impl Drop for Last {
            fn drop(&mut self) {
                self.0.add_one();
            }
        }
        thread_local!(static LAST: Cell<Option<Last>> = const { Cell::new(None) });
        let counter = std::sync::Arc::new(Counter::striped());
        for early in [true, false] {
            let counter = counter.clone();
            let thread = std::thread::spawn(move || {
                // Destructors of a thread's values run in an order that hangs on their first use.
                if early {
                    LAST.set(Some(Last(counter.clone())));
                    counter.add_one();
                } else {
                    counter.add_one();
                    LAST.set(Some(Last(counter)));
                }
            });
            thread.join().unwrap();
        }
        assert_eq!(counter.sum(), 4);
    }
}
