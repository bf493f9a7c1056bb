//! What the kernel says of the machine, read below a root folder and taken apart.

use std::fs;
use std::path::{Path, PathBuf};

use super::cgroup;
use super::total::Readings;

/// A number, or why there is none.
pub(super) type Read<T> = Result<T, String>;

/// A sector of `/proc/diskstats`, whatever the device's own are.
const SECTOR: u64 = 512;

/// Where `proc` and `sys` are mounted: `/`, or a recorded tree.
#[derive(Debug)]
pub(super) struct Machine {
    root: PathBuf,
}

/// Memory, and what bounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// Bytes in use that cannot be had back without taking them from somebody.
    pub used: u64,
    /// Bytes that there are: the lowest limit of the cgroups around the process, or the machine's memory.
    pub limit: u64,
}

/// Where the processors' time went, in ticks since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CpuTicks {
    /// All but idle and waiting for a disk; guests are in `user`.
    pub(super) busy: [u64; 6],
    pub(super) idle: [u64; 2],
}

impl CpuTicks {
    fn parse(stat: &str) -> Option<Self> {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let mut fields = [0; 8];
        let mut numbers = line.split_whitespace();
        for (i, field) in fields.iter_mut().enumerate() {
            // The first four have always been there.
            *field = match numbers.next() {
                Some(number) => number.parse().ok()?,
                None if i < 4 => return None,
                None => 0,
            };
        }
        let [user, nice, system, idle, iowait, irq, softirq, steal] = fields;
        Some(Self {
            busy: [user, nice, system, irq, softirq, steal],
            idle: [idle, iowait],
        })
    }

    /// Returns all ticks since boot.
    pub(super) fn all(&self) -> u64 {
        let all = self.busy.iter().chain(&self.idle);
        all.fold(0, |sum, ticks| sum.saturating_add(*ticks))
    }

    /// Returns the busy ticks and all ticks since an earlier reading.
    ///
    /// Field by field, since the kernel lets the time of waiting fall.
    pub(super) fn since(&self, earlier: &Self) -> (u64, u64) {
        let risen = |now: &[u64], then: &[u64]| {
            let risen = now.iter().zip(then).map(|(a, b)| a.saturating_sub(*b));
            risen.fold(0, u64::saturating_add)
        };
        let busy = risen(&self.busy, &earlier.busy);
        (busy, busy.saturating_add(risen(&self.idle, &earlier.idle)))
    }
}

impl Machine {
    pub(super) fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns the place of a path that is absolute on the machine.
    pub(super) fn place(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    pub(super) fn read(&self, path: impl AsRef<Path>) -> Read<String> {
        let text = fs::read(self.place(&path));
        let text = text.map_err(|error| format!("{}: {error}", path.as_ref().display()))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    pub(super) fn cpu(&self) -> Read<CpuTicks> {
        let stat = self.read("/proc/stat")?;
        CpuTicks::parse(&stat).ok_or_else(|| malformed("/proc/stat"))
    }

    /// Returns the second of the boot, since the Unix epoch.
    pub(super) fn boot(&self) -> Read<u64> {
        let stat = self.read("/proc/stat")?;
        number_after(&stat, "btime ").ok_or_else(|| malformed("/proc/stat"))
    }

    pub(super) fn memory(&self) -> Read<Memory> {
        let text = self.read("/proc/meminfo")?;
        let bytes = |name| number_after(&text, name).map(|kib: u64| kib.saturating_mul(1024));
        let total = bytes("MemTotal:").ok_or_else(|| malformed("/proc/meminfo"))?;
        if let Some(memory) = cgroup::memory(self, total) {
            return Ok(memory);
        }
        // Older kernels do not say what is available.
        let parts = || Some(bytes("MemFree:")?.saturating_add(bytes("Cached:")?));
        let available = bytes("MemAvailable:").or_else(parts);
        let available = available.ok_or_else(|| malformed("/proc/meminfo"))?;
        Ok(Memory {
            used: total.saturating_sub(available),
            limit: total,
        })
    }

    /// Returns what each disk read and wrote: bytes, then operations.
    ///
    /// Only what has hardware behind it: partitions, volumes and loops are parts of those.
    pub(super) fn disk_io(&self) -> Read<Readings<4>> {
        let path = "/proc/diskstats";
        let mut disks = Readings::new();
        for line in self.read(path)?.lines() {
            let fields: Vec<_> = line.split_whitespace().collect();
            let name = fields.get(2).ok_or_else(|| malformed(path))?;
            let folder = format!("/sys/block/{}/device", name.replace('/', "!"));
            if !self.place(folder).exists() {
                continue;
            }
            let at = |i: usize| number(fields.get(i), path);
            let bytes = |i| Ok::<_, String>(at(i)?.saturating_mul(SECTOR));
            disks.insert((*name).to_owned(), [bytes(5)?, bytes(9)?, at(3)?, at(7)?]);
        }
        Ok(disks)
    }

    /// Returns what each interface received and sent, in bytes.
    pub(super) fn network(&self, loopback: bool) -> Read<Readings<2>> {
        let path = "/proc/self/net/dev";
        let mut interfaces = Readings::new();
        // Two lines of heading.
        for line in self.read(path)?.lines().skip(2) {
            // The last one: an alias has a colon in its name.
            let (name, fields) = line.rsplit_once(':').ok_or_else(|| malformed(path))?;
            let name = name.trim();
            if name == "lo" && !loopback {
                continue;
            }
            let fields: Vec<_> = fields.split_whitespace().collect();
            let at = |i: usize| number(fields.get(i), path);
            interfaces.insert(name.to_owned(), [at(0)?, at(8)?]);
        }
        Ok(interfaces)
    }
}

fn number(field: Option<&&str>, path: &str) -> Read<u64> {
    let number = field.and_then(|field| field.parse().ok());
    number.ok_or_else(|| malformed(path))
}

/// Finds the line that begins so, and returns the number after that.
pub(super) fn number_after(text: &str, prefix: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(prefix))?;
    rest.split_whitespace().next()?.parse().ok()
}

pub(super) fn malformed(path: &str) -> String {
    format!("{path}: not as the kernel writes it")
}
