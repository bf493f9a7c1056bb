//! What no single crate can test: the tools of the tests in `tests/`. Never published.

pub mod alertmanager;
pub mod chance;
pub mod daemon;
pub mod killed;
pub mod postgres;
pub mod prometheus;
pub mod promtool;
pub mod service;
pub mod shared_rate;
pub mod vectors;

/// The README's code runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The code of the map of the policies runs.
#[cfg(doctest)]
#[doc = include_str!("../../docs/README.md")]
pub struct Policies;

/// The code of the guides runs.
#[cfg(doctest)]
pub mod guides {
    #[doc = include_str!("../../docs/alerts_guide.md")]
    pub struct Alerts;

    #[doc = include_str!("../../docs/notifying_guide.md")]
    pub struct Notifying;

    #[doc = include_str!("../../docs/from_metrics_macros.md")]
    pub struct Macros;

    #[doc = include_str!("../../docs/from_prometheus.md")]
    pub struct Prometheus;
}
