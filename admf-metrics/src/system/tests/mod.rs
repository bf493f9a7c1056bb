mod cgroups;
mod fed;
mod live;
mod never_fall;
mod refused;

use std::fs;

use tempfile::TempDir;

use super::machine::Machine;
use super::*;
use crate::catalogue::Catalogue;
use crate::exporter::Exporter;

/// A machine as files: `proc` and `sys` in a folder of their own.
struct Recorded {
    root: TempDir,
}

const MEMINFO: &str = "MemTotal:        8000000 kB
MemFree:          500000 kB
MemAvailable:    6000000 kB
Buffers:          100000 kB
Cached:          5000000 kB
";

/// The fields before `|` are the name, in brackets; 250 and 50 ticks were used, 12345 after the boot.
const STAT: &str =
    "4711 (a) (b c) S 1 4711 4711 0 -1 4194304 100 0 0 0 250 50 7 9 20 0 7 0 12345 99 9 0 0 0";

const STATUS: &str = "Name:\tdesk
VmPeak:\t  999999 kB
VmSize:\t  123456 kB
VmHWM:\t   99999 kB
VmRSS:\t   20000 kB
Threads:\t7
";

const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 524288               files
";

/// One disk with a partition, a volume on it, a loop, a controller whose name has a slash, and zram.
const DISKSTATS: &str = "   7       0 loop0 11 0 88 0 0 0 0 0 0 0 0
 259       0 nvme0n1 1000 5 20000 9 300 7 4000 9 0 9 9 1 1 1 1 1 1
 259       1 nvme0n1p1 900 5 18000 9 300 7 4000 9 0 9 9
 253       0 dm-0 950 0 19000 9 290 0 3900 9 0 9 9
 104       0 cciss/c0d0 10 0 80 0 20 0 160 0 0 0 0
 252       0 zram0 5 0 40 0 5 0 40 0 0 0 0
";

const NET_DEV: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    7000      70    0    0    0     0          0         0     7000      70    0    0    0     0       0          0
  eth0:    1500      15    0    0    0     0          0         0      400       4    0    0    0     0       0          0
eth0:1:10 1 0 0 0 0 0 0 20 2 0 0 0 0 0 0
";

impl Recorded {
    /// A machine on which everything can be read, in no control group.
    fn new() -> Self {
        let it = Self {
            root: TempDir::new().unwrap(),
        };
        it.cpu(1000, 9000);
        it.put("proc/meminfo", MEMINFO);
        it.put("proc/diskstats", DISKSTATS);
        it.put("sys/block/nvme0n1/device/model", "x");
        it.put("sys/block/cciss!c0d0/device/model", "x");
        it.put("sys/block/dm-0/size", "1");
        it.put("proc/self/net/dev", NET_DEV);
        it.put("proc/self/stat", STAT);
        it.put("proc/self/status", STATUS);
        it.put("proc/self/limits", LIMITS);
        for fd in 0..6 {
            it.put(&format!("proc/self/fd/{fd}"), "");
        }
        it
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn take_away(&self, path: &str) {
        fs::remove_file(self.root.path().join(path)).unwrap();
    }

    /// Sets how long the processors were busy and idle, in ticks.
    fn cpu(&self, busy: u64, idle: u64) {
        let each = busy / 4;
        let rest = busy - 3 * each;
        let stat = format!(
            "cpu  {each} {each} {each} {idle} 0 {rest} 0 0 0 0\ncpu0 1 2 3 4\nctxt 5\nbtime 1700000000\n"
        );
        self.put("proc/stat", &stat);
    }

    fn machine(&self) -> Machine {
        Machine::at(self.root.path())
    }

    fn config(&self) -> SystemConfig {
        SystemConfig {
            data_dir: self.root.path().to_owned(),
            ..SystemConfig::default()
        }
    }

    fn sampler(&self) -> (Exporter, SystemSampler) {
        self.sampler_with(self.config())
    }

    fn sampler_with(&self, config: SystemConfig) -> (Exporter, SystemSampler) {
        self.sampler_on(exporter(), config)
    }

    fn sampler_on(&self, exporter: Exporter, config: SystemConfig) -> (Exporter, SystemSampler) {
        let sampler = SystemSampler::on(self.machine(), exporter.meter(), config);
        (exporter, sampler.unwrap())
    }
}

fn exporter() -> Exporter {
    Exporter::local(Catalogue::new(METRICS).unwrap())
}

/// The value of one series, to the letter.
fn value(exporter: &Exporter, series: &str) -> Option<f64> {
    let text = exporter.render();
    let rest = |line: &str| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok();
    text.lines().find_map(rest)
}

fn failures(exporter: &Exporter, part: &str) -> f64 {
    let series = format!("admf_system_sample_failures_total{{part=\"{part}\"}}");
    value(exporter, &series).expect("a failure is counted from 0 on")
}
