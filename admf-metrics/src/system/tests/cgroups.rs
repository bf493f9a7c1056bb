use super::*;

const GIB: u64 = 1 << 30;
const MACHINE: Memory = Memory {
    used: 2_000_000 * 1024,
    limit: 8_000_000 * 1024,
};

const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const V1: &str = "30 23 0:26 / /sys/fs/cgroup ro shared:4 - tmpfs tmpfs ro,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw shared:6 - cgroup cgroup rw,memory
";
const HYBRID: &str = "33 30 0:29 / /sys/fs/cgroup/unified rw shared:7 - cgroup2 cgroup2 rw\n";

fn grouped(groups: &str, mounts: &str) -> Recorded {
    let it = Recorded::new();
    it.put("proc/self/cgroup", groups);
    it.put("proc/self/mountinfo", mounts);
    it
}

impl Recorded {
    fn v2(&self, group: &str, max: &str, current: u64, cold: u64) {
        let folder = format!("sys/fs/cgroup{group}");
        self.put(&format!("{folder}/memory.max"), &format!("{max}\n"));
        self.put(&format!("{folder}/memory.current"), &format!("{current}\n"));
        let stat = format!("anon 5\nactive_file 9\ninactive_file {cold}\nslab 3\n");
        self.put(&format!("{folder}/memory.stat"), &stat);
    }

    fn v1(&self, group: &str, limit: u64, usage: u64, cold: u64) {
        let folder = format!("sys/fs/cgroup/memory{group}");
        self.put(
            &format!("{folder}/memory.limit_in_bytes"),
            &format!("{limit}\n"),
        );
        self.put(
            &format!("{folder}/memory.usage_in_bytes"),
            &format!("{usage}\n"),
        );
        let stat = format!("inactive_file 1\ntotal_cache 7\ntotal_inactive_file {cold}\n");
        self.put(&format!("{folder}/memory.stat"), &stat);
    }

    fn memory(&self) -> Memory {
        self.machine().memory().unwrap()
    }
}

const fn memory(used: u64, limit: u64) -> Memory {
    Memory { used, limit }
}

#[test]
fn without_control_groups_memory_is_the_machines() {
    assert_eq!(Recorded::new().memory(), MACHINE);
    assert_eq!(grouped("", "").memory(), MACHINE);
    assert_eq!(grouped("0::/a\n", "what is this\n").memory(), MACHINE);
    assert_eq!(grouped("no line of it\n4:memory\n", V1).memory(), MACHINE);
}

#[test]
fn an_old_kernel_that_does_not_say_what_is_available_counts_free_and_cached() {
    let it = Recorded::new();
    it.put(
        "proc/meminfo",
        "MemTotal: 8000 kB\nMemFree: 500 kB\nCached: 2500 kB\n",
    );
    assert_eq!(it.memory(), memory(5000 * 1024, 8000 * 1024));
}

#[test]
fn the_limit_of_a_v2_group_applies_and_its_cold_pages_are_not_in_use() {
    let it = grouped("0::/app\n", V2);
    it.v2("/app", &GIB.to_string(), 700, 100);
    assert_eq!(it.memory(), memory(600, GIB));
}

#[test]
fn the_lowest_limit_on_the_way_up_applies_with_the_use_of_its_own_group() {
    let it = grouped("0::/pod/app\n", V2);
    it.v2("/pod/app", "max", 300, 0);
    it.v2("/pod", &(2 * GIB).to_string(), 900, 50);
    assert_eq!(it.memory(), memory(850, 2 * GIB));
    it.v2("/pod/app", &GIB.to_string(), 300, 0);
    assert_eq!(it.memory(), memory(300, GIB));
    // Of equal ones the outer: others use it too.
    it.v2("/pod/app", &(2 * GIB).to_string(), 300, 0);
    assert_eq!(it.memory(), memory(850, 2 * GIB));
}

#[test]
fn max_or_more_than_the_machine_has_is_no_limit() {
    let it = grouped("0::/app\n", V2);
    it.v2("/app", "max", 700, 100);
    assert_eq!(it.memory(), MACHINE);
    it.v2("/app", &(64 * GIB).to_string(), 700, 100);
    assert_eq!(it.memory(), MACHINE);
    let it = grouped("4:memory:/app\n", V1);
    it.v1("/app", 9_223_372_036_854_771_712, 700, 100);
    assert_eq!(it.memory(), MACHINE);
}

#[test]
fn the_limit_of_a_v1_group_applies() {
    let it = grouped(
        "11:cpu,cpuacct:/other\n4:memory:/docker/c1\n1:name=systemd:/x\n",
        V1,
    );
    it.v1("/docker/c1", GIB, 700, 100);
    it.v1("/docker", 3 * GIB, 5000, 0);
    it.v1("", 9_223_372_036_854_771_712, 9000, 0);
    assert_eq!(it.memory(), memory(600, GIB));
}

#[test]
fn under_both_versions_the_one_that_bounds_memory_is_found() {
    let it = grouped("4:memory:/svc\n0::/svc\n", &format!("{V1}{HYBRID}"));
    it.v1("/svc", GIB, 700, 0);
    it.put("sys/fs/cgroup/unified/svc/cgroup.procs", "1\n");
    assert_eq!(it.memory(), memory(700, GIB));
}

#[test]
fn a_container_sees_its_own_group_where_the_hierarchy_is_mounted() {
    // v1 without a namespace: the host's path, of which the mount is the end.
    let own = V1.replace("0:28 / /sys", "0:28 /docker/c1 /sys");
    let it = grouped("4:memory:/docker/c1\n", &own);
    it.v1("", GIB, 700, 0);
    assert_eq!(it.memory(), memory(700, GIB));
    // A path that is not below what is mounted, and one above the namespace.
    for group in ["/kubepods/pod1/c1", "/../../c1"] {
        let it = grouped(&format!("4:memory:{group}\n0::{group}\n"), &own);
        it.v1("", GIB, 700, 0);
        assert_eq!(it.memory(), memory(700, GIB), "{group}");
    }
    // The group's own namespace, and one that the process was moved out of.
    for group in ["/", "/../../c1"] {
        let it = grouped(&format!("0::{group}\n"), V2);
        it.v2("", &GIB.to_string(), 700, 0);
        assert_eq!(it.memory(), memory(700, GIB), "{group}");
    }
}

#[test]
fn a_mount_whose_path_has_spaces_is_found() {
    let it = grouped(
        "0::/app\n",
        &V2.replace("/sys/fs/cgroup", "/sys/fs/cgroup/my\\040groups"),
    );
    it.v2("/my groups/app", &GIB.to_string(), 700, 0);
    assert_eq!(it.memory(), memory(700, GIB));
}

#[test]
fn a_group_whose_use_cannot_be_read_does_not_count() {
    let it = grouped("0::/app\n", V2);
    it.v2("/app", &GIB.to_string(), 700, 0);
    it.take_away("sys/fs/cgroup/app/memory.current");
    assert_eq!(it.memory(), MACHINE);
}
