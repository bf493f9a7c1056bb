use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::system::total::Totals;

/// The interfaces of a machine: some of a few names, with any counts.
fn interfaces() -> impl Strategy<Value = BTreeMap<String, [u64; 2]>> {
    let count = prop_oneof![0..50_u64, (u64::from(u32::MAX) - 9)..=u64::from(u32::MAX)];
    proptest::collection::btree_map("[a-d]", [count.clone(), count], 0..4)
}

fn net_dev(interfaces: &BTreeMap<String, [u64; 2]>) -> String {
    let line = |(name, [received, sent]): (&String, &[u64; 2])| {
        format!("{name}: {received} 0 0 0 0 0 0 0 {sent} 0 0 0 0 0 0 0\n")
    };
    let lines: String = interfaces.iter().map(line).collect();
    format!("heading\nheading\n{lines}")
}

proptest! {
    /// The naive model recounts the whole history, for each name and direction by itself.
    #[test]
    fn totals_never_fall_and_equal_a_recount_whatever_parts_do(
        history in proptest::collection::vec(interfaces(), 1..12),
    ) {
        let mut totals = Totals::new();
        let mut before = [0, 0];
        for (end, now) in history.iter().enumerate() {
            let sums = totals.take(now.clone());
            prop_assert!(sums[0] >= before[0] && sums[1] >= before[1]);
            before = sums;
            for direction in 0..2 {
                let mut recount = 0;
                for name in ["a", "b", "c", "d"] {
                    let seen = history[..=end].iter().map(|all| all.get(name).map(|it| it[direction]));
                    let mut last = None;
                    for count in seen {
                        recount += match (last.flatten(), count) {
                            (_, None) => 0,
                            (Some(last), Some(count)) if count >= last => count - last,
                            (_, Some(count)) => count,
                        };
                        last = Some(count);
                    }
                }
                prop_assert_eq!(sums[direction], recount);
            }
        }
    }

    #[test]
    fn what_is_scraped_never_falls(history in proptest::collection::vec(interfaces(), 1..6)) {
        let it = Recorded::new();
        let (exporter, sampler) = it.sampler();
        let mut before = 0.0;
        for interfaces in &history {
            it.put("proc/self/net/dev", &net_dev(interfaces));
            sampler.sample();
            let now = value(&exporter, "admf_network_io_bytes_total{direction=\"receive\"}");
            prop_assert!(now >= Some(before), "{now:?} after {before}");
            before = now.unwrap_or_default();
        }
    }

    /// Whatever a file holds, one part fails at the most.
    #[test]
    fn no_text_in_place_of_a_file_panics(
        file in proptest::sample::select(vec![
            "proc/stat", "proc/meminfo", "proc/diskstats", "proc/self/net/dev", "proc/self/stat",
            "proc/self/status", "proc/self/limits", "proc/self/cgroup", "proc/self/mountinfo",
        ]),
        text in "(cpu |MemTotal:|VmRSS:|a: |0::|4:memory:| - cgroup2 |[ -~äß\n)(:/0-9-]){0,40}",
    ) {
        let it = Recorded::new();
        it.put(file, &text);
        let (exporter, sampler) = it.sampler();
        let sample = sampler.sample();
        // Boot and busy time are in one file, of two parts.
        let most = if file == "proc/stat" { 2 } else { 1 };
        prop_assert!(sample.failures.len() <= most, "{:?}", sample.failures);
        prop_assert!(exporter.render().ends_with('\n'));
    }
}

#[test]
fn an_interface_that_goes_leaves_what_it_counted_and_one_that_wraps_begins_again() {
    let it = Recorded::new();
    let (exporter, sampler) = it.sampler();
    let received = |lines: &[(&str, u64)]| {
        let all = lines
            .iter()
            .map(|(name, count)| ((*name).to_owned(), [*count, 0]));
        it.put("proc/self/net/dev", &net_dev(&all.collect()));
        sampler.sample();
        value(
            &exporter,
            "admf_network_io_bytes_total{direction=\"receive\"}",
        )
    };
    let top = u64::from(u32::MAX);
    assert_eq!(
        received(&[("eth0", top - 10), ("veth1", 500)]),
        Some((top + 490) as f64)
    );
    assert_eq!(received(&[("eth0", top)]), Some((top + 500) as f64));
    assert_eq!(
        received(&[("eth0", 7), ("veth2", 3)]),
        Some((top + 510) as f64)
    );
    assert_eq!(received(&[]), Some((top + 510) as f64));
}
