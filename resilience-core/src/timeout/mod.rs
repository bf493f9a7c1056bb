//! Give up waiting.
//!
#![doc = include_str!("../../docs/timeout.md")]

mod call;
mod config;
#[cfg(all(test, not(loom)))]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use self::config::TimeoutConfig;
use crate::clock::nanos;
use crate::counter::Tally;
use crate::sync::Mutex;
use crate::{Ask, Config, ConfigError, Deadline, DeadlinePassed, Env, Name, Rejected};

/// Says how long to wait for a call: so long, or up to its deadline.
///
/// It arms no timer; whoever makes the call does. A call that ends at the limit is in time. Cloning
/// is cheap; clones share one policy. Without a deadline it reads no clock.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Ask, Env, Time, Timeout, TimeoutConfig};
///
/// let (env, clock) = Env::manual();
/// let second = Duration::from_secs(1);
/// let timeout = Timeout::new("order", TimeoutConfig { timeout: 5 * second }, &env)?;
///
/// let deadline = Time::ZERO.after(8 * second);
/// let limit = || timeout.limit(&Ask::default().deadline(deadline));
/// assert_eq!(limit(), Ok(5 * second));
/// clock.advance(6 * second);
/// assert_eq!(limit(), Ok(2 * second));
/// clock.advance(2 * second);
/// assert!(limit().is_err());
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Timeout(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: Name,
    env: Env,
    config: Mutex<TimeoutConfig>,
    /// Longest time that a call may take, in nanoseconds; written under the lock.
    timeout: AtomicU64,
    elapsed: Tally,
    late: Tally,
}

/// What a timeout knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TimeoutSnapshot {
    /// Longest time that a call may take.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub timeout: Duration,
    /// Number of calls cut short so far.
    pub elapsed: u64,
    /// Number of calls refused so far because their deadline had passed.
    pub late: u64,
}

impl Timeout {
    /// Creates a timeout.
    ///
    /// # Errors
    ///
    /// Returns the rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: TimeoutConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let new = Inner::new(name.into(), &config, env)?;
        env.registry().add(new).map(Self)
    }

    /// Returns the living timeout of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: TimeoutConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let new = Arc::new(Inner::new(name.into(), &config, env)?);
        env.registry().get_or_add(&new).map(Self)
    }

    /// Returns what the timeout is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.0.name
    }

    /// Returns how long the call may take from now on.
    ///
    /// # Errors
    ///
    /// Returns [`Rejected::DeadlinePassed`] where nothing is left: nothing must be sent.
    #[inline]
    pub fn limit(&self, ask: &Ask) -> Result<Duration, Rejected> {
        match ask.deadline {
            None => Ok(self.0.timeout()),
            Some(deadline) => self.0.limit_by(deadline, ask),
        }
    }

    /// Counts a call that its caller cut short at the [limit](Self::limit).
    pub fn elapsed(&self) {
        self.0.elapsed.add_one();
    }

    /// Returns what the timeout knows now.
    #[must_use]
    pub fn snapshot(&self) -> TimeoutSnapshot {
        self.0.read()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> TimeoutConfig {
        self.0.config()
    }

    /// Replaces the settings, for calls that begin from now on.
    ///
    /// # Errors
    ///
    /// Returns the rule that `config` breaks, and keeps the old settings.
    pub fn reconfigure(&self, config: TimeoutConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(&config)
    }
}

crate::handle::handle!(Timeout, of: Inner, by: TimeoutConfig, kind: "timeout");

impl Inner {
    fn new(name: Name, config: &TimeoutConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            name,
            env: env.clone(),
            config: Mutex::new(config.clone()),
            timeout: AtomicU64::new(nanos(config.timeout)),
            elapsed: Tally::default(),
            late: Tally::default(),
        })
    }

    fn reconfigure(&self, config: &TimeoutConfig) -> Result<(), ConfigError> {
        config.check()?;
        let mut in_force = self.config.lock();
        self.timeout.store(nanos(config.timeout), Ordering::Relaxed);
        in_force.clone_from(config);
        Ok(())
    }

    #[inline]
    fn timeout(&self) -> Duration {
        Duration::from_nanos(self.timeout.load(Ordering::Relaxed))
    }

    /// Returns the limit of a call that has a deadline; apart, so that others do not pay for it.
    #[inline(never)]
    fn limit_by(&self, deadline: Deadline, ask: &Ask) -> Result<Duration, Rejected> {
        let left = deadline.left(ask.now(&self.env));
        match left.is_zero() {
            false => Ok(self.timeout().min(left)),
            true => Err(self.refuse()),
        }
    }

    #[cold]
    fn refuse(&self) -> Rejected {
        self.late.add_one();
        let policy = self.name.clone();
        DeadlinePassed { policy }.into()
    }

    fn read(&self) -> TimeoutSnapshot {
        TimeoutSnapshot {
            timeout: self.timeout(),
            elapsed: self.elapsed.count(),
            late: self.late.count(),
        }
    }

    fn config(&self) -> TimeoutConfig {
        self.config.lock().clone()
    }
}

crate::handle::policy! {
    Inner,
    of: Timeout,
    name: |it| &it.name,
    snapshot: |it| Timeout(it.read()),
    reconfigure: |it, config| it.reconfigure(config)
}
