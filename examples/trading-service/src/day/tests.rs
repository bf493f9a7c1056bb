use std::{collections::HashSet, time::Duration};

use super::{Day, Fault, Request, Scenario, VenueName};

const BARS: u64 = 12_154;
const ORDERS: u64 = 1_500;
const PATIENCE: Duration = Duration::from_millis(100);
const SEEDS: [u64; 5] = [0, 1, 7, 42, u64::MAX];

/// The bar at which order number `n` of a day is sent.
fn bar(n: u64) -> u64 {
    n * BARS / ORDERS
}

/// What the first attempts of a day's orders meet.
fn submits(scenario: Scenario, seed: u64, venue: VenueName) -> Vec<Fault> {
    let day = Day::new(scenario, seed, BARS);
    (0..ORDERS)
        .map(|n| day.fault(venue, Request::Submit, &format!("order-{n}"), bar(n), 1))
        .collect()
}

fn count(faults: &[Fault], is: impl Fn(&Fault) -> bool) -> usize {
    faults.iter().filter(|fault| is(fault)).count()
}

#[test]
fn the_same_seed_gives_the_same_faults_in_any_order_of_asking() {
    let day = Day::new(Scenario::Default, 7, BARS);
    let ask = |n: u64| {
        day.fault(
            VenueName::Primary,
            Request::Submit,
            &format!("order-{n}"),
            bar(n),
            1,
        )
    };
    let mut backwards: Vec<_> = (0..ORDERS).rev().map(ask).collect();
    backwards.reverse();
    assert_eq!(submits(Scenario::Default, 7, VenueName::Primary), backwards);
}

#[test]
fn two_seeds_give_different_days() {
    let one = submits(Scenario::Default, 1, VenueName::Primary);
    let two = submits(Scenario::Default, 2, VenueName::Primary);
    assert_ne!(one, two);
}

#[test]
fn every_argument_has_a_part_in_the_fault() {
    let day = Day::new(Scenario::Flaky, 3, BARS);
    let (primary, at) = (VenueName::Primary, BARS / 2);
    let series = |fault: &dyn Fn(u32) -> Fault| (1..=500).map(fault).collect::<Vec<_>>();
    let base = series(&|n| day.fault(primary, Request::Submit, "a", at, n));
    let others = [
        series(&|n| day.fault(VenueName::Backup, Request::Submit, "a", at, n)),
        series(&|n| day.fault(primary, Request::Cancel, "a", at, n)),
        series(&|n| day.fault(primary, Request::Submit, "b", at, n)),
        series(&|n| day.fault(primary, Request::Submit, "a", at + 1, n)),
    ];
    for other in others {
        assert_ne!(base, other);
    }
    assert!(
        base.iter()
            .collect::<Vec<_>>()
            .windows(2)
            .any(|w| w[0] != w[1])
    );
}

#[test]
fn the_default_day_leaves_a_naive_client_in_doubt_dozens_of_times() {
    for seed in SEEDS {
        let faults = submits(Scenario::Default, seed, VenueName::Primary);
        let ambiguous = count(&faults, |fault| fault.is_ambiguous(PATIENCE));
        assert!(
            (36..=120).contains(&ambiguous),
            "seed {seed}: {ambiguous} ambiguous faults"
        );
    }
}

#[test]
fn the_default_day_has_every_fault() {
    for seed in SEEDS {
        let kinds: HashSet<_> = submits(Scenario::Default, seed, VenueName::Primary)
            .iter()
            .map(std::mem::discriminant)
            .collect();
        assert_eq!(kinds.len(), 8, "seed {seed}");
    }
}

#[test]
fn waiting_for_orders_and_their_quotes_fits_half_a_minute() {
    for seed in SEEDS {
        let day = Day::new(Scenario::Default, seed, BARS);
        let wait = |fault| match fault {
            Fault::BlackHole => PATIENCE,
            Fault::SlowBefore(time) | Fault::SlowAfter(time) => time.min(PATIENCE),
            Fault::RateLimited(time) => time,
            _ => Duration::ZERO,
        };
        let waited: Duration = (0..ORDERS * 2)
            .map(|n| {
                let at = n * BARS / (ORDERS * 2);
                let key = format!("order-{n}");
                wait(day.fault(VenueName::Primary, Request::Submit, &key, at, 1))
                    + wait(day.fault(VenueName::Primary, Request::Quote, "IBM", at, 1))
            })
            .sum();
        assert!(waited < Duration::from_secs(22), "seed {seed}: {waited:?}");
    }
}

