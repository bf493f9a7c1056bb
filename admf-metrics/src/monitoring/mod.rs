#![doc = include_str!("../../docs/monitoring.md")]

mod builder;
mod config;
mod env;
mod error;
mod length;
#[cfg(feature = "system")]
mod machine;
mod parts;
#[cfg(feature = "resilience")]
mod policies;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::catalogue::{Label, Metric};
use crate::exporter::Exporter;
use crate::health::Health;
use crate::meter::Meter;
pub use builder::Builder;
pub use config::MonitoringConfig;
pub use error::{SettingError, StartError};
pub use parts::Group;

/// Counts panics of parts.
const PANICS: Metric = Metric::counter(
    "admf_monitoring_part_panics_total",
    "Panics of parts of monitoring, by part.",
)
.labels(&[Label::capped("part", 50)])
.fed_by("monitoring");

/// The metrics that it feeds itself, beside those of [`health`](crate::health::METRICS) and
/// [`http`](crate::http::METRICS).
pub const METRICS: [Metric; 1] = [PANICS];

/// Monitoring at work. Dropping it stops everything at once.
///
/// # Examples
///
/// ```
/// use admf_metrics::monitoring::{Group, Monitoring, MonitoringConfig};
/// use admf_metrics::{Metric, healthcheck};
///
/// const QUEUED: Metric = Metric::gauge("shop_queued_orders", "Orders that wait.");
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The default, but for a free port.
/// let config = MonitoringConfig { port: 0, ..MonitoringConfig::default() };
/// let mut monitoring = Monitoring::builder(config).metrics([QUEUED]);
/// let queued = monitoring.meter()?.gauge(&QUEUED, &[])?;
/// let sample = move || {
///     queued.set(3.0);
///     async {}
/// };
/// let monitoring = monitoring.tick(Group::Performance, "queue", sample).start().await?;
/// monitoring.health().started();
///
/// let url = format!("http://{}/ready", monitoring.address().ok_or("it is on")?);
/// let said = tokio::task::spawn_blocking(move || healthcheck::probe(&url, healthcheck::TIMEOUT));
/// assert_eq!(said.await??, r#"{"status":"ready"}"#);
/// monitoring.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct Monitoring {
    exporter: Exporter,
    health: Health,
    address: Option<SocketAddr>,
    /// Ended by `true`, and by being dropped.
    stopping: watch::Sender<bool>,
    server: JoinSet<()>,
    tasks: JoinSet<()>,
}

impl Monitoring {
    /// Begins with a config.
    pub fn builder(config: MonitoringConfig) -> Builder {
        Builder::new(config)
    }

    /// Returns where it listens; nowhere where monitoring is off.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Returns what holds the metrics.
    #[must_use]
    pub const fn exporter(&self) -> &Exporter {
        &self.exporter
    }

    /// Returns what gives handles.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        self.exporter.meter()
    }

    /// Returns the health that it shows.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// Stops: takes no connection any more, lets answers that are under way come to their end, for up to
    /// [`drain`](crate::http::ServerConfig::drain), and ends every task.
    ///
    /// Readiness falls first, so that a probe that is still answered says so.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops everything at once, as dropping the handle does.
    pub async fn stop(mut self) {
        self.health.shutting_down();
        self.stopping.send_replace(true);
        while self.server.join_next().await.is_some() {}
        // A scrape that was under way may have waited for what they feed.
        self.tasks.shutdown().await;
    }
}

impl fmt::Debug for Monitoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitoring")
            .field("address", &self.address)
            .field("parts", &self.tasks.len())
            .finish_non_exhaustive()
    }
}
