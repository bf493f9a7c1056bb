//! Delays that grow, and the chance that spreads them.
//!
#![doc = include_str!("../docs/backoff.md")]

use std::time::Duration;

use crate::clock::nanos;
use crate::{Chance, ConfigError};

/// Settings of a [`Backoff`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct BackoffConfig {
    /// How delays grow. Default: exponentially.
    pub kind: BackoffKind,
    /// First delay, at least 1 ns. Default: 1 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub base: Duration,
    /// What an exponential delay is multiplied by each time, at least 1. Default: 2.
    pub factor: f64,
    /// Longest delay, at least `base`; no jitter exceeds it. Default: 60 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub max: Duration,
    /// How much of a delay is left to chance. Default: the second half.
    pub jitter: Jitter,
}

/// How delays grow from one repetition to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum BackoffKind {
    /// The base, each time.
    Fixed,
    /// The base times the number of the repetition.
    Linear,
    /// The base times the factor to the power of the repetitions before.
    #[default]
    Exponential,
}

/// How much of a delay is left to chance, so that callers who failed together do not come back
/// together. Applied after the cap: delays still spread once they have reached it.
///
/// Equal, full and decorrelated jitter are those of Marc Brooker, "Exponential Backoff And Jitter"
/// (AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Jitter {
    /// Nothing.
    None,
    /// The second half of the delay.
    #[default]
    Equal,
    /// All of the delay.
    Full,
    /// Between the base and three times the delay before, at most the cap; kind and factor do not
    /// matter.
    Decorrelated,
}

impl Default for BackoffConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl BackoffConfig {
    /// What [`default`](Default::default) returns, for constants of one's own.
    pub const DEFAULT: Self = Self {
        kind: BackoffKind::Exponential,
        base: Duration::from_secs(1),
        factor: 2.0,
        max: Duration::from_secs(60),
        jitter: Jitter::Equal,
    };

    /// Returns the settings of a delay that is always exactly `delay`.
    #[must_use]
    pub const fn fixed(delay: Duration) -> Self {
        Self {
            kind: BackoffKind::Fixed,
            base: delay,
            factor: 2.0,
            max: delay,
            jitter: Jitter::None,
        }
    }
}

/// Says how long to wait before each repetition.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::backoff::{Backoff, BackoffConfig, Jitter};
/// use resilience_core::Chance;
///
/// let config = BackoffConfig { jitter: Jitter::None, ..Default::default() };
/// let backoff = Backoff::new(config)?;
/// let mut delays = backoff.start();
/// let waits = [(); 7].map(|()| delays.next(&Chance::default()).as_secs());
/// assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60]);
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff(BackoffConfig);

impl Backoff {
    /// Creates a back-off.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn new(config: BackoffConfig) -> Result<Self, ConfigError> {
        let BackoffConfig {
            base, factor, max, ..
        } = config;
        ConfigError::unless(!base.is_zero(), "base", "must be at least 1 ns", base)?;
        ConfigError::unless(factor >= 1.0, "factor", "must be at least 1", factor)?;
        ConfigError::unless(base <= max, "max", "must be at least `base`", max)?;
        Ok(Self(config))
    }

    /// Returns the settings it was made from.
    #[must_use]
    pub const fn config(&self) -> &BackoffConfig {
        &self.0
    }

    /// Returns the delay before the `attempt`-th repetition, counted from 1, whatever came before.
    ///
    /// A decorrelated delay is that of the first repetition, since it hangs on nothing but the
    /// delay before.
    #[must_use]
    pub fn delay(&self, attempt: u32, chance: &Chance) -> Duration {
        let plain = self.plain(attempt);
        let draw = || chance.unit();
        match self.0.jitter {
            Jitter::None => plain,
            // Rounding must not lift a delay above the cap.
            Jitter::Equal => scale(plain, 0.5 + draw() / 2.0).min(plain),
            Jitter::Full => scale(plain, draw()).min(plain),
            Jitter::Decorrelated => self.decorrelated(self.0.base, chance),
        }
    }

    /// Starts the delays of one run.
    #[must_use]
    pub fn start(&self) -> Delays {
        Delays {
            previous: self.0.base,
            backoff: self.clone(),
            attempt: 0,
        }
    }

    /// Returns the delay before jitter, at most the cap.
    fn plain(&self, attempt: u32) -> Duration {
        let BackoffConfig {
            kind,
            base,
            factor,
            max,
            ..
        } = &self.0;
        let times = match kind {
            BackoffKind::Fixed => return *base,
            BackoffKind::Linear => return base.saturating_mul(attempt.max(1)).min(*max),
            BackoffKind::Exponential => attempt.saturating_sub(1),
        };
        // Not `powi`, whose error grows with the exponent.
        let power = factor.powf(times.into());
        if power >= 2_f64.powi(64) {
            return *max;
        }
        scale(*base, power).min(*max)
    }

    fn decorrelated(&self, previous: Duration, chance: &Chance) -> Duration {
        let BackoffConfig { base, max, .. } = self.0;
        let spread = previous.saturating_mul(3).saturating_sub(base);
        base.saturating_add(scale(spread, chance.unit())).min(max)
    }
}

/// The delays of one run, in turn. It never ends: who repeats decides when to stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Delays {
    backoff: Backoff,
    attempt: u32,
    previous: Duration,
}

