//! Where policies get their luck.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// A stream of random numbers that a seed replays.
///
/// Draws take no lock: each is made by a generator of its own, seeded by the draw's number.
#[derive(Debug)]
pub struct Chance(Source);

#[derive(Debug)]
enum Source {
    Seeded(AtomicU64),
    #[cfg(feature = "testing")]
    Scripted(crate::sync::Mutex<std::collections::VecDeque<f64>>),
}

impl Chance {
    /// Creates the stream that belongs to `seed`.
    ///
    /// The same seed gives the same numbers as long as the version of `rand` stays.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(AtomicU64::new(seed)))
    }

    /// Creates a stream that returns `draws`, numbers in `[0, 1)`, and then has run out.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn scripted(draws: impl IntoIterator<Item = f64>) -> Self {
        let draws = draws.into_iter().collect();
        Self(Source::Scripted(crate::sync::Mutex::new(draws)))
    }

    /// Returns the next number in `[0, 1)`.
    ///
    /// # Panics
    ///
    /// A scripted stream panics when it has run out: the test asked for more luck than it planned.
    pub fn unit(&self) -> f64 {
        match &self.0 {
            Source::Seeded(next) => {
                // An odd step visits every seed before it repeats one.
                let seed = next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                SmallRng::seed_from_u64(seed).random()
            }
            #[cfg(feature = "testing")]
            Source::Scripted(draws) => {
                let draw = draws.lock().pop_front();
                draw.expect("the scripted chance has run out")
            }
        }
    }
}

impl Default for Chance {
    /// Creates a stream that no other process has.
    fn default() -> Self {
        Self::seeded(RandomState::new().hash_one(()))
    }
}
