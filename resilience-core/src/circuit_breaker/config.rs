use std::time::Duration;

use super::records::Trip;
use crate::clock::nanos;
use crate::window::Numbered;
use crate::{Backoff, BackoffConfig, Config, ConfigError, Time, WindowConfig};

/// Settings of a [`CircuitBreaker`](super::CircuitBreaker).
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{CircuitBreakerConfig, WindowConfig};
///
/// // Opens when half of the calls of the last minute failed, or nine in ten took over 2 s.
/// let config = CircuitBreakerConfig {
///     failure_rate: Some(0.5),
///     slow_rate: Some(0.9),
///     slow_call: Some(Duration::from_secs(2)),
///     window: Some(WindowConfig::time(Duration::from_secs(60))),
///     ..Default::default()
/// };
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct CircuitBreakerConfig {
    /// Number of failures in a row that opens the circuit, 1 to 1,000,000; not together with a rate.
    /// Default: 5 where no rate is set.
    pub consecutive: Option<u32>,
    /// Share of failures in the window that opens the circuit, above 0, at most 1.
    pub failure_rate: Option<f64>,
    /// Share of slow calls in the window that opens the circuit, above 0, at most 1.
    pub slow_rate: Option<f64>,
    /// What the rates are of; beside `consecutive` it opens nothing, and is only shown in the snapshot.
    /// Default: the last 100 calls where a rate is set.
    pub window: Option<WindowConfig>,
    /// Number of calls in the window below which no rate opens the circuit, at least 1, at most the
    /// window's count. Default: 10, or the window's count where that is less.
    pub minimum_calls: Option<u32>,
    /// A call that takes longer is slow, at least 1 ns; its time counts from its first wait. Must be
    /// set with `slow_rate`. Default: none is slow.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub slow_call: Option<Duration>,
    /// How long the circuit stays open, at least 1 ns; the same each time. Default: 60 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub open_for: Option<Duration>,
    /// How long the circuit stays open, in place of `open_for`: a back-off that grows while probes
    /// fail.
    pub open_backoff: Option<BackoffConfig>,
    /// The most by which a server's `Retry-After` lengthens the open time. Default: 300 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub retry_after_max: Duration,
    /// Number of calls let through while half-open, at least 1. Default: 3.
    pub probes: u32,
    /// Age at which a probe counts as failed, at least 1 ns. Default: 30 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub probe_timeout: Duration,
    /// What a call teaches that was given up. Default: a failure after `slow_call` where that is
    /// set, else after 5 s.
    pub abandoned: Option<Abandoned>,
}

/// What a call teaches that was dropped after it began to wait; one that never did teaches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Abandoned {
    /// Nothing.
    Ignored,
    /// That the dependency failed.
    Failure,
    /// That the dependency failed, where the call had been pending this long; otherwise nothing.
    FailureAfter(#[cfg_attr(feature = "serde", serde(with = "crate::duration"))] Duration),
}

impl Default for CircuitBreakerConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl CircuitBreakerConfig {
    /// What [`default`](Default::default) returns, for constants of one's own.
    pub const DEFAULT: Self = Self {
        consecutive: None,
        failure_rate: None,
        slow_rate: None,
        window: None,
        minimum_calls: None,
        slow_call: None,
        open_for: None,
        open_backoff: None,
        retry_after_max: Duration::from_secs(300),
        probes: 3,
        probe_timeout: Duration::from_secs(30),
        abandoned: None,
    };

    /// A service that others run: open after 5 failures in a row, for 60 s.
    pub const EXTERNAL: Self = Self {
        consecutive: Some(5),
        open_for: Some(Duration::from_secs(60)),
        ..Self::DEFAULT
    };

    /// A service of one's own, which comes back sooner: open after 5 failures in a row, for 30 s.
    pub const INTERNAL: Self = Self {
        open_for: Some(Duration::from_secs(30)),
        ..Self::EXTERNAL
    };
}

impl Config for CircuitBreakerConfig {
    fn check(&self) -> Result<(), ConfigError> {
        Rules::new(self).map(drop)
    }
}

/// A config that was found valid, in the words of the state machine.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) config: CircuitBreakerConfig,
    pub(super) trip: Trip,
    pub(super) minimum: u64,
    pub(super) window: Option<WindowConfig>,
    pub(super) open_for: Backoff,
    /// Nanoseconds above which a call is slow; `u64::MAX` for never.
    pub(super) slow_call: u64,
    /// Nanoseconds from which on a call given up is a failure; `u64::MAX` for never.
    pub(super) abandoned: u64,
}

