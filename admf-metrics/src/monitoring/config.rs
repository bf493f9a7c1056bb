//! What the operator says of monitoring.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{SettingError, length};
use crate::http::{Switches, Token};

/// The settings of [`Monitoring`](super::Monitoring).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_metrics::MonitoringConfig;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let given = [("MONITORING_PERFORMANCE_INTERVAL", "30000"), ("MONITORING_PORT", "8000")];
/// let env = |name: &str| given.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
/// let config = MonitoringConfig::from_env(env)?;
/// assert_eq!(config.performance_interval, Duration::from_secs(30));
/// assert_eq!(config.bind().to_string(), "127.0.0.1:8000");
///
/// let error = MonitoringConfig::from_env(|_| Some("maybe".to_owned())).unwrap_err();
/// assert_eq!(error.to_string(), "MONITORING_ENABLED: must be true or false, got \"maybe\"");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct MonitoringConfig {
    /// Whether there is any monitoring: off, no task runs and nothing listens. Default: true.
    pub enabled: bool,
    /// Whether performance is sampled. Default: true.
    pub performance: bool,
    /// Whether alert rules are evaluated. Default: true.
    pub alerts: bool,
    /// Whether anomalies are looked for. Default: true.
    pub anomaly_detection: bool,
    /// Whether components are checked; off, they are unknown and do not decide on readiness. Default:
    /// true.
    pub health_checks: bool,
    /// Time between two samples of performance, at least 1 ms. Default: 30 s.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "length::deserialize"))]
    pub performance_interval: Duration,
    /// Time between two health checks, at least 1 ms. Default: 60 s.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "length::deserialize"))]
    pub health_check_interval: Duration,
    /// Where it listens. Default: 127.0.0.1.
    pub address: IpAddr,
    /// At which port; 0 takes a free one. Default: 8081.
    pub port: u16,
    /// What must be shown for `/metrics` and `/health/detail`. Default: nothing.
    pub token: Option<Token>,
    /// Whether it may listen beyond the loopback without a token. Default: false.
    pub allow_public: bool,
}

impl Default for MonitoringConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            performance: true,
            alerts: true,
            anomaly_detection: true,
            health_checks: true,
            performance_interval: Duration::from_secs(30),
            health_check_interval: Duration::from_secs(60),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8081,
            token: None,
            allow_public: false,
        }
    }
}

impl MonitoringConfig {
    /// Returns where it listens.
    #[must_use]
    pub const fn bind(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }

    /// Says which parts are on; none is where monitoring is off.
    #[must_use]
    pub const fn switches(&self) -> Switches {
        Switches {
            enabled: self.enabled,
            performance: self.enabled && self.performance,
            alerts: self.enabled && self.alerts,
            anomaly_detection: self.enabled && self.anomaly_detection,
        }
    }

    /// Checks the rules that no single field can break.
    ///
    /// # Errors
    ///
    /// An interval is below 1 ms, or the address is public and neither a token nor `allow_public` is set.
    pub fn check(&self) -> Result<(), SettingError> {
        for (field, length) in [
            ("performance_interval", self.performance_interval),
            ("health_check_interval", self.health_check_interval),
        ] {
            if length < Duration::from_millis(1) {
                return Err(SettingError::new(
                    field,
                    length::RULE,
                    &format!("{length:?}"),
                ));
            }
        }
        let open = self.token.is_none() && !self.allow_public;
        if self.enabled && open && !self.address.to_canonical().is_loopback() {
            let rule = "must be of the loopback where neither token nor allow_public is set";
            return Err(SettingError::new(
                "address",
                rule,
                &self.address.to_string(),
            ));
        }
        Ok(())
    }
}
