use super::*;
use crate::catalogue::whole::{assert_exposes, everything};

#[test]
fn what_the_kernel_says_is_what_is_exposed() {
    let it = Recorded::new();
    let (exporter, sampler) = it.sampler();
    assert_eq!(sampler.last(), None);
    let sample = sampler.sample();
    assert_eq!(sample.failures, []);
    assert_eq!(sampler.last(), Some(sample));
    for (series, expected) in [
        ("admf_memory_usage_bytes", 2_048_000_000.0),
        ("admf_memory_limit_bytes", 8_192_000_000.0),
        // Disks with hardware behind them: not the partition, the volume, the loop, the zram.
        (
            "admf_disk_io_bytes_total{direction=\"read\"}",
            512.0 * 20_080.0,
        ),
        (
            "admf_disk_io_bytes_total{direction=\"write\"}",
            512.0 * 4160.0,
        ),
        ("admf_disk_io_operations_total{direction=\"read\"}", 1010.0),
        ("admf_disk_io_operations_total{direction=\"write\"}", 320.0),
        ("admf_network_io_bytes_total{direction=\"receive\"}", 1510.0),
        ("admf_network_io_bytes_total{direction=\"transmit\"}", 420.0),
        ("process_cpu_seconds_total", 3.0),
        ("process_resident_memory_bytes", 20_480_000.0),
        ("process_virtual_memory_bytes", 126_418_944.0),
        ("process_threads", 7.0),
        // Six are open, one of them by the reading.
        ("process_open_fds", 5.0),
        ("process_max_fds", 1024.0),
        ("process_start_time_seconds", 1_700_000_123.45),
    ] {
        assert_eq!(value(&exporter, series), Some(expected), "{series}");
    }
}

#[test]
fn every_metric_is_exposed_after_two_samples_and_none_else() {
    let it = Recorded::new();
    let (exporter, sampler) = it.sampler_on(everything(), it.config());
    sampler.sample();
    it.cpu(1100, 9100);
    sampler.sample();
    assert_exposes(&exporter, &METRICS);
    assert!(METRICS.iter().all(|it| it.fed_by == "system sampler"));
}

#[test]
fn the_processors_are_not_known_before_the_second_sample() {
    let it = Recorded::new();
    let (exporter, sampler) = it.sampler();
    let cpu = || {
        let sample = sampler.sample();
        let shown = value(&exporter, "admf_cpu_usage_percent");
        assert_eq!(sample.cpu_percent, shown);
        shown
    };
    assert_eq!(cpu(), None);
    it.cpu(1000 + 30, 9000 + 70);
    assert_eq!(cpu(), Some(30.0));
    it.cpu(1000 + 30 + 400, 9000 + 70);
    assert_eq!(cpu(), Some(100.0));
    it.cpu(1000 + 30 + 400, 9000 + 70 + 400);
    assert_eq!(cpu(), Some(0.0));
}

#[test]
fn too_short_a_time_changes_nothing_and_is_part_of_the_next() {
    let it = Recorded::new();
    let (_exporter, sampler) = it.sampler();
    let cpu = |busy: u64, idle: u64| {
        it.cpu(1000 + busy, 9000 + idle);
        sampler.sample().cpu_percent
    };
    assert_eq!(cpu(0, 0), None);
    assert_eq!(cpu(19, 0), None);
    assert_eq!(cpu(20, 0), Some(100.0));
    assert_eq!(cpu(20, 0), Some(100.0));
    assert_eq!(cpu(20, 19), Some(100.0));
    assert_eq!(cpu(20, 20), Some(0.0));
}

#[test]
fn ticks_that_fall_are_a_new_beginning_and_waiting_for_a_disk_is_idle() {
    let it = Recorded::new();
    let (_exporter, sampler) = it.sampler();
    let cpu = |line: &str| {
        it.put("proc/stat", &format!("{line}\nbtime 1\n"));
        sampler.sample().cpu_percent
    };
    assert_eq!(cpu("cpu  100 0 0 100 100 0 0 0 0 0"), None);
    assert_eq!(cpu("cpu  150 0 0 100 150 0 0 0 50 0"), Some(50.0));
    // A processor less: nothing is known of this time, and the next is counted from here.
    assert_eq!(cpu("cpu  80 0 0 50 50"), Some(50.0));
    assert_eq!(cpu("cpu  80 0 25 100 75"), Some(25.0));
    // The time of waiting may fall by itself.
    assert_eq!(cpu("cpu  80 0 125 100 70"), Some(100.0));
}

#[test]
fn a_part_that_cannot_be_read_is_counted_and_the_others_are_shown() {
    for (file, parts) in [
        ("proc/meminfo", &["memory"][..]),
        ("proc/diskstats", &["disk_io"]),
        ("proc/self/net/dev", &["network"]),
        ("proc/self/status", &["process"]),
        ("proc/stat", &["cpu", "process"]),
    ] {
        let it = Recorded::new();
        it.take_away(file);
        let (exporter, sampler) = it.sampler();
        for round in 1..=2 {
            let sample = sampler.sample();
            let failed: Vec<_> = sample.failures.iter().map(|it| it.part).collect();
            assert_eq!(failed, parts, "{file}");
            let said = sample.failures[0].to_string();
            let expected = format!("{}: /{file}: No such file", parts[0]);
            assert!(said.starts_with(&expected), "{said}");
            for part in ["cpu", "memory", "disk", "disk_io", "network", "process"] {
                let expected = if parts.contains(&part) { round } else { 0 };
                assert_eq!(
                    failures(&exporter, part),
                    f64::from(expected),
                    "{file}: {part}"
                );
            }
        }
    }
}

