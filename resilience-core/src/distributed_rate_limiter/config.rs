use std::time::Duration;

use crate::{Config, ConfigError, RateLimiterConfig};

/// What a [`DistributedRateLimiter`](super::DistributedRateLimiter) does while its store is silent
/// and the permits that it holds are used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum OnOutage {
    /// Admits every call, and counts it.
    #[default]
    Open,
    /// Refuses every call.
    Closed,
    /// Keeps to [`local_permits`](DistributedRateLimiterConfig::local_permits) by a limiter of its
    /// own.
    Local,
}

/// Settings of a [`DistributedRateLimiter`](super::DistributedRateLimiter).
///
/// `permits` and `per` must be set: no default would suit anybody. All who share a rate should have
/// the same settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct DistributedRateLimiterConfig {
    /// Number of permits for each `per`, all clients together, at least 1 and at most one for each
    /// microsecond; must be set. The time of one permit is rounded up to whole microseconds, so that
    /// no stretch of time sees more than it is promised.
    pub permits: u32,
    /// Length of time that `permits` are for; must be set.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub per: Duration,
    /// Number of permits that can be taken at once after a quiet time, at least 1 and so few that they
    /// are back within 365 days. Default: `permits`.
    pub burst: Option<u32>,
    /// Most permits that one client holds, and the most that a call may cost, at least 1 and at most
    /// the burst. Default: a tenth of the burst, at least 1.
    pub batch: Option<u32>,
    /// Number of permits left at which the next are asked for, below `batch`. Default: half the batch.
    pub low_water: Option<u32>,
    /// Time after which permits that were leased and not used are void, at least 1 ms. Default: 1 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub lease_for: Duration,
    /// Time in which the store must answer before it counts as silent, at least 1 ms. It does at once
    /// where its driver says so. Default: 1 s.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub outage_after: Duration,
    /// What to do while the store is silent. Default: [`OnOutage::Open`].
    pub on_outage: OnOutage,
    /// Number of permits for each `per` that this client has to itself while the store is silent, at
    /// least 1; must be set with [`OnOutage::Local`], and only then.
    pub local_permits: Option<u32>,
}

impl Default for DistributedRateLimiterConfig {
    fn default() -> Self {
        Self::new(0, Duration::ZERO)
    }
}

const SHORTEST: Duration = Duration::from_millis(1);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

impl DistributedRateLimiterConfig {
    /// Returns the settings of `permits` for each `per`, all of which may be taken at once.
    #[must_use]
    pub const fn new(permits: u32, per: Duration) -> Self {
        Self {
            permits,
            per,
            burst: None,
            batch: None,
            low_water: None,
            lease_for: Duration::from_secs(1),
            outage_after: Duration::from_secs(1),
            on_outage: OnOutage::Open,
            local_permits: None,
        }
    }
}

impl Config for DistributedRateLimiterConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let Self { permits, per, .. } = *self;
        let some = "must be set, to at least 1";
        ConfigError::unless(permits > 0, "permits", some, permits)?;
        let some = "must be set, to at least 1 ns";
        ConfigError::unless(!per.is_zero(), "per", some, per)?;
        let slow = per.as_micros() >= u128::from(permits);
        let rule = "must be at most one for each microsecond of `per`";
        ConfigError::unless(slow, "permits", rule, permits)?;
        let burst = self.burst();
        ConfigError::unless(burst > 0, "burst", "must be at least 1", burst)?;
        let back = self.permit_micros().saturating_mul(burst.into());
        let rule = "must be back within 365 days";
        ConfigError::unless(back <= YEAR.as_micros(), "burst", rule, burst)?;
        self.check_lease()?;
        self.check_outage()
    }
}

impl DistributedRateLimiterConfig {
    fn check_lease(&self) -> Result<(), ConfigError> {
        let (batch, low_water) = (self.batch(), self.low_water());
        ConfigError::unless(batch > 0, "batch", "must be at least 1", batch)?;
        let rule = "must be at most the burst";
        ConfigError::unless(batch <= self.burst(), "batch", rule, batch)?;
        let rule = "must be below the batch";
        ConfigError::unless(low_water < batch, "low_water", rule, low_water)?;
        let long = self.lease_for >= SHORTEST;
        ConfigError::unless(long, "lease_for", "must be at least 1 ms", self.lease_for)
    }

    fn check_outage(&self) -> Result<(), ConfigError> {
        let Self {
            outage_after: after,
            local_permits: local,
            ..
        } = *self;
        let long = after >= SHORTEST;
        ConfigError::unless(long, "outage_after", "must be at least 1 ms", after)?;
        match self.on_outage {
            OnOutage::Local => {
                let rule = "must be set, to at least 1, with `on_outage` local";
                ConfigError::unless(local > Some(0), "local_permits", rule, local)
            }
            OnOutage::Open | OnOutage::Closed => {
                let rule = "must be set only with `on_outage` local";
                ConfigError::unless(local.is_none(), "local_permits", rule, local)
            }
        }
    }

    pub(super) fn burst(&self) -> u32 {
        self.burst.unwrap_or(self.permits)
    }

    pub(super) fn batch(&self) -> u32 {
        self.batch.unwrap_or((self.burst() / 10).max(1))
    }

    pub(super) fn low_water(&self) -> u32 {
        self.low_water.unwrap_or(self.batch() / 2)
    }

    /// Returns the time in which one permit comes back, in microseconds, rounded up.
    fn permit_micros(&self) -> u128 {
        let permit = self.per.as_nanos().div_ceil(self.permits.max(1).into());
        permit.div_ceil(1_000)
    }

    /// Returns the time in which one permit comes back; of a config that was checked.
    pub(super) fn permit_time(&self) -> Duration {
        let micros = u64::try_from(self.permit_micros());
        Duration::from_micros(micros.unwrap_or(u64::MAX))
    }

    /// Returns the settings of the limiter that stands in for the store, where one does.
    pub(super) fn local(&self) -> Option<RateLimiterConfig> {
        let permits = self.local_permits?;
        Some(RateLimiterConfig::new(permits, self.per))
    }
}