impl Rules {
    /// Checks `config`, field by field.
    pub(super) fn new(config: &CircuitBreakerConfig) -> Result<Self, ConfigError> {
        let trip = trip(config)?;
        let mut window = config.window.clone();
        if matches!(trip, Trip::Rates { .. }) && window.is_none() {
            window = Some(WindowConfig::count(100));
        }
        if let Some(window) = &window {
            window.build(Time::ZERO)?;
        }
        let minimum = minimum(config, window.as_ref())?;
        let at_least = |field, it: Duration| {
            ConfigError::unless(!it.is_zero(), field, "must be at least 1 ns", it)
        };
        config
            .slow_call
            .map_or(Ok(()), |it| at_least("slow_call", it))?;
        at_least("probe_timeout", config.probe_timeout)?;
        let probes = config.probes;
        ConfigError::unless(probes >= 1, "probes", "must be at least 1", probes)?;
        Ok(Self {
            trip,
            minimum: minimum.into(),
            window,
            open_for: open_for(config)?,
            slow_call: config.slow_call.map_or(u64::MAX, nanos),
            abandoned: abandoned(config),
            config: config.clone(),
        })
    }

    /// Creates the empty window, whose buckets begin at `created`.
    pub(super) fn window(&self, created: Time) -> Option<Numbered> {
        let window = self.window.as_ref()?.build(created);
        Some(window.expect("it was built when the rules were checked"))
    }
}

fn trip(config: &CircuitBreakerConfig) -> Result<Trip, ConfigError> {
    let share = |field, rate: Option<f64>| match rate {
        Some(it) if !(it > 0.0 && it <= 1.0) => {
            Err(ConfigError::new(field, "must be above 0 and at most 1", it))
        }
        _ => Ok(()),
    };
    share("failure_rate", config.failure_rate)?;
    share("slow_rate", config.slow_rate)?;
    let rated = config.failure_rate.is_some() || config.slow_rate.is_some();
    match config.consecutive {
        Some(it) if rated => Err(ConfigError::new(
            "consecutive",
            "must not be set together with a rate",
            it,
        )),
        Some(it) if !(1..=1_000_000).contains(&it) => Err(ConfigError::new(
            "consecutive",
            "must be between 1 and 1,000,000",
            it,
        )),
        _ if config.slow_rate.is_some() && config.slow_call.is_none() => Err(ConfigError::new(
            "slow_call",
            "must be set with `slow_rate`",
            config.slow_call,
        )),
        _ if rated => Ok(Trip::Rates {
            failures: config.failure_rate,
            slow: config.slow_rate,
        }),
        failures => Ok(Trip::Consecutive(failures.unwrap_or(5).into())),
    }
}

fn minimum(
    config: &CircuitBreakerConfig,
    window: Option<&WindowConfig>,
) -> Result<u32, ConfigError> {
    let most = window.and_then(|it| it.count).unwrap_or(u32::MAX);
    let minimum = config.minimum_calls.unwrap_or(10.min(most));
    let rule = "must be at least 1 and at most the window's count";
    ConfigError::unless(
        (1..=most).contains(&minimum),
        "minimum_calls",
        rule,
        minimum,
    )?;
    Ok(minimum)
}

fn open_for(config: &CircuitBreakerConfig) -> Result<Backoff, ConfigError> {
    match (config.open_for, &config.open_backoff) {
        (Some(_), Some(it)) => Err(ConfigError::new(
            "open_backoff",
            "must not be set together with `open_for`",
            it,
        )),
        (None, Some(it)) => Backoff::new(it.clone()),
        (open_for, None) => {
            let open_for = open_for.unwrap_or(Duration::from_secs(60));
            let rule = "must be at least 1 ns";
            ConfigError::unless(!open_for.is_zero(), "open_for", rule, open_for)?;
            Backoff::new(BackoffConfig::fixed(open_for))
        }
    }
}

fn abandoned(config: &CircuitBreakerConfig) -> u64 {
    let patience = config.slow_call.unwrap_or(Duration::from_secs(5));
    match config
        .abandoned
        .unwrap_or(Abandoned::FailureAfter(patience))
    {
        Abandoned::Ignored => u64::MAX,
        Abandoned::Failure => 0,
        Abandoned::FailureAfter(limit) => nanos(limit),
    }
}