#[test]
fn a_part_that_was_never_read_has_no_series() {
    let it = Recorded::new();
    it.take_away("proc/self/net/dev");
    it.take_away("proc/diskstats");
    it.put(
        "proc/self/limits",
        "Max open files  unlimited  unlimited  files\n",
    );
    let (exporter, sampler) = it.sampler();
    sampler.sample();
    let text = exporter.render();
    for absent in ["admf_network_io", "admf_disk_io", "process_max_fds"] {
        assert!(!text.contains(&format!("\n{absent}")), "{absent}");
    }
}

#[test]
fn a_data_folder_that_goes_away_is_counted_and_found_again_when_it_is_back() {
    let it = Recorded::new();
    let folder = it.root.path().join("data");
    fs::create_dir(&folder).unwrap();
    let (exporter, sampler) = it.sampler_with(SystemConfig {
        data_dir: folder.clone(),
        ..SystemConfig::default()
    });
    assert!(sampler.sample().disk.is_some());
    fs::remove_dir(&folder).unwrap();
    let sample = sampler.sample();
    assert_eq!(sample.disk, None);
    let expected = format!(
        "disk: {}: No such file or directory (os error 2)",
        folder.display()
    );
    assert_eq!(sample.failures[0].to_string(), expected);
    assert_eq!(failures(&exporter, "disk"), 1.0);
    let shown = || {
        let levels = ["admf_disk_usage_percent", "admf_disk_free_bytes"];
        levels.map(|series| value(&exporter, series).is_some())
    };
    assert_eq!(shown(), [false; 2], "a level that nobody knows is none");
    assert!(value(&exporter, "admf_memory_usage_bytes").is_some());
    fs::create_dir(&folder).unwrap();
    assert!(sampler.sample().disk.is_some());
    assert_eq!(failures(&exporter, "disk"), 1.0);
    assert_eq!(shown(), [true; 2]);
}

#[test]
fn a_level_is_shown_only_while_its_part_can_be_read() {
    let it = Recorded::new();
    let (exporter, sampler) = it.sampler();
    sampler.sample();
    it.cpu(1100, 9100);
    sampler.sample();
    let cpu = || value(&exporter, "admf_cpu_usage_percent");
    let fds = || value(&exporter, "process_open_fds");
    assert_eq!((cpu(), fds()), (Some(50.0), Some(5.0)));
    it.take_away("proc/stat");
    it.take_away("proc/self/status");
    sampler.sample();
    assert_eq!((cpu(), fds()), (None, None));
    let total = value(&exporter, "process_cpu_seconds_total");
    assert_eq!(total, Some(3.0), "a total stays");
}

#[test]
fn processor_time_of_the_process_is_shown_in_hundredths_and_never_falls() {
    let it = Recorded::new();
    let (exporter, sampler) = it.sampler();
    let shown = |ticks: u64| {
        it.put(
            "proc/self/stat",
            &STAT.replace(" 250 50 ", &format!(" {ticks} 0 ")),
        );
        sampler.sample();
        value(&exporter, "process_cpu_seconds_total")
    };
    for (ticks, seconds) in [(0, 0.0), (1, 0.01), (307, 3.07), (306, 3.07), (308, 3.08)] {
        assert_eq!(shown(ticks), Some(seconds));
    }
}

#[test]
fn the_loopback_counts_only_where_it_is_asked_for() {
    let it = Recorded::new();
    let (_exporter, sampler) = it.sampler_with(SystemConfig {
        loopback: true,
        ..it.config()
    });
    let network = sampler.sample().network.unwrap();
    assert_eq!((network.received, network.transmitted), (8510, 7420));
}

#[test]
fn a_clock_that_is_set_does_not_move_the_beginning_of_the_process() {
    let it = Recorded::new();
    let (_exporter, sampler) = it.sampler();
    let started = || sampler.sample().process.unwrap().started;
    let first = started();
    it.put("proc/stat", "cpu  1 2 3 4\nbtime 1700009999\n");
    assert_eq!(started(), first);
}

#[test]
fn it_samples_at_once_and_after_each_interval_until_it_is_dropped() {
    use std::cell::{Cell, RefCell};

    let it = Recorded::new();
    let (_exporter, sampler) = it.sampler();
    let (samples, sleeps) = (Cell::new(0), RefCell::new(Vec::new()));
    let run = sampler.clone().run(
        |interval| {
            sleeps.borrow_mut().push(interval);
            let last = sleeps.borrow().len() == 3;
            std::future::poll_fn(move |_| match last {
                true => std::task::Poll::Pending,
                false => std::task::Poll::Ready(()),
            })
        },
        |sample| {
            sample();
            samples.set(samples.get() + 1);
            std::future::ready(())
        },
    );
    let mut run = tokio_test::task::spawn(run);
    assert!(run.poll().is_pending());
    assert_eq!(samples.get(), 3);
    assert_eq!(*sleeps.borrow(), [Duration::from_secs(30); 3]);
    assert!(sampler.last().is_some());
}
