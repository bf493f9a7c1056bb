//! What machine and process take, and which build they run.

use std::path::Path;
use std::time::Duration;

use admf_metrics::monitoring::{Builder, Group};
use admf_metrics::system::{self, SystemConfig, SystemError, SystemSampler};
use admf_metrics::{BuildInfo, Meter, Metric, build_info};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::error::Error;

/// What is fed here.
pub(super) fn metrics() -> impl Iterator<Item = Metric> {
    let build = [build_info::BUILD_INFO];
    system::METRICS.into_iter().chain(build)
}

/// Watches machine and process, and the room where `data_dir` is.
///
/// # Errors
///
/// If the folder is not there, or the time between two samples is too short.
pub(super) fn watched(
    monitoring: Builder,
    meter: &Meter,
    data_dir: &Path,
    interval: Duration,
) -> Result<Builder, Error> {
    let info = BuildInfo {
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("ADMF_COMMIT").unwrap_or_default(),
        ..BuildInfo::default()
    };
    build_info(meter, &info).map_err(Error::run)?;
    let config = SystemConfig {
        data_dir: data_dir.to_owned(),
        interval,
        ..SystemConfig::default()
    };
    let sampler = match SystemSampler::new(meter, config) {
        // The service trades without.
        Err(SystemError::Platform) => return Ok(monitoring),
        sampler => sampler.map_err(Error::run)?,
    };
    let sampled = async move { match sampler.run(sleep, spawn_blocking).await {} };
    Ok(monitoring.run(Group::Performance, "machine", sampled))
}
