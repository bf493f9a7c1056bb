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
//! | [`meter`] | [`Meter`]: resolves handles on any recorder, bounds labels, runs hooks when scraped |
//! | [`exporter`] | [`Exporter`]: a meter with series of its own, rendered for a scrape |
//! | [`handle`] | [`Counter`], [`Gauge`], [`Histogram`]: what a hot path holds |
//! | [`health`] | [`Health`]: components, their states, the verdict, readiness |
//! | `policies` | every policy of a `resilience_core::Env` as metrics (feature `resilience`) |
//! | `http` | `router`: `/metrics`, `/health`, `/ready` for axum (feature `http-server`) |
//!
//! Nothing here spawns, sleeps or listens: the caller brings the runtime, the socket, and the ticks
//! of [`Exporter::run_upkeep`], without which histogram samples pile up until the next scrape.

pub mod catalogue;
pub mod exporter;
pub mod handle;
pub mod health;
#[cfg(feature = "http-server")]
pub mod http;
pub mod meter;
#[cfg(feature = "resilience")]
pub mod policies;

pub use catalogue::{Catalogue, CatalogueError, Kind, Label, Metric, Values};
pub use exporter::Exporter;
pub use handle::{Counter, Gauge, Histogram};
pub use health::{Component, Health};
#[cfg(feature = "http-server")]
pub use http::router;
pub use meter::{HandleError, InstallError, Meter};
