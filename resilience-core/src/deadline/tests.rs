//! Deadlines, their text, and how many calls are dropped for them.

use proptest::prelude::*;

use super::*;
use crate::ManualClock;

const SECOND: Duration = Duration::from_secs(1);

fn at(nanos: u64) -> Time {
    Time::from_nanos(nanos)
}

fn deadlines(config: DeadlinesConfig) -> (Deadlines, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    (Deadlines::new("orders", config, &env).unwrap(), clock)
}

fn ask(deadline: u64) -> Ask {
    Ask::default().deadline(at(deadline))
}

#[test]
fn dl_1_what_is_left_is_the_least_of_all_and_never_below_nothing() {
    let earliest = |all: &[u64]| Deadline::earliest(all.iter().map(|it| Deadline::at(at(*it))));
    assert_eq!(earliest(&[1_500, 1_200, 4_000]), earliest(&[1_200]));
    assert_eq!(earliest(&[]), None);
    let deadline = earliest(&[100]).unwrap();
    for (now, left) in [(0, 100), (99, 1), (100, 0), (u64::MAX, 0)] {
        assert_eq!(deadline.left(at(now)), Duration::from_nanos(left));
        assert_eq!(deadline.has_passed(at(now)), left == 0, "{now}");
    }
}

#[test]
fn a_deadline_past_the_clock_is_its_end() {
    for left in [Duration::MAX, Duration::from_nanos(u64::MAX)] {
        assert_eq!(Deadline::within(left, at(7)), Deadline::at(Time::MAX));
    }
    assert_eq!(
        parse_grpc_timeout("99999999H"),
        Some(Time::MAX.since(at(0)))
    );
}

#[test]
fn dl_2_a_grpc_timeout_is_one_to_eight_digits_and_a_unit() {
    for (text, nanos) in [
        ("2H", 7_200_000_000_000),
        ("3M", 180_000_000_000),
        ("5S", 5_000_000_000),
        ("100m", 100_000_000),
        ("250u", 250_000),
        ("7n", 7),
        ("0n", 0),
        ("00000001n", 1),
        ("99999999n", 99_999_999),
    ] {
        let read = parse_grpc_timeout(text);
        assert_eq!(read, Some(Duration::from_nanos(nanos)), "{text}");
    }
    for malformed in [
        "",
        "S",
        "100",
        "-1S",
        "+1S",
        "1.5S",
        " 1S",
        "1S ",
        "1 S",
        "1ms",
        "0x1S",
        "٣S",
        "1_0S",
        "1s",
        "1h",
        "123456789n",
        "000000001S",
        "1é",
        "é",
    ] {
        assert_eq!(parse_grpc_timeout(malformed), None, "{malformed:?}");
    }
}

