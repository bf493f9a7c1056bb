//! The budget against a list of all that happened, counted anew each time.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Request,
    /// By its cost.
    Retry(u32),
    Read,
}

/// Everything that happened, each with its bucket.
#[derive(Default)]
struct Naive {
    newest: u64,
    requests: Vec<u64>,
    retries: Vec<u64>,
}

impl Naive {
    /// Returns the balance in billionths.
    fn balance(&self, ratio: u64, floor: u64) -> i128 {
        let live = |all: &[u64]| all.iter().filter(|it| self.newest - **it < 10).count() as i128;
        i128::from(floor) * 10 + i128::from(ratio) * live(&self.requests)
            - 1_000_000_000 * live(&self.retries)
    }
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => Just(Op::Request),
        1 => Just(Op::Retry(1)),
        1 => (0_u32..4).prop_map(Op::Retry),
        1 => Just(Op::Read),
    ]
}

proptest! {
    #[test]
    fn a_budget_equals_a_recount(
        ratio in prop_oneof![0_u64..=1_000_000_000, (0_u64..=100).prop_map(|it| it * 10_000_000)],
        floor in prop_oneof![Just(0_u64), 0_u64..1_000_000_000],
        steps in prop::collection::vec((op(), 0_u64..4_000, any::<bool>(), 1_u32..10), 0..200),
    ) {
        let (budget, clock) = budget(ratio as f64 / 1e9, floor as f64 / 1e9);
        let mut naive = Naive::default();
        let mut now = 0_u64;
        for (op, step, back, times) in steps {
            now = if back { now.saturating_sub(step) } else { now + step };
            clock.set(at(now));
            naive.newest = naive.newest.max(now / 1_000);
            for _ in 0..times {
                match op {
                    Op::Request => {
                        budget.deposit();
                        naive.requests.push(naive.newest);
                    }
                    Op::Retry(cost) => {
                        let held = naive.balance(ratio, floor);
                        let granted = cost == 0 || held >= 1_000_000_000 * i128::from(cost);
                        prop_assert_eq!(budget.try_withdraw_cost(cost), granted);
                        let taken = if granted { cost } else { 0 };
                        naive.retries.extend((0..taken).map(|_| naive.newest));
                    }
                    Op::Read => {}
                }
            }
            let whole = naive.balance(ratio, floor).max(0) / 1_000_000_000;
            prop_assert_eq!(i128::from(budget.balance()), whole);
        }
    }
}

#[test]
fn trap_15_the_share_is_exact_for_every_percentage() {
    for percent in 0..=100_u64 {
        let (budget, _) = budget(percent as f64 / 100.0, 0.0);
        let each = |_: &u64| {
            budget.deposit();
            budget.try_withdraw()
        };
        assert_eq!((0..10_000).filter(each).count() as u64, percent * 100);
    }
}

#[test]
fn trap_15_the_share_is_exact_under_eight_threads() {
    for tenths in 1..=10_u64 {
        let (budget, _) = budget(tenths as f64 / 10.0, 0.0);
        let granted = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        budget.deposit();
                        let one = u64::from(budget.try_withdraw());
                        granted.fetch_add(one, Ordering::Relaxed);
                    }
                });
            }
        });
        // Every request is in by now, so what nobody asked for in time is there still.
        while budget.try_withdraw() {
            granted.fetch_add(1, Ordering::Relaxed);
        }
        assert_eq!(granted.into_inner(), 8_000 * tenths / 10);
    }
}

#[test]
fn trap_15_retries_of_any_cost_take_what_there_is_exactly_under_eight_threads() {
    for cost in [1, 2, 3, 7] {
        let (budget, _) = budget(0.5, 0.1);
        let taken = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (budget, taken) = (&budget, &taken);
                scope.spawn(move || {
                    for turn in 0..1_000 {
                        budget.deposit();
                        // A refusal takes nothing, of whatever cost.
                        let cost = cost + (thread + turn) % 3;
                        let paid = u64::from(budget.try_withdraw_cost(cost)) * u64::from(cost);
                        taken.fetch_add(paid, Ordering::Relaxed);
                    }
                });
            }
        });
        let seen = budget.snapshot();
        // 8000 requests at a half, and one of the floor.
        assert_eq!(seen.retries, taken.into_inner());
        assert_eq!(seen.retries + seen.balance, 4_001);
    }
}

