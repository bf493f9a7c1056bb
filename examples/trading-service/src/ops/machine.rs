//! What machine and process take, and which build they run.

use std::path::Path;
use std::time::Duration;

use admf_metrics::system::{self, SystemConfig, SystemError, SystemSampler};
use admf_metrics::{BuildInfo, Meter, Metric, build_info};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use super::Ops;
use crate::error::Error;

/// A run lasts seconds.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is fed here.
pub(super) fn metrics() -> impl Iterator<Item = Metric> {
    let build = [build_info::BUILD_INFO];
    system::METRICS.into_iter().chain(build)
}

impl Ops {
    /// Watches machine and process, and the room where `data_dir` is, for as long as this lives.
    ///
    /// # Errors
    ///
    /// If the folder is not there.
    pub(crate) fn machine(&mut self, data_dir: &Path) -> Result<(), Error> {
        watch(self.exporter.meter(), data_dir, &mut self.tasks)
    }
}

fn watch(meter: &Meter, data_dir: &Path, tasks: &mut JoinSet<()>) -> Result<(), Error> {
    let info = BuildInfo {
        service: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("ADMF_COMMIT").unwrap_or_default(),
        ..BuildInfo::default()
    };
    build_info(meter, &info).map_err(Error::run)?;
    let config = SystemConfig {
        data_dir: data_dir.to_owned(),
        interval: INTERVAL,
        ..SystemConfig::default()
    };
    let sampler = match SystemSampler::new(meter, config) {
        // The service trades without.
        Err(SystemError::Platform) => return Ok(()),
        sampler => sampler.map_err(Error::run)?,
    };
    tasks.spawn(async move { match sampler.run(sleep, spawn_blocking).await {} });
    Ok(())
}