impl Delays {
    /// Returns the next delay of the run.
    pub fn next(&mut self, chance: &Chance) -> Duration {
        self.attempt = self.attempt.saturating_add(1);
        self.previous = match self.backoff.0.jitter {
            Jitter::Decorrelated => self.backoff.decorrelated(self.previous, chance),
            _ => self.backoff.delay(self.attempt, chance),
        };
        self.previous
    }

    /// Goes on by other settings from where the run is.
    pub(crate) fn reconfigure(&mut self, backoff: Backoff) {
        if self.attempt == 0 {
            self.previous = backoff.0.base;
        }
        self.backoff = backoff;
    }

    /// Passes over the next delay: the repetition it was for waits otherwise.
    pub(crate) fn skip(&mut self) {
        self.attempt = self.attempt.saturating_add(1);
    }
}

/// Returns `length` times `factor`, which is not negative, in whole nanoseconds.
///
/// Where it is exact in the 53 bits of an `f64` it is exact; past the clock's end it is the end.
fn scale(length: Duration, factor: f64) -> Duration {
    let scaled = nanos(length) as f64 * factor;
    // The cast saturates.
    Duration::from_nanos(scaled.round() as u64)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn trap_13_attempt_ten_to_the_ninth_and_beyond_is_the_cap() {
        let day = Duration::from_secs(86_400);
        for kind in [BackoffKind::Linear, BackoffKind::Exponential] {
            let config = BackoffConfig {
                kind,
                max: day,
                jitter: Jitter::None,
                ..Default::default()
            };
            let backoff = Backoff::new(config).unwrap();
            for attempt in [1_000_000_000, u32::MAX] {
                assert_eq!(backoff.delay(attempt, &Chance::seeded(0)), day);
            }
        }
    }

    #[test]
    fn a_factor_of_one_never_grows() {
        let config = BackoffConfig {
            factor: 1.0,
            jitter: Jitter::None,
            ..Default::default()
        };
        let delay = Backoff::new(config)
            .unwrap()
            .delay(u32::MAX, &Chance::seeded(0));
        assert_eq!(delay, Duration::from_secs(1));
    }

    #[test]
    fn a_factor_barely_above_one_goes_on_growing() {
        let config = BackoffConfig {
            factor: 1.000_000_001,
            jitter: Jitter::None,
            ..Default::default()
        };
        let backoff = Backoff::new(config).unwrap();
        for attempt in [1_000_000_000_u32, 3_000_000_000] {
            let delay = backoff.delay(attempt, &Chance::seeded(0)).as_secs_f64();
            let exact = (f64::from(attempt - 1) * 1.000_000_001_f64.ln()).exp();
            assert!((delay / exact - 1.0).abs() < 1e-8, "{delay} {exact}");
        }
    }

    #[cfg(feature = "testing")]
    #[test]
    fn rounding_lifts_no_delay_above_the_cap() {
        // As an `f64` it is one more.
        let most = Duration::from_nanos((1 << 54) + 3);
        for jitter in [Jitter::Equal, Jitter::Full, Jitter::Decorrelated] {
            let backoff = Backoff::new(BackoffConfig {
                jitter,
                ..BackoffConfig::fixed(most)
            });
            let chance = Chance::scripted([1.0 - f64::EPSILON / 2.0]);
            let delay = backoff.unwrap().delay(1, &chance);
            assert!(delay <= most, "{jitter:?} {delay:?}");
        }
    }

    #[test]
    fn delays_still_spread_at_the_cap() {
        let backoff = Backoff::new(BackoffConfig::default()).unwrap();
        let chance = Chance::seeded(3);
        let delays: std::collections::BTreeSet<_> =
            (0..100).map(|_| backoff.delay(1_000, &chance)).collect();
        assert!(delays.len() > 90);
        assert!(delays.iter().all(|it| it.as_secs() >= 30));
    }

    #[test]
    fn what_cannot_wait_is_refused_by_name() {
        let refused = |config| Backoff::new(config).unwrap_err().to_string();
        let nan = BackoffConfig {
            factor: f64::NAN,
            ..Default::default()
        };
        assert_eq!(refused(nan), "`factor` must be at least 1, is NaN");
        let base = Duration::from_secs(61);
        let late = BackoffConfig {
            base,
            ..Default::default()
        };
        assert_eq!(refused(late), "`max` must be at least `base`, is 60s");
    }

    proptest! {
        #[test]
        fn trap_13_no_delay_is_above_the_cap(
            base in 1_u64..,
            more in 0_u64..,
            factor in 1.0_f64..1e300,
            kind in 0..3,
            jitter in 0..4,
            attempts in prop::collection::vec(any::<u32>(), 1..5),
            seed in any::<u64>(),
        ) {
            let kinds = [BackoffKind::Fixed, BackoffKind::Linear, BackoffKind::Exponential];
            let jitters = [Jitter::None, Jitter::Equal, Jitter::Full, Jitter::Decorrelated];
            let base = Duration::from_nanos(base);
            let max = base.saturating_add(Duration::from_nanos(more));
            let (kind, jitter) = (kinds[kind as usize], jitters[jitter as usize]);
            let backoff = Backoff::new(BackoffConfig { kind, base, factor, max, jitter }).unwrap();
            let chance = Chance::seeded(seed);
            let mut run = backoff.start();
            for attempt in attempts {
                prop_assert!(backoff.delay(attempt, &chance) <= max);
                prop_assert!(run.next(&chance) <= max);
            }
        }
    }
}