#[test]
fn a_written_timeout_has_the_finest_unit_with_room_and_is_rounded_down() {
    for (nanos, text) in [
        (0, "0n"),
        (99_999_999, "99999999n"),
        (100_000_000, "100000u"),
        (100_000_999, "100000u"),
        (99_999_999_999, "99999999u"),
        (100_000_000_000, "100000m"),
        (99_999_999_999_999, "99999999m"),
        (100_000_000_000_000, "100000S"),
        (u64::MAX, "5124095H"),
    ] {
        assert_eq!(format_grpc_timeout(Duration::from_nanos(nanos)), text);
    }
    assert_eq!(format_grpc_timeout(Duration::MAX), "5124095H");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_as_no_more_and_nearly_as_much(nanos in any::<u64>(), shift in 0u32..64) {
        let left = Duration::from_nanos(nanos >> shift);
        let text = format_grpc_timeout(left);
        prop_assert!(text.len() <= 9);
        let read = parse_grpc_timeout(&text).unwrap();
        prop_assert!(read <= left);
        // Five digits at the least are kept, once that many are needed.
        prop_assert!(left - read <= left / 20_000);
    }

    #[test]
    fn a_text_is_read_only_as_the_pattern_says(text in "[ -~]{0,10}") {
        let (unit, digits) = match text.as_bytes() {
            [digits @ .., unit] => (*unit, digits),
            [] => (b' ', &[][..]),
        };
        let fits = b"HMSmun".contains(&unit)
            && (1..=8).contains(&digits.len())
            && digits.iter().all(u8::is_ascii_digit);
        prop_assert_eq!(parse_grpc_timeout(&text).is_some(), fits);
    }

    /// A naive model: what is asked, the default where nothing is, and never more than the most.
    #[test]
    fn a_call_gets_the_earliest_of_what_it_asks_and_what_it_may(
        (default, max) in (prop::option::of(1u64..50), prop::option::of(1u64..50)),
        calls in prop::collection::vec((0u64..40, prop::option::of(0u64..90), prop::option::of(0u64..90)), 1..30),
    ) {
        let default = default.map(|it| max.map_or(it, |max| it.min(max)));
        let length = |it: u64| Duration::from_nanos(it);
        let config = DeadlinesConfig { default: default.map(length), max: max.map(length), ..Default::default() };
        let (policy, clock) = deadlines(config);
        let (mut now, mut late) = (0, 0);
        for (passed, left, deadline) in calls {
            now += passed;
            clock.set(at(now));
            let ask = deadline.map_or_else(Ask::default, ask);
            let got = policy.begin(left.map(length), &ask);
            let asked = left.map(|it| now + it).into_iter().chain(deadline).min();
            let own = asked.map_or(default.or(max), |_| max).map(|it| now + it);
            match asked {
                Some(asked) if asked <= now => {
                    late += 1;
                    prop_assert!(matches!(got, Err(Rejected::DeadlinePassed(_))));
                }
                _ => {
                    let wanted = asked.into_iter().chain(own).min();
                    let wanted = wanted.map(|it| Granted { deadline: at(it).into(), left: length(it - now) });
                    prop_assert_eq!(got, Ok(wanted));
                }
            }
        }
        prop_assert_eq!(policy.snapshot().late, late);
    }

    /// However calls and drops follow each other, no more are dropped of the last calls than may be.
    #[test]
    fn no_more_than_the_share_is_dropped(
        share in prop::sample::select(vec![0.0, 0.1, 0.2, 0.5, 0.99]),
        calls in prop::collection::vec((0u64..2_000, any::<bool>(), any::<bool>()), 1..200),
    ) {
        let (policy, clock) = deadlines(DeadlinesConfig { max_dropped: share, ..Default::default() });
        let mut log = Vec::new();
        for (passed, late, hangs) in calls {
            clock.advance(Duration::from_millis(passed));
            let now = clock_millis(&clock);
            let left = match late { true => Duration::ZERO, false => SECOND };
            let refused = policy.begin(Some(left), &Ask::default()).is_err();
            let cut = !refused && hangs && policy.try_cut();
            log.push((now, refused || cut));
            // Buckets of a second: a call counts while its bucket is one of the last ten.
            let lately = log.iter().filter(|(then, _)| now / 1_000 - then / 1_000 < 10);
            let (all, dropped) = lately.fold((0u32, 0u32), |(all, dropped), it| (all + 1, dropped + u32::from(it.1)));
            if refused || cut {
                prop_assert!(f64::from(dropped) / f64::from(all) <= share, "{dropped} of {all}");
            }
        }
    }
}

fn clock_millis(clock: &ManualClock) -> u64 {
    crate::Clock::now(clock).as_nanos() / 1_000_000
}

#[test]
fn of_ten_late_calls_in_fifty_all_are_dropped_and_of_eleven_one_is_spared() {
    let config = DeadlinesConfig {
        max_dropped: 0.2,
        ..Default::default()
    };
    let (policy, _) = deadlines(config);
    for _ in 0..40 {
        policy.begin(Some(SECOND), &Ask::default()).unwrap();
    }
    let late = || policy.begin(Some(Duration::ZERO), &Ask::default());
    assert!((0..10).all(|_| late().is_err()));
    // It goes on as one that came without a deadline.
    assert_eq!(late(), Ok(None));
    let seen = policy.snapshot();
    assert_eq!((seen.late, seen.spared), (10, 1));
}