#[test]
fn every_day_starts_and_ends_calm_at_the_primary() {
    for scenario in Scenario::ALL {
        let faults = submits(scenario, 11, VenueName::Primary);
        let (start, end) = (faults.len() / 10, faults.len() * 86 / 100);
        assert_eq!(count(&faults[..start], |f| *f != Fault::None), 0);
        assert_eq!(count(&faults[end..], |f| *f != Fault::None), 0);
    }
}

#[test]
fn every_day_but_the_calm_one_has_faults() {
    for scenario in Scenario::ALL {
        let faults = submits(scenario, 5, VenueName::Primary);
        let faulty = count(&faults, |fault| *fault != Fault::None) > 0;
        assert_eq!(faulty, scenario != Scenario::Calm, "{scenario}");
    }
}

#[test]
fn in_an_outage_every_request_is_refused_or_never_answered() {
    let day = Day::new(Scenario::Outage, 9, BARS);
    let requests = [
        Request::Submit,
        Request::Lookup,
        Request::Cancel,
        Request::Book,
        Request::Quote,
        Request::Health,
    ];
    for request in requests {
        let faults: Vec<_> = (1..=300)
            .map(|n| day.fault(VenueName::Primary, request, "x", BARS / 2, n))
            .collect();
        assert!(count(&faults, |f| *f == Fault::Refuse) > 0);
        assert!(count(&faults, |f| *f == Fault::BlackHole) > 0);
        assert_eq!(
            count(&faults, |f| !matches!(f, Fault::Refuse | Fault::BlackHole)),
            0
        );
    }
}

#[test]
fn the_backup_is_nearly_calm_outside_a_meltdown() {
    for scenario in [Scenario::Outage, Scenario::Flaky, Scenario::Slow] {
        let faults = submits(scenario, 13, VenueName::Backup);
        let faulty = count(&faults, |fault| *fault != Fault::None);
        assert!((1..ORDERS as usize / 20).contains(&faulty), "{faulty}");
    }
}

#[test]
fn in_a_meltdown_the_primary_is_mostly_down_and_the_backup_flaky_and_slow() {
    let day = Day::new(Scenario::Meltdown, 17, BARS);
    let at = |venue| {
        (1..=1000)
            .map(|n| day.fault(venue, Request::Submit, "x", BARS / 2, n))
            .collect::<Vec<_>>()
    };
    let down = |f: &Fault| matches!(f, Fault::Refuse | Fault::BlackHole);
    let slow = |f: &Fault| matches!(f, Fault::SlowBefore(_) | Fault::SlowAfter(_));
    assert!(count(&at(VenueName::Primary), down) > 600);
    let backup = at(VenueName::Backup);
    assert!(count(&backup, slow) > 100);
    assert!(count(&backup, |f| *f == Fault::None) > 500);
}

#[test]
fn slow_answers_take_40_to_300_milliseconds() {
    let faults = submits(Scenario::Slow, 21, VenueName::Primary);
    let times: Vec<_> = faults
        .iter()
        .filter_map(|fault| match fault {
            Fault::SlowBefore(time) | Fault::SlowAfter(time) => Some(time.as_millis()),
            _ => None,
        })
        .collect();
    assert!(times.iter().all(|time| (40..=300).contains(time)));
    assert!(times.iter().any(|time| *time < 100));
    assert!(times.iter().any(|time| *time > 200));
}

#[test]
fn no_number_of_bars_or_time_panics() {
    for bars in [0, 1, u64::MAX] {
        for at in [0, 1, u64::MAX] {
            let day = Day::new(Scenario::Default, 1, bars);
            day.fault(VenueName::Primary, Request::Submit, "", at, u32::MAX);
        }
    }
    let day = Day::new(Scenario::Outage, 1, 10);
    let after = day.fault(VenueName::Primary, Request::Submit, "a", u64::MAX, 1);
    assert_eq!(after, Fault::None);
}

#[test]
fn names_are_read_as_they_are_written() {
    for scenario in Scenario::ALL {
        assert_eq!(scenario.to_string().parse(), Ok(scenario));
    }
    for venue in [VenueName::Primary, VenueName::Backup] {
        assert_eq!(venue.to_string().parse(), Ok(venue));
    }
}

#[test]
fn an_unknown_scenario_lists_the_valid_ones() {
    let error = "sunny".parse::<Scenario>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "scenario: must be one of calm, flaky, outage, slow, rate-limited, meltdown, default, \
         not \"sunny\""
    );
}
