#![doc = include_str!("../../docs/deadline.md")]

mod config;
mod grpc;
mod point;
mod state;
#[cfg(all(test, not(loom)))]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use self::config::DeadlinesConfig;
pub use self::grpc::{format_grpc_timeout, parse_grpc_timeout};
pub use self::point::Deadline;
use self::state::{Share, clip};
use crate::clock::nanos;
use crate::counter::Tally;
use crate::sync::Mutex;
use crate::{Ask, Config, ConfigError, DeadlinePassed, Env, Name, Rejected, Time};

/// Gives calls their deadlines, and says which of them are dropped for being late.
///
/// For the two ends of a wire: it turns the time that a caller gives into a deadline, and a deadline
/// into the time that a callee gets. Cloning is cheap; clones share one policy. A call that comes
/// without a deadline and gets none reads no clock and, unless the share of the dropped is bounded,
/// takes no lock.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Ask, Deadlines, DeadlinesConfig, Env};
///
/// let (env, clock) = Env::manual();
/// let second = Duration::from_secs(1);
/// let config = DeadlinesConfig { max: Some(5 * second), ..Default::default() };
/// let deadlines = Deadlines::new("orders", config, &env)?;
///
/// let granted = deadlines.begin(Some(60 * second), &Ask::default())?.expect("it has a deadline");
/// assert_eq!(granted.left, 5 * second);
/// clock.advance(2 * second);
/// let ask = Ask::default().deadline(granted.deadline);
/// assert_eq!(deadlines.begin(None, &ask)?.map(|it| it.left), Some(3 * second));
/// clock.advance(3 * second);
/// assert!(deadlines.begin(None, &Ask::default().deadline(granted.deadline)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Deadlines(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: Name,
    env: Env,
    limits: Limits,
    share: Mutex<Share>,
    late: Tally,
    cut: Tally,
    spared: Tally,
}

/// The settings in words of their own, so that calls read them without a lock.
#[derive(Debug, Default)]
struct Limits {
    /// Nanoseconds; 0 stands for none.
    default: AtomicU64,
    /// Nanoseconds; 0 stands for none.
    max: AtomicU64,
    /// The bits of the share.
    max_dropped: AtomicU64,
}

/// The deadline that a call has, and what is left to it at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The deadline.
    pub deadline: Deadline,
    /// The time up to it, more than nothing.
    pub left: Duration,
}

/// What deadlines know at one moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DeadlinesSnapshot {
    /// Settings in force.
    pub config: DeadlinesConfig,
    /// Number of calls refused so far because their deadline had passed.
    pub late: u64,
    /// Number of calls dropped so far that were under way when their deadline passed.
    pub cut: u64,
    /// Number of times so far that a call was not dropped because too many were.
    pub spared: u64,
}

impl Deadlines {
    /// Creates the policy.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: DeadlinesConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let new = Inner::new(name.into(), &config, env)?;
        env.registry().add(new).map(Self)
    }

    /// Returns the living policy of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: DeadlinesConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let new = Arc::new(Inner::new(name.into(), &config, env)?);
        env.registry().get_or_add(&new).map(Self)
    }

    /// Returns what the policy is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.0.name
    }

    /// Returns the deadline of a call that begins now: the earliest of the one that it asks by, of
    /// `left` from now, such as a header says, and of the longest time that a call may have.
    ///
    /// # Errors
    ///
    /// Returns [`Rejected::DeadlinePassed`] where nothing is left: nothing must be done.
    #[inline]
    pub fn begin(&self, left: Option<Duration>, ask: &Ask) -> Result<Option<Granted>, Rejected> {
        let config = self.0.limits.read();
        let asks = left.is_some() || ask.deadline.is_some();
        match asks || config.without().is_some() || config.max_dropped < 1.0 {
            true => self.0.begin(&config, left, ask),
            false => Ok(None),
        }
    }

    /// Says whether a call that is under way at its deadline is to be dropped, and counts it.
    ///
    /// It is unless too many were; then it goes on as if it had none, and is not asked for again.
    #[must_use]
    pub fn try_cut(&self) -> bool {
        let most = self.0.limits.read().max_dropped;
        let cut = most >= 1.0 || self.0.try_drop(most, self.0.env.now());
        match cut {
            true => self.0.cut.add_one(),
            false => self.0.spared.add_one(),
        }
        cut
    }

    /// Returns what the policy knows now.
    #[must_use]
    pub fn snapshot(&self) -> DeadlinesSnapshot {
        self.0.read()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> DeadlinesConfig {
        self.0.config()
    }

    /// Replaces the settings, for calls that begin from now on; how many were dropped lately stays.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, and keeps the old settings.
    pub fn reconfigure(&self, config: DeadlinesConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }
}

