//! The windows against models that keep every record and count them anew each time.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

const SLOW: Duration = Duration::from_millis(100);

fn at(millis: u64) -> Time {
    Time::ZERO.after(Duration::from_millis(millis))
}

fn outcome(number: u8) -> Outcome {
    [Outcome::Success, Outcome::Failure, Outcome::Ignored][number as usize % 3]
}

fn recount<'a>(kept: impl Iterator<Item = &'a (Outcome, bool)>) -> Totals {
    kept.fold(Totals::default(), |sum, &(outcome, slow)| Totals {
        calls: sum.calls + 1,
        failures: sum.failures + u64::from(outcome == Outcome::Failure),
        slow: sum.slow + u64::from(slow),
    })
}

proptest! {
    #[test]
    fn a_count_window_equals_a_recount(
        size in 1_usize..20,
        calls in prop::collection::vec((any::<u8>(), any::<bool>()), 0..200),
    ) {
        let config = WindowConfig::count(size as u32);
        let mut window = Window::new(&config, Some(SLOW), Time::ZERO).unwrap();
        let mut kept = VecDeque::new();
        for (number, slow) in calls {
            let (outcome, took) = (outcome(number), if slow { 2 * SLOW } else { SLOW });
            window.record(outcome, took, Time::ZERO);
            if outcome != Outcome::Ignored {
                kept.push_back((outcome, slow));
                kept.drain(..kept.len().saturating_sub(size));
            }
            prop_assert_eq!(window.totals(Time::ZERO), recount(kept.iter()));
        }
    }

    #[test]
    fn a_time_window_equals_a_recount_by_bucket(
        created in 0_u64..500,
        length in 1_u64..300,
        buckets in 1_u32..20,
        steps in prop::collection::vec((any::<u8>(), any::<bool>(), 0_u64..150, any::<bool>()), 0..100),
    ) {
        let config = WindowConfig { time: Some(Duration::from_millis(length)), buckets, ..Default::default() };
        let mut window = Window::new(&config, Some(SLOW), at(created)).unwrap();
        let (mut now, mut newest, mut kept) = (0_u64, 0_u64, Vec::new());
        for (number, slow, step, back) in steps {
            now = if back { now.saturating_sub(step) } else { now + step };
            let bucket = now.saturating_sub(created) * u64::from(buckets) / length;
            let outcome = outcome(number);
            window.record(outcome, if slow { 2 * SLOW } else { SLOW }, at(now));
            if outcome != Outcome::Ignored {
                newest = newest.max(bucket);
                kept.push((newest, (outcome, slow)));
            }
            newest = newest.max(bucket);
            let live = kept.iter().filter(|(it, _)| newest - it < u64::from(buckets));
            prop_assert_eq!(window.totals(at(now)), recount(live.map(|(_, it)| it)));
        }
    }
}

#[test]
fn trap_4_zero_and_the_most_of_every_number() {
    let refused = |config: WindowConfig| {
        let error = Window::new(&config, None, Time::ZERO).unwrap_err();
        error.field()
    };
    assert_eq!(refused(WindowConfig::count(0)), "count");
    assert_eq!(refused(WindowConfig::count(1_000_001)), "count");
    assert_eq!(refused(WindowConfig::time(Duration::ZERO)), "time");
    assert_eq!(refused(WindowConfig::default()), "window");
    let longest = WindowConfig::time(Duration::MAX);
    let mut window = Window::new(&longest, None, Time::MAX).unwrap();
    window.record(Outcome::Failure, Duration::MAX, Time::MAX);
    window.record(Outcome::Failure, Duration::MAX, Time::ZERO);
    assert_eq!(window.totals(Time::MAX).failures, 2);
}

#[test]
fn a_rate_is_reached_where_its_decimal_says_so() {
    assert!(reaches(3, 30, 0.1));
    assert!(!reaches(29, 100, 0.3));
    assert!(reaches(7, 100, 0.07));
}

#[test]
fn the_shortest_buckets_still_end_late_in_the_life_of_the_clock() {
    let config = WindowConfig {
        time: Some(Duration::from_nanos(1)),
        buckets: 1_000,
        ..Default::default()
    };
    let mut window = Window::new(&config, None, Time::ZERO).unwrap();
    let late = Time::from_nanos(1 << 63);
    window.record(Outcome::Failure, Duration::ZERO, late);
    assert_eq!(window.totals(late.after(Duration::from_secs(1))).calls, 0);
}
