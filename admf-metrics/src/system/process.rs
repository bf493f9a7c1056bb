//! What the kernel says of this process.

use std::fs;

use super::machine::{Machine, Read, malformed, number_after};

/// The kernel's ticks a second as it shows them to programs, on every processor that Rust builds for.
const TICKS: f64 = 100.0;

/// What this process takes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Process {
    /// Seconds of processor time, its own and the kernel's for it, of all threads; steps of 0.01.
    pub cpu_seconds: f64,
    /// Bytes in memory.
    pub resident: u64,
    /// Bytes of addresses.
    pub virtual_memory: u64,
    /// Threads.
    pub threads: u64,
    /// Open files, sockets and the like.
    pub open_fds: u64,
    /// How many it may open; none where there is no limit.
    pub max_fds: Option<u64>,
    /// When it began, in seconds since the Unix epoch.
    pub started: f64,
}

/// The ticks of `/proc/self/stat`.
struct Ticks {
    used: u64,
    /// From boot to its beginning.
    start: u64,
}

impl Ticks {
    fn parse(stat: &str) -> Option<Self> {
        // The name, in brackets, may hold anything, brackets too.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<_> = fields.split_whitespace().collect();
        let at = |i: usize| fields.get(i)?.parse::<u64>().ok();
        Some(Self {
            used: at(11)?.saturating_add(at(12)?),
            start: at(19)?,
        })
    }
}

impl Machine {
    /// `started` is when it began, where that is known already: the kernel works it out anew each time,
    /// from a clock that is set, and slowly.
    pub(super) fn process(&self, started: Option<f64>) -> Read<Process> {
        let stat = self.read("/proc/self/stat")?;
        let ticks = Ticks::parse(&stat).ok_or_else(|| malformed("/proc/self/stat"))?;
        let path = "/proc/self/status";
        let status = self.read(path)?;
        let field = |name| number_after(&status, name).ok_or_else(|| malformed(path));
        let bytes = |name| field(name).map(|kib| kib.saturating_mul(1024));
        let started = match started {
            Some(started) => started,
            None => self.boot()? as f64 + ticks.start as f64 / TICKS,
        };
        let limits = self.read("/proc/self/limits")?;
        Ok(Process {
            cpu_seconds: ticks.used as f64 / TICKS,
            resident: bytes("VmRSS:")?,
            virtual_memory: bytes("VmSize:")?,
            threads: field("Threads:")?,
            open_fds: self.open_fds()?,
            max_fds: number_after(&limits, "Max open files"),
            started,
        })
    }

    fn open_fds(&self) -> Read<u64> {
        let path = "/proc/self/fd";
        let failed = |error| format!("{path}: {error}");
        let open = fs::read_dir(self.place(path)).map_err(failed)?;
        // Without the one that this reading opens.
        Ok((open.count() as u64).saturating_sub(1))
    }
}