#[test]
fn what_is_cut_under_way_counts_as_dropped_too() {
    let config = DeadlinesConfig {
        max_dropped: 0.5,
        ..Default::default()
    };
    let (policy, clock) = deadlines(config);
    for _ in 0..2 {
        policy.begin(Some(SECOND), &Ask::default()).unwrap();
    }
    clock.advance(SECOND);
    assert_eq!([policy.try_cut(), policy.try_cut()], [true, false]);
    clock.advance(10 * SECOND);
    assert!(!policy.try_cut(), "of no calls none are dropped");
    let seen = policy.snapshot();
    assert_eq!((seen.cut, seen.spared), (1, 2));
}

#[test]
fn each_number_is_checked_at_its_bounds() {
    let (env, _) = Env::manual();
    let error = |default: Option<u64>, max: Option<u64>, max_dropped| {
        let [default, max] = [default, max].map(|it| it.map(Duration::from_nanos));
        let config = DeadlinesConfig {
            default,
            max,
            max_dropped,
        };
        let built = Deadlines::new("orders", config, &env);
        built.err().map(|error| error.to_string())
    };
    for good in [0.0, 0.2, 1.0] {
        assert_eq!(error(None, None, good), None);
    }
    assert_eq!(error(Some(1), Some(1), 1.0), None);
    assert_eq!(error(Some(u64::MAX), None, 1.0), None);
    let says = |got: Option<String>, text| assert_eq!(got.as_deref(), Some(text));
    says(
        error(Some(0), None, 1.0),
        "`default` must be at least 1 ns, is Some(0ns)",
    );
    says(
        error(None, Some(0), 1.0),
        "`max` must be at least 1 ns, is Some(0ns)",
    );
    says(
        error(Some(2), Some(1), 1.0),
        "`default` must be at most `max`, is Some(2ns)",
    );
    for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let got = error(None, None, bad).unwrap();
        assert!(
            got.starts_with("`max_dropped` must be between 0 and 1"),
            "{got}"
        );
    }
}

#[test]
fn the_longest_times_that_can_be_typed_end_with_the_clock() {
    let config = DeadlinesConfig {
        default: Some(Duration::MAX),
        max: Some(Duration::MAX),
        ..Default::default()
    };
    let (policy, clock) = deadlines(config);
    clock.set(at(5));
    let granted = policy.begin(Some(Duration::MAX), &Ask::default());
    let granted = granted.unwrap().unwrap();
    assert_eq!(granted.deadline, Deadline::at(Time::MAX));
    assert_eq!(granted.left, Time::MAX.since(at(5)));
}

#[test]
fn a_call_without_a_deadline_reads_no_clock() {
    #[derive(Debug, Default)]
    struct Once(AtomicU64);
    impl crate::Clock for Once {
        fn now(&self) -> Time {
            assert_eq!(
                self.0.fetch_add(1, Ordering::Relaxed),
                0,
                "it is read again"
            );
            Time::ZERO
        }
    }
    let env = Env::default().with_clock(Arc::new(Once::default()));
    let policy = Deadlines::new("orders", DeadlinesConfig::default(), &env).unwrap();
    assert_eq!(policy.begin(None, &Ask::default()), Ok(None));
    assert!(policy.try_cut());
}

#[test]
fn reconfiguring_reaches_every_clone_and_the_registry_and_keeps_the_counts() {
    let (env, clock) = Env::manual();
    let config = |secs: u32| DeadlinesConfig {
        max: Some(SECOND * secs),
        ..Default::default()
    };
    let policy = Deadlines::new("orders", config(1), &env).unwrap();
    let clone = Deadlines::get_or_new("orders", config(9), &env).unwrap();
    clock.set(at(9));
    assert!(clone.begin(None, &ask(9)).is_err());
    assert!(policy.reconfigure(config(0)).is_err());
    policy.reconfigure(config(2)).unwrap();
    let granted = clone.begin(None, &Ask::default()).unwrap().unwrap();
    assert_eq!(granted.left, 2 * SECOND);
    let snapshot = DeadlinesSnapshot {
        config: config(2),
        late: 1,
        cut: 0,
        spared: 0,
    };
    let found = env.registry().find("deadlines", "orders").unwrap();
    assert_eq!(found.snapshot(), crate::Snapshot::Deadlines(snapshot));
}
