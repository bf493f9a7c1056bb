//! The metrics of machine and process, and how a sample becomes their series.

use super::SystemSample;
use super::process::Process;
use crate::catalogue::{Label, Metric};
use crate::handle::Counter;
use crate::meter::{HandleError, Meter};

const FED_BY: &str = "system sampler";
const INOUT: [&str; 2] = ["receive", "transmit"];
const ACCESS: [&str; 2] = ["read", "write"];

/// The parts of a sample; each fails by itself.
pub(super) const PARTS: [&str; 6] = ["cpu", "memory", "disk", "disk_io", "network", "process"];

const CPU: Metric = gauge(
    "admf_cpu_usage_percent",
    "Time of all processors together that was not idle since the last sample, 0 to 100.",
)
.unit("percent");
const MEMORY: Metric = gauge(
    "admf_memory_usage_bytes",
    "Memory in use of admf_memory_limit_bytes, without what can be had back at once.",
)
.unit("bytes");
const MEMORY_LIMIT: Metric = gauge(
    "admf_memory_limit_bytes",
    "Memory that there is: the lowest limit of the control groups around the process, or the machine's.",
)
.unit("bytes");
const DISK: Metric = gauge(
    "admf_disk_usage_percent",
    "Used part of the file system that holds the data folder, 0 to 100, as df counts it.",
)
.unit("percent");
const DISK_FREE: Metric = gauge(
    "admf_disk_free_bytes",
    "What may still be written to the file system that holds the data folder.",
)
.unit("bytes");
const DISK_BYTES: Metric = counter(
    "admf_disk_io_bytes_total",
    "Bytes that the disks of the machine read and wrote, since boot.",
)
.unit("bytes")
.labels(&[Label::one_of("direction", &ACCESS)]);
const DISK_OPERATIONS: Metric = counter(
    "admf_disk_io_operations_total",
    "Reads and writes that the disks of the machine completed, since boot.",
)
.labels(&[Label::one_of("direction", &ACCESS)]);
const NETWORK: Metric = counter(
    "admf_network_io_bytes_total",
    "Bytes that the interfaces of the network received and sent, since boot.",
)
.unit("bytes")
.labels(&[Label::one_of("direction", &INOUT)]);
const FAILURES: Metric = counter(
    "admf_system_sample_failures_total",
    "Parts of a sample of machine and process that could not be read, by part.",
)
.labels(&[Label::one_of("part", &PARTS)]);

const PROCESS_CPU: Metric = counter(
    "process_cpu_seconds_total",
    "Time of processors that the process took, its own and the kernel's for it.",
)
.unit("seconds");
const PROCESS_RESIDENT: Metric = gauge(
    "process_resident_memory_bytes",
    "Memory that the process holds.",
)
.unit("bytes");
const PROCESS_VIRTUAL: Metric = gauge(
    "process_virtual_memory_bytes",
    "Addresses that the process holds.",
)
.unit("bytes");
const PROCESS_FDS: Metric = gauge(
    "process_open_fds",
    "Files, sockets and the like that the process has open.",
);
const PROCESS_MAX_FDS: Metric = gauge(
    "process_max_fds",
    "Files, sockets and the like that the process may have open.",
);
const PROCESS_THREADS: Metric = gauge("process_threads", "Threads of the process.");
const PROCESS_START: Metric = gauge(
    "process_start_time_seconds",
    "When the process began, since the Unix epoch.",
)
.unit("seconds");

/// What a [`SystemSampler`](super::SystemSampler) feeds; its catalogue must declare all of them.
pub const METRICS: [Metric; 16] = [
    CPU,
    MEMORY,
    MEMORY_LIMIT,
    DISK,
    DISK_FREE,
    DISK_BYTES,
    DISK_OPERATIONS,
    NETWORK,
    FAILURES,
    PROCESS_CPU,
    PROCESS_RESIDENT,
    PROCESS_VIRTUAL,
    PROCESS_FDS,
    PROCESS_MAX_FDS,
    PROCESS_THREADS,
    PROCESS_START,
];

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric::gauge(name, help).fed_by(FED_BY)
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help).fed_by(FED_BY)
}

/// Writes samples to a meter.
///
/// Only the failures have series from the beginning. Those of a part are resolved when it is first read:
/// a 0 in place of what is not known yet would be a lie, and for a total since boot a jump after it.
#[derive(Debug)]
pub(super) struct Series {
    meter: Meter,
    failures: Vec<(&'static str, Counter)>,
}

impl Series {
    pub(super) fn new(meter: &Meter) -> Result<Self, HandleError> {
        METRICS.iter().try_for_each(|it| meter.declares(it))?;
        let failures = PARTS.iter().map(|part| {
            let counter = meter.counter(&FAILURES, &[("part", part)])?;
            Ok((*part, counter))
        });
        Ok(Self {
            meter: meter.clone(),
            failures: failures.collect::<Result<_, HandleError>>()?,
        })
    }

    pub(super) fn show(&self, sample: &SystemSample) {
        self.set(&CPU, sample.cpu_percent);
        self.set(&MEMORY, sample.memory.map(|memory| memory.used as f64));
        self.set(&MEMORY_LIMIT, sample.memory.map(|it| it.limit as f64));
        self.set(&DISK, sample.disk.map(|disk| disk.used_percent()));
        self.set(&DISK_FREE, sample.disk.map(|disk| disk.free as f64));
        if let Some(io) = sample.disk_io {
            self.raise_each(&DISK_BYTES, ACCESS, [io.read, io.written]);
            self.raise_each(&DISK_OPERATIONS, ACCESS, [io.reads, io.writes]);
        }
        if let Some(io) = sample.network {
            self.raise_each(&NETWORK, INOUT, [io.received, io.transmitted]);
        }
        self.process(sample.process.as_ref());
        for failure in &sample.failures {
            let mut counters = self.failures.iter();
            if let Some((_, counter)) = counters.find(|(part, _)| *part == failure.part) {
                counter.increment(1);
            }
        }
    }

    fn process(&self, process: Option<&Process>) {
        let number = |of: fn(&Process) -> u64| process.map(|it| of(it) as f64);
        self.set(&PROCESS_RESIDENT, number(|it| it.resident));
        self.set(&PROCESS_VIRTUAL, number(|it| it.virtual_memory));
        self.set(&PROCESS_FDS, number(|it| it.open_fds));
        self.set(&PROCESS_THREADS, number(|it| it.threads));
        self.set(&PROCESS_START, process.map(|it| it.started));
        let max = process.and_then(|it| it.max_fds);
        self.set(&PROCESS_MAX_FDS, max.map(|max| max as f64));
        let counter = process.map(|it| (it, self.meter.float_counter(&PROCESS_CPU, &[])));
        if let Some((process, Ok(counter))) = counter {
            counter.absolute(process.cpu_seconds);
        }
    }

    /// Shows a level, or that there is none at the moment.
    fn set(&self, metric: &Metric, level: Option<f64>) {
        if let Ok(gauge) = self.meter.gauge(metric, &[]) {
            gauge.show(level);
        }
    }

    fn raise_each(&self, metric: &Metric, directions: [&str; 2], totals: [u64; 2]) {
        for (direction, total) in directions.into_iter().zip(totals) {
            self.raise(metric, &[("direction", direction)], total);
        }
    }

    fn raise(&self, metric: &Metric, labels: &[(&str, &str)], total: u64) {
        if let Ok(counter) = self.meter.counter(metric, labels) {
            counter.absolute(total);
        }
    }
}
