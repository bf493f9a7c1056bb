//! Metrics that are declared once, as data, and exported exactly as declared.
//!
//! ```
//! use admf_metrics::{Catalogue, Exporter, Label, Metric};
//!
//! const ORDERS: Metric = Metric::counter("shop_orders_total", "Orders by outcome.")
//!     .labels(&[Label::one_of("outcome", &["filled", "refused"])]);
//! const LATENCY: Metric = Metric::histogram(
//!     "shop_order_duration_seconds",
//!     "Time from order to answer.",
//!     &[0.01, 0.1, 1.0],
//! )
//! .unit("seconds");
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let exporter = Exporter::local(Catalogue::new([ORDERS, LATENCY])?);
//! let meter = exporter.meter();
//! let filled = meter.counter(&ORDERS, &[("outcome", "filled")])?; // resolved once, then held
//! let latency = meter.histogram(&LATENCY, &[])?;
//!
//! filled.increment(2);
//! latency.record(0.05);
//!
//! let text = exporter.render();
//! assert!(text.contains("shop_orders_total{outcome=\"filled\"} 2\n"));
//! assert!(text.contains("shop_order_duration_seconds_bucket{le=\"0.1\"} 1\n"));
//! # Ok(())
//! # }
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`catalogue`] | [`Metric`], [`Label`], and the checked [`Catalogue`] of them |
//! | [`meter`] | [`Meter`]: resolves and removes series, its own or on any recorder, bounds labels, runs hooks when scraped |
//! | [`exporter`] | [`Exporter`]: a meter with series of its own, rendered for a scrape |
//! | [`handle`] | [`Counter`], [`Gauge`], [`Histogram`]: what a hot path holds; [`handle::Each`], [`handle::Family`]: many of them |
//! | [`mod@build_info`] | [`BuildInfo`]: which build runs, as a metric |
//! | [`health`] | [`Health`]: components, their states, the verdict, readiness |
//! | [`red`] | [`Operation`](red::Operation), [`Methods`](red::Methods): rate, errors and duration of calls; layers for services (feature `tower`) and for http, of any server or client (feature `http`) |
//! | [`trading`] | [`TradingMetrics`]: what a trading system does, one method for each thing |
//! | [`database`] | [`DatabaseMetrics`]: pool, queries and failures, as a client sees them |
//! | [`healthcheck`] | asks a service how it is, for `--healthcheck` |
//! | `http` | `Routes`: `/metrics`, `/health`, `/health/detail`, `/ready`; a server of its own for them (feature `http-server`, not `http`) |
//! | `monitoring` | `Monitoring`: starts and stops all of it, from one config (feature `http-server`) |
//! | `policies` | every policy of a `resilience_core::Env` as metrics (feature `resilience`) |
//! | `system` | `SystemSampler`: processors, memory, disk, network (feature `system`) |
//!
//! Without `Monitoring` nothing here spawns, sleeps or listens: the caller brings the runtime and the socket. Series need no
//! upkeep: a sample is in its bucket as soon as it is recorded, and metrics, labels and series are bounded,
//! so memory is too, whether somebody scrapes or not.
//!
//! A program that keeps a recorder of its own takes a [`Meter::on`] that; for one of the exporter crate the
//! feature `prometheus-recorder` gives `Catalogue::recorder`, a builder that knows all buckets.

pub mod build_info;
pub mod catalogue;
mod clock;
pub mod database;
pub mod exporter;
pub mod handle;
pub mod health;
pub mod healthcheck;
#[cfg(feature = "http-server")]
pub mod http;
pub mod meter;
#[cfg(feature = "http-server")]
pub mod monitoring;
#[cfg(feature = "resilience")]
pub mod policies;
pub mod red;
#[cfg(feature = "system")]
pub mod system;
pub mod trading;

pub use build_info::{BuildInfo, build_info};
pub use catalogue::{
    Catalogue, CatalogueError, ExposedError, Kind, Label, LabelValue, Metric, Values,
};
pub use clock::Clock;
pub use database::DatabaseMetrics;
pub use exporter::Exporter;
pub use handle::{Counter, Gauge, Histogram};
pub use health::{Component, Health};
#[cfg(feature = "http-server")]
pub use http::Routes;
pub use meter::{HandleError, InstallError, Meter};
#[cfg(feature = "http-server")]
pub use monitoring::{Monitoring, MonitoringConfig};
#[cfg(feature = "system")]
pub use system::{SystemConfig, SystemSampler};
pub use trading::TradingMetrics;
