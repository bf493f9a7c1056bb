//! Against the machine that the tests run on.

use std::process::Command;

use super::*;

fn live() -> (Exporter, SystemSampler) {
    let exporter = exporter();
    let sampler = SystemSampler::new(exporter.meter(), SystemConfig::default());
    (exporter, sampler.unwrap())
}

#[test]
fn this_process_is_seen_as_its_own_files_say() {
    let (_exporter, sampler) = live();
    let process = sampler.sample().process.unwrap();
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages = |i| statm.split(' ').nth(i).unwrap().parse::<u64>().unwrap();
    // In pages of any size; the process grows while it is looked at.
    let near = |a: u64, b: u64| a / 2 <= b && b / 2 <= a;
    let page = process
        .virtual_memory
        .div_ceil(pages(0))
        .next_power_of_two();
    assert!((4096..=65536).contains(&page), "{page}");
    assert!(near(process.resident, pages(1) * page), "{process:?}");
    assert!(process.open_fds >= 3 && process.threads >= 1, "{process:?}");
    assert!(process.max_fds >= Some(process.open_fds), "{process:?}");
    assert!(process.started > 1.6e9, "{process:?}");
}

#[test]
fn a_file_that_is_opened_is_one_more() {
    let (_exporter, sampler) = live();
    let fds = || sampler.sample().process.unwrap().open_fds;
    let before = fds();
    let files: Vec<_> = (0..200)
        .map(|_| fs::File::open("/dev/null").unwrap())
        .collect();
    let during = fds();
    drop(files);
    // Other tests open some and close them.
    assert!(
        (before + 100..before + 300).contains(&during),
        "{before} {during}"
    );
}

#[test]
fn the_disk_is_what_df_says_also_by_way_of_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let disk = Disk::of(&link).unwrap();
    let df = Command::new("df")
        .args(["-P", "-B1"])
        .arg(folder.path())
        .output()
        .unwrap();
    let df = String::from_utf8(df.stdout).unwrap();
    let fields: Vec<_> = df.lines().nth(1).unwrap().split_whitespace().collect();
    let percent: f64 = fields[4].trim_end_matches('%').parse().unwrap();
    // It rounds up, and others write meanwhile.
    assert!((disk.used_percent() - percent).abs() < 2.0, "{disk:?} {df}");
    let free: f64 = fields[3].parse().unwrap();
    assert!(
        (disk.free as f64 / free - 1.0).abs() < 0.05,
        "{disk:?} {df}"
    );
}

#[test]
fn work_makes_the_time_of_the_process_and_of_the_processors_grow() {
    let (exporter, sampler) = live();
    let first = sampler.sample();
    let begun = first.process.unwrap().cpu_seconds;
    let (mut last, mut done) = (first, 0_u64);
    // What is driven is the work: on, until a second of it is seen.
    while last.process.unwrap().cpu_seconds < begun + 1.0 {
        for i in 0..50_000_000_u64 {
            done = std::hint::black_box(done.wrapping_mul(31).wrapping_add(i));
        }
        last = sampler.sample();
    }
    let percent = last.cpu_percent.unwrap();
    assert!(percent > 0.0 && percent <= 100.0, "{percent}");
    let shown = value(&exporter, "process_cpu_seconds_total").unwrap();
    assert!(shown >= 1.0 && shown <= last.process.unwrap().cpu_seconds);
}

#[test]
fn every_part_of_this_machine_is_plausible() {
    let (exporter, sampler) = live();
    let sample = sampler.sample();
    let memory = sample.memory.unwrap();
    assert!(memory.used > 0 && memory.used <= memory.limit, "{memory:?}");
    assert!(sample.network.is_some(), "{:?}", sample.failures);
    assert!(exporter.render().contains("\nadmf_memory_limit_bytes "));
}

#[test]
fn what_is_exposed_is_clean_to_promtool() {
    use std::io::Write;
    use std::process::Stdio;

    let (exporter, sampler) = live();
    sampler.sample();
    let child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        let required = std::env::var_os("ADMF_REQUIRE_SERVERS").is_some();
        assert!(!required, "promtool is missing");
        eprintln!("left out: there is no promtool");
        return;
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(exporter.render().as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert_eq!(said, "");
}