crate::handle::handle!(Deadlines, of: Inner, by: DeadlinesConfig, kind: "deadlines");

impl Limits {
    #[inline]
    fn read(&self) -> DeadlinesConfig {
        let length = |word: &AtomicU64| match word.load(Ordering::Relaxed) {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        };
        DeadlinesConfig {
            default: length(&self.default),
            max: length(&self.max),
            max_dropped: f64::from_bits(self.max_dropped.load(Ordering::Relaxed)),
        }
    }

    fn write(&self, config: &DeadlinesConfig) {
        let length = |set: Option<Duration>| set.map_or(0, nanos);
        let share = config.max_dropped.to_bits();
        self.default
            .store(length(config.default), Ordering::Relaxed);
        self.max.store(length(config.max), Ordering::Relaxed);
        self.max_dropped.store(share, Ordering::Relaxed);
    }
}

impl Inner {
    fn new(name: Name, config: &DeadlinesConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        let limits = Limits::default();
        limits.write(config);
        Ok(Self {
            name,
            env: env.clone(),
            limits,
            share: Mutex::new(Share::new(env.now())?),
            late: Tally::default(),
            cut: Tally::default(),
            spared: Tally::default(),
        })
    }

    fn begin(
        &self,
        config: &DeadlinesConfig,
        left: Option<Duration>,
        ask: &Ask,
    ) -> Result<Option<Granted>, Rejected> {
        let (now, most) = (ask.now(&self.env), config.max_dropped);
        if most < 1.0 {
            self.share.lock().came(now);
        }
        let left = left.map(|left| Deadline::within(left, now));
        let mut asked = Deadline::earliest(left.into_iter().chain(ask.deadline));
        if asked.is_some_and(|it| it.has_passed(now)) {
            if most >= 1.0 || self.try_drop(most, now) {
                return Err(self.refuse());
            }
            self.spared.add_one();
            asked = None;
        }
        let deadline = clip(config, asked, now);
        Ok(deadline.map(|deadline| Granted {
            deadline,
            left: deadline.left(now),
        }))
    }

    fn config(&self) -> DeadlinesConfig {
        self.limits.read()
    }

    fn reconfigure(&self, config: DeadlinesConfig) -> Result<(), ConfigError> {
        config.check()?;
        self.limits.write(&config);
        Ok(())
    }

    fn try_drop(&self, most: f64, now: Time) -> bool {
        self.share.lock().try_drop(most, now)
    }

    #[cold]
    fn refuse(&self) -> Rejected {
        self.late.add_one();
        let policy = self.name.clone();
        DeadlinePassed { policy }.into()
    }

    fn read(&self) -> DeadlinesSnapshot {
        DeadlinesSnapshot {
            config: self.limits.read(),
            late: self.late.count(),
            cut: self.cut.count(),
            spared: self.spared.count(),
        }
    }
}

crate::handle::policy! {
    Inner,
    of: Deadlines,
    name: |it| &it.name,
    snapshot: |it| Deadlines(it.read()),
    reconfigure: |it, config| it.reconfigure(config.clone())
}
