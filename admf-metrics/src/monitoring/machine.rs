//! Machine and process as a part.

use std::path::PathBuf;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::parts::Part;
use super::{Builder, Group, StartError};
use crate::meter::Meter;
use crate::system::{self, SystemConfig, SystemError, SystemSampler};

/// What a sampler takes.
const SHORTEST: Duration = Duration::from_millis(200);

impl Builder {
    /// Samples machine and process in the interval of performance, at least 200 ms, and the room where a
    /// folder is: [`system`](crate::system). Where this is not Linux there is nothing to sample.
    ///
    /// [`start`](Self::start) refuses a folder that is not there.
    pub fn system(mut self, data_dir: impl Into<PathBuf>) -> Self {
        if Group::Performance.is_on(&self.config) {
            self.metrics.extend(system::METRICS);
            self.data_dir = Some(data_dir.into());
        }
        self
    }

    /// Makes the sampler a part, where one was asked for.
    pub(super) fn sample_system(&mut self, meter: &Meter) -> Result<(), StartError> {
        let Some(data_dir) = self.data_dir.take() else {
            return Ok(());
        };
        let every = self.config.performance_interval.max(SHORTEST);
        let config = SystemConfig {
            data_dir,
            interval: every,
            ..SystemConfig::default()
        };
        let sampler = match SystemSampler::new(meter, config) {
            Err(SystemError::Platform) => return Ok(()),
            sampler => sampler.map_err(StartError::System)?,
        };
        let tick = move || {
            let sampler = sampler.clone();
            async move {
                // One that panics leaves what was shown last, and the next one comes.
                if let Err(error) = spawn_blocking(move || drop(sampler.sample())).await
                    && let Ok(panic) = error.try_into_panic()
                {
                    std::panic::resume_unwind(panic);
                }
            }
        };
        self.parts
            .push(Part::ticking(Group::Performance, "system", every, tick));
        Ok(())
    }
}
