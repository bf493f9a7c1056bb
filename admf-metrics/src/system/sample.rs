//! One look at machine and process, and what has to be kept from one to the next.

use std::fmt;
use std::path::Path;

use super::machine::{CpuTicks, Machine, Memory, Read};
use super::process::Process;
use super::space::Disk;
use super::total::Totals;

/// What one sample found; a part that is `None` is not known.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SystemSample {
    /// Time of all processors that was not idle, 0 to 100; from the second sample on.
    pub cpu_percent: Option<f64>,
    /// The memory there is for the process.
    pub memory: Option<Memory>,
    /// The room where the data folder is.
    pub disk: Option<Disk>,
    /// What the disks of the machine did.
    pub disk_io: Option<DiskIo>,
    /// What went through the interfaces.
    pub network: Option<NetworkIo>,
    /// What this process takes.
    pub process: Option<Process>,
    /// The parts that could not be read.
    pub failures: Vec<SampleFailure>,
}

/// What the disks did since boot. It never falls from one sample to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiskIo {
    /// Bytes that were read.
    pub read: u64,
    /// Bytes that were written.
    pub written: u64,
    /// Reads that were completed.
    pub reads: u64,
    /// Writes that were completed.
    pub writes: u64,
}

/// What went through the interfaces since boot. It never falls from one sample to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkIo {
    /// Bytes that came.
    pub received: u64,
    /// Bytes that went.
    pub transmitted: u64,
}

/// Says which part of a sample could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SampleFailure {
    /// The value of the label `part`: `cpu`, `memory`, `disk`, `disk_io`, `network` or `process`.
    pub part: &'static str,
    /// The file, and what is wrong with it.
    pub error: String,
}

impl fmt::Display for SampleFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.error)
    }
}

/// The fewest ticks of all processors that a percentage is made of: 200 ms of one.
const MIN_TICKS: u64 = 20;

/// What was read last, where a number is about the time since.
#[derive(Debug)]
pub(super) struct Memo {
    cpu: Option<CpuTicks>,
    percent: Option<f64>,
    started: Option<f64>,
    disks: Totals<4>,
    interfaces: Totals<2>,
}

impl Memo {
    pub(super) const fn new() -> Self {
        Self {
            cpu: None,
            percent: None,
            started: None,
            disks: Totals::new(),
            interfaces: Totals::new(),
        }
    }

    /// Reads every part; one that fails takes none of the others along.
    pub(super) fn sample(
        &mut self,
        machine: &Machine,
        data_dir: &Path,
        loopback: bool,
    ) -> SystemSample {
        let mut failures = Vec::new();
        let cpu = note(&mut failures, "cpu", machine.cpu());
        let disk = Disk::of(data_dir).map_err(|error| format!("{}: {error}", data_dir.display()));
        let disk_io = note(&mut failures, "disk_io", machine.disk_io());
        let network = note(&mut failures, "network", machine.network(loopback));
        let process = note(&mut failures, "process", machine.process(self.started));
        self.started = self.started.or(process.map(|process| process.started));
        SystemSample {
            cpu_percent: cpu.and_then(|ticks| self.percent(ticks)),
            memory: note(&mut failures, "memory", machine.memory()),
            disk: note(&mut failures, "disk", disk),
            disk_io: disk_io.map(|disks| {
                let [read, written, reads, writes] = self.disks.take(disks);
                DiskIo {
                    read,
                    written,
                    reads,
                    writes,
                }
            }),
            network: network.map(|interfaces| {
                let [received, transmitted] = self.interfaces.take(interfaces);
                NetworkIo {
                    received,
                    transmitted,
                }
            }),
            process,
            failures,
        }
    }

    /// Returns how busy the processors were since the last reading.
    ///
    /// The time that passed is in the ticks themselves. Too few of them say nothing: what they were
    /// before stands, and the next reading covers them too.
    fn percent(&mut self, now: CpuTicks) -> Option<f64> {
        let Some(last) = self.cpu.filter(|last| last.all() <= now.all()) else {
            self.cpu = Some(now);
            return self.percent;
        };
        let (busy, all) = now.since(&last);
        if all >= MIN_TICKS {
            self.cpu = Some(now);
            self.percent = Some(100.0 * busy as f64 / all as f64);
        }
        self.percent
    }
}

fn note<T>(failures: &mut Vec<SampleFailure>, part: &'static str, read: Read<T>) -> Option<T> {
    read.map_err(|error| failures.push(SampleFailure { part, error }))
        .ok()
}
