//! What machine and process take: processors, memory, disk, network.
//!
#![doc = include_str!("../../docs/system_metrics.md")]

mod cgroup;
mod machine;
mod process;
mod sample;
mod series;
mod space;
#[cfg(test)]
mod tests;
mod total;

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use machine::Memory;
pub use process::Process;
pub use sample::{DiskIo, NetworkIo, SampleFailure, SystemSample};
pub use series::METRICS;
pub use space::Disk;

use crate::meter::{HandleError, Meter};
use machine::Machine;
use sample::Memo;
use series::Series;

/// Says what is sampled, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemConfig {
    /// A folder on the file system whose room is watched; it must exist. Default: the current one.
    pub data_dir: PathBuf,
    /// From one sample to the next, at least 200 ms: the kernel counts processors' time in steps of
    /// 10 ms. Default: 30 s.
    pub interval: Duration,
    /// Whether what the machine sends to itself counts as network. Default: no.
    pub loopback: bool,
}

impl Default for SystemConfig {
    fn default() -> Self {
        Self {
            data_dir: ".".into(),
            interval: Duration::from_secs(30),
            loopback: false,
        }
    }
}

/// The shortest interval.
const SHORTEST: Duration = Duration::from_millis(200);

/// Samples machine and process into the series of [`METRICS`]. Clones share one state.
#[derive(Clone, Debug)]
pub struct SystemSampler {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    machine: Machine,
    config: SystemConfig,
    series: Series,
    /// Held while files are read.
    memo: Mutex<Memo>,
    /// Of its own, so that nobody waits for a file system to ask what was found last.
    last: Mutex<Option<SystemSample>>,
}

impl SystemSampler {
    /// Creates a sampler that feeds the series of a meter.
    ///
    /// # Errors
    ///
    /// The catalogue lacks one of [`METRICS`], the interval is too short, the data folder is not
    /// there, or this is not Linux.
    pub fn new(meter: &Meter, config: SystemConfig) -> Result<Self, SystemError> {
        if !cfg!(target_os = "linux") {
            return Err(SystemError::Platform);
        }
        Self::on(Machine::at("/"), meter, config)
    }

    fn on(machine: Machine, meter: &Meter, config: SystemConfig) -> Result<Self, SystemError> {
        if config.interval < SHORTEST {
            return Err(SystemError::Interval {
                interval: config.interval,
            });
        }
        let refused = |error: String| SystemError::DataDir {
            path: config.data_dir.clone(),
            error,
        };
        let found = std::fs::metadata(&config.data_dir).map_err(|error| refused(error.to_string()));
        if !found?.is_dir() {
            return Err(refused("not a folder".to_owned()));
        }
        let inner = Inner {
            machine,
            series: Series::new(meter)?,
            config,
            memo: Mutex::new(Memo::new()),
            last: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Reads machine and process once, shows what it found, and returns it.
    ///
    /// It reads files that the kernel makes up, and asks the file system of the data folder, which may
    /// block where that is on another machine. A part that cannot be read is counted in
    /// `admf_system_sample_failures_total`.
    #[expect(clippy::must_use_candidate, reason = "what it found is shown as well")]
    pub fn sample(&self) -> SystemSample {
        let Inner {
            machine, config, ..
        } = &*self.inner;
        let mut memo = lock(&self.inner.memo);
        let sample = memo.sample(machine, &config.data_dir, config.loopback);
        self.inner.series.show(&sample);
        *lock(&self.inner.last) = Some(sample.clone());
        sample
    }

    /// Returns what the last sample found, at once; none before the first.
    #[must_use]
    pub fn last(&self) -> Option<SystemSample> {
        lock(&self.inner.last).clone()
    }

    /// Samples now and after every interval, for ever.
    ///
    /// `sleep` waits, and `off` runs a sample where it may block:
    /// `sampler.run(tokio::time::sleep, tokio::task::spawn_blocking)`.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it samples no more; a sample that `off` has begun comes to its end.
    pub async fn run<S: Future, O: Future>(
        self,
        mut sleep: impl FnMut(Duration) -> S,
        mut off: impl FnMut(Box<dyn FnOnce() + Send>) -> O,
    ) -> Infallible {
        loop {
            let sampler = self.clone();
            off(Box::new(move || drop(sampler.sample()))).await;
            sleep(self.inner.config.interval).await;
        }
    }
}

/// What is held was written whole, whoever panicked since.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reports that machine and process cannot be sampled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SystemError {
    /// The catalogue does not declare one of [`METRICS`] as it is.
    Handle(HandleError),
    /// The interval is too short.
    Interval {
        /// The interval.
        interval: Duration,
    },
    /// The data folder is not there.
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// Only Linux shows itself in files.
    Platform,
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handle(error) => error.fmt(f),
            Self::Interval { interval } => {
                write!(
                    f,
                    "interval: must be at least {SHORTEST:?}, is {interval:?}"
                )
            }
            Self::DataDir { path, error } => {
                let path = path.display();
                write!(f, "data_dir: must be a folder that exists, {path}: {error}")
            }
            Self::Platform => f.write_str("machine and process are sampled on Linux only"),
        }
    }
}

impl std::error::Error for SystemError {}

impl From<HandleError> for SystemError {
    fn from(error: HandleError) -> Self {
        Self::Handle(error)
    }
}
