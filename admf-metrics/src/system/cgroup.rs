//! The memory that the control groups around the process leave it, under v1, v2, or both.

use std::path::{Path, PathBuf};

use super::machine::{Machine, Memory, number_after};

/// The files of one version.
struct Version {
    fs: &'static str,
    limit: &'static str,
    usage: &'static str,
    /// The line of `memory.stat` with the file pages that the kernel takes back first.
    cold: &'static str,
}

const V1: Version = Version {
    fs: "cgroup",
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    cold: "total_inactive_file ",
};
const V2: Version = Version {
    fs: "cgroup2",
    limit: "memory.max",
    usage: "memory.current",
    cold: "inactive_file ",
};

/// A hierarchy that is mounted: which of its groups, and where.
struct Mount<'t> {
    group: PathBuf,
    point: PathBuf,
    fs: &'t str,
    options: &'t str,
}

/// Returns the lowest limit around the process, and what is used of it; of equal ones the outermost,
/// whose use is no less.
///
/// Nothing where no group says a limit below `total`, or it cannot be read.
pub(super) fn memory(machine: &Machine, total: u64) -> Option<Memory> {
    let groups = machine.read("/proc/self/cgroup").ok()?;
    let mounts = machine.read("/proc/self/mountinfo").ok()?;
    let mounts: Vec<_> = mounts.lines().filter_map(Mount::parse).collect();
    let found = groups.lines().flat_map(|line| {
        let hierarchy = Hierarchy::of(line, &mounts);
        hierarchy.into_iter().flat_map(|it| it.limits(machine))
    });
    // From the outermost on, and `min_by_key` returns the first.
    let below = found.filter(|(limit, ..)| *limit < total);
    let (limit, version, folder) = below.min_by_key(|(limit, ..)| *limit)?;
    let used = version.used(machine, &folder)?;
    Some(Memory { used, limit })
}

struct Hierarchy {
    version: &'static Version,
    /// The group of the process, and those around it up to the mount; the outermost first.
    folders: Vec<PathBuf>,
}

impl Hierarchy {
    /// Finds the folders of a line of `/proc/self/cgroup`, where it is one that bounds memory.
    fn of(line: &str, mounts: &[Mount<'_>]) -> Option<Self> {
        let mut fields = line.splitn(3, ':');
        let (id, controllers, group) = (fields.next()?, fields.next()?, fields.next()?);
        let has_memory = |list: &str| list.split(',').any(|it| it == "memory");
        let version = match (id, controllers) {
            ("0", "") => &V2,
            (_, controllers) if has_memory(controllers) => &V1,
            _ => return None,
        };
        // v1 mounts each controller by itself, v2 all of them together.
        let is = |mount: &&Mount<'_>| {
            mount.fs == version.fs && (controllers.is_empty() || has_memory(mount.options))
        };
        let mount = mounts.iter().find(is)?;
        // A container may see its own group mounted, under a path that only the host knows.
        let inside = Path::new(group).strip_prefix(&mount.group);
        let inside = inside.unwrap_or(Path::new(""));
        let below = inside.ancestors().map(|part| mount.point.join(part));
        let mut folders: Vec<_> = below.collect();
        folders.reverse();
        Some(Self { version, folders })
    }

    /// Returns the groups that have a limit, with it.
    fn limits(self, machine: &Machine) -> Vec<(u64, &'static Version, PathBuf)> {
        let Self { version, folders } = self;
        let limit = |folder: PathBuf| Some((version.limit(machine, &folder)?, version, folder));
        folders.into_iter().filter_map(limit).collect()
    }
}

impl Version {
    /// Reads the limit of one group. "max" is none, and the root of v2 has no such file.
    fn limit(&self, machine: &Machine, folder: &Path) -> Option<u64> {
        number(machine, &folder.join(self.limit))
    }

    /// Reads what one group uses, without what the kernel would take back before it refuses any.
    ///
    /// Slow beside the limit, since the kernel adds it up from all processors.
    fn used(&self, machine: &Machine, folder: &Path) -> Option<u64> {
        let usage = number(machine, &folder.join(self.usage))?;
        let stat = machine.read(folder.join("memory.stat")).unwrap_or_default();
        Some(usage.saturating_sub(number_after(&stat, self.cold).unwrap_or(0)))
    }
}

fn number(machine: &Machine, path: &Path) -> Option<u64> {
    machine.read(path).ok()?.trim().parse().ok()
}

impl<'t> Mount<'t> {
    /// Takes a line of `/proc/self/mountinfo` apart.
    fn parse(line: &'t str) -> Option<Self> {
        let (head, tail) = line.split_once(" - ")?;
        let mut head = head.split(' ').skip(3);
        let (group, point) = (head.next()?, head.next()?);
        let mut tail = tail.split(' ');
        let (fs, options) = (tail.next()?, tail.nth(1).unwrap_or_default());
        Some(Self {
            group: unescape(group).into(),
            point: unescape(point).into(),
            fs,
            options,
        })
    }
}

/// Puts back the characters that would break a line of mounts.
fn unescape(path: &str) -> String {
    let escapes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    // The backslash last, so that what it stood before is not taken for an escape.
    let whole = |path: String, (escape, to): (&str, &str)| path.replace(escape, to);
    escapes.into_iter().fold(path.to_owned(), whole)
}