#[test]
fn a_cost_past_what_there_is_takes_nothing_and_a_cost_of_zero_is_granted_in_debt() {
    let (budget, _) = budget(0.0, 0.3);
    assert!(!budget.try_withdraw_cost(4));
    assert!(!budget.try_withdraw_cost(u32::MAX));
    assert_eq!(budget.balance(), 3);
    assert!(budget.try_withdraw_cost(3));
    let less = RetryBudgetConfig {
        ratio: 0.0,
        floor_per_second: 0.1,
        window: WINDOW,
    };
    budget.reconfigure(less).unwrap();
    assert!(budget.try_withdraw_cost(0));
    assert!(!budget.try_withdraw());
    let seen = budget.snapshot();
    assert_eq!((seen.balance, seen.retries, seen.refused), (0, 3, 3));
}

#[test]
fn no_number_that_can_be_typed_overflows() {
    let (env, clock) = Env::manual();
    for (ratio, floor_per_second, window) in [
        (1.0, f64::MAX, Duration::MAX),
        (1e-9, 1e-9, Duration::from_nanos(1)),
        (1e-300, f64::MIN_POSITIVE, Duration::MAX),
    ] {
        clock.set(Time::ZERO);
        let config = RetryBudgetConfig {
            ratio,
            floor_per_second,
            window,
        };
        let budget = RetryBudget::new("extreme", config, &env).unwrap();
        for now in [Time::ZERO, Time::MAX, Time::ZERO] {
            clock.set(now);
            budget.deposit();
            let (held, granted) = (budget.balance(), budget.try_withdraw());
            assert_eq!(held > 0, granted);
            for _ in 0..9 {
                let _ = budget.try_withdraw_cost(u32::MAX);
            }
        }
    }
}

#[test]
fn what_is_out_of_bounds_is_refused_by_name() {
    let refused = |config: RetryBudgetConfig| {
        let error = RetryBudget::new("budget", config, &Env::default()).unwrap_err();
        error.field()
    };
    for ratio in [-0.1, 1.1, f64::NAN] {
        let config = RetryBudgetConfig {
            ratio,
            ..Default::default()
        };
        assert_eq!(refused(config), "ratio");
    }
    for floor_per_second in [-0.1, f64::INFINITY, f64::NAN] {
        let config = RetryBudgetConfig {
            floor_per_second,
            ..Default::default()
        };
        assert_eq!(refused(config), "floor_per_second");
    }
    let config = RetryBudgetConfig {
        window: Duration::ZERO,
        ..Default::default()
    };
    assert_eq!(refused(config), "window");
}

#[test]
fn reconfiguring_keeps_requests_and_retries() {
    let (budget, clock) = budget(0.5, 0.0);
    (0..10).for_each(|_| budget.deposit());
    assert!(budget.try_withdraw());
    let mut config = RetryBudgetConfig {
        ratio: 1.0,
        floor_per_second: 0.0,
        window: WINDOW,
    };
    budget.reconfigure(config.clone()).unwrap();
    assert_eq!(budget.balance(), 9);

    clock.set(at(9_000));
    config.window = 2 * WINDOW;
    budget.reconfigure(config.clone()).unwrap();
    clock.set(at(25_999));
    let seen = budget.snapshot();
    assert_eq!((seen.balance, seen.requests, seen.retries), (9, 10, 1));
    clock.set(at(28_000));
    assert_eq!(budget.snapshot().requests, 0);

    config.ratio = 2.0;
    assert_eq!(budget.reconfigure(config).unwrap_err().field(), "ratio");
    budget.deposit();
    assert_eq!(budget.balance(), 1);
}

#[test]
fn a_budget_is_found_by_its_name_and_counts_what_it_refused() {
    let (env, _) = Env::manual();
    let config = RetryBudgetConfig {
        floor_per_second: 0.0,
        ..Default::default()
    };
    let budget = RetryBudget::new("shared", config.clone(), &env).unwrap();
    assert!(RetryBudget::new("shared", config.clone(), &env).is_err());
    let same = RetryBudget::get_or_new("shared", config, &env).unwrap();
    assert!(!same.try_withdraw());
    same.deposit();
    let snapshot = RetryBudgetSnapshot {
        balance: 0,
        requests: 1,
        retries: 0,
        refused: 1,
    };
    let found = env.registry().find("retry_budget", "shared").unwrap();
    assert_eq!(
        found.snapshot(),
        crate::Snapshot::RetryBudget(snapshot.clone())
    );
    assert_eq!(budget.snapshot(), snapshot);
}
