//! Operations by name, one rule at a time.

use std::cell::Cell;
use std::future::{pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::{
    BackoffConfig, BoxError, CircuitBreaker, CircuitState, Elapsed, ManualClock, RetryConfig,
};

const SECOND: Duration = Duration::from_secs(1);

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&it| it.to_owned()).collect()
}

fn config() -> OperationsConfig {
    OperationsConfig {
        critical_methods: names(&["order", "cancel"]),
        retry_methods: names(&["quote", "order"]),
        failure_threshold: 4,
        retry: RetryConfig {
            backoff: BackoffConfig::fixed(SECOND),
            ..Default::default()
        },
        ..Default::default()
    }
}

fn venue() -> (Component, Env, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    (Component::new("venue", config(), &env).unwrap(), env, clock)
}

/// Calls an operation that fails, and returns how often it was made.
fn fail(venue: &Component, operation: &str) -> u32 {
    let made = Cell::new(0);
    let down = || {
        made.set(made.get() + 1);
        Err::<(), _>(BoxError::from("down"))
    };
    venue
        .call_blocking(operation, |_| (), down)
        .expect_err("it is down");
    made.get()
}

#[test]
fn a_listed_operation_gets_what_it_is_listed_for_and_another_runs_bare() {
    let (venue, env, _) = venue();
    assert_eq!(
        ["quote", "order", "cancel", "log"].map(|it| fail(&venue, it)),
        [3, 3, 1, 1]
    );
    let seen = venue.snapshot().operations;
    let listed =
        ["cancel", "log", "order", "quote"].map(|it| (seen[it].critical, seen[it].retried));
    assert_eq!(
        listed,
        [(true, false), (false, false), (true, true), (false, true)]
    );
    assert!(seen.values().all(|it| (it.errors, it.calls()) == (1, 1)));
    let found = env.registry().find("component", "venue").unwrap();
    assert_eq!(
        found.snapshot(),
        crate::Snapshot::Component(venue.snapshot())
    );
}

#[test]
fn each_critical_operation_has_a_circuit_of_its_own() {
    let (venue, env, clock) = venue();
    // Three attempts, and the fourth failure opens it.
    assert_eq!([(); 3].map(|()| fail(&venue, "order")), [3, 1, 0]);
    assert_eq!(fail(&venue, "cancel"), 1);
    let order = CircuitBreaker::get_or_new("venue.order", config().breaker(), &env).unwrap();
    assert_eq!(order.state(), CircuitState::Open);
    let seen = venue.snapshot().operations;
    assert_eq!((seen["order"].errors, seen["order"].refused), (2, 1));
    clock.advance(60 * SECOND);
    assert_eq!(order.state(), CircuitState::HalfOpen);
}

#[test]
fn a_listed_operation_that_is_never_called_is_seen_at_zero() {
    let (venue, _, _) = venue();
    let seen = venue.snapshot().operations;
    assert_eq!(
        seen.keys().collect::<Vec<_>>(),
        ["cancel", "order", "quote"]
    );
    assert!(seen.values().all(|it| it.calls() == 0));
}

#[test]
fn operations_past_the_bound_are_counted_together() {
    let (env, _) = Env::manual();
    let config = OperationsConfig {
        max_operations: 4,
        ..config()
    };
    let venue = Component::new("venue", config, &env).unwrap();
    for operation in ["a", "b", "c", "a"] {
        fail(&venue, operation);
    }
    let seen = venue.snapshot().operations;
    assert_eq!(seen.len(), 5);
    assert_eq!((seen["a"].errors, seen[OTHERS].errors), (2, 2));
    // Those that are listed keep their place.
    assert_eq!(fail(&venue, "quote"), 3);
}

#[test]
fn every_end_of_a_call_is_counted_and_timed() {
    let (venue, _, clock) = venue();
    let took = |seconds| clock.advance(seconds * SECOND);
    let call = |result: fn() -> Result<(), BoxError>| {
        let _ = venue.call_blocking(
            "log",
            |_| (),
            || {
                took(2);
                result()
            },
        );
    };
    call(|| Ok(()));
    call(|| Err("down".into()));
    call(|| Err(Elapsed::new(SECOND).into()));
    let panics = std::panic::AssertUnwindSafe(|| call(|| panic!("bug")));
    assert!(std::panic::catch_unwind(panics).is_err());
    {
        let mut call = pin!(venue.call_with("log", |_| ready(()), pending::<Result<(), BoxError>>));
        let mut context = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut context).is_pending());
        took(5);
    }
    let seen = &venue.snapshot().operations["log"];
    let ends = [
        seen.successes,
        seen.errors,
        seen.timed_out,
        seen.dropped,
        seen.panicked,
    ];
    assert_eq!((ends, seen.calls()), ([1; 5], 5));
    assert_eq!((seen.total, seen.longest), (13 * SECOND, 5 * SECOND));
}

#[test]
fn an_async_operation_goes_by_the_same_policies() {
    let (venue, env, clock) = venue();
    let made = Cell::new(0);
    let quote = || {
        made.set(made.get() + 1);
        ready(match made.get() {
            3 => Ok(187),
            _ => Err(BoxError::from("down")),
        })
    };
    let sleep = |wait| {
        clock.advance(wait);
        ready(())
    };
    let call = venue.call_with("quote", sleep, quote);
    let polled = pin!(call).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Ok(187))));
    assert_eq!(env.now().as_nanos(), 2_000_000_000);
    assert_eq!(venue.snapshot().operations["quote"].total, 2 * SECOND);
}

#[test]
fn reconfiguring_keeps_counts_and_what_circuits_learned() {
    let (venue, env, _) = venue();
    fail(&venue, "log");
    assert_eq!([(); 3].map(|()| fail(&venue, "cancel")), [1; 3]);
    let new = OperationsConfig {
        critical_methods: names(&["cancel", "log"]),
        retry_methods: names(&["quote"]),
        ..config()
    };
    venue.reconfigure(new).unwrap();
    // The fourth failure opens the circuit that had seen three.
    assert_eq!([(); 2].map(|()| fail(&venue, "cancel")), [1, 0]);
    assert_eq!(fail(&venue, "order"), 1);
    let seen = venue.snapshot().operations;
    assert_eq!((seen["log"].errors, seen["log"].critical), (1, true));
    assert!(
        env.registry()
            .find("circuit_breaker", "venue.order")
            .is_none()
    );

    // One that is refused changes nothing.
    let _taken = CircuitBreaker::new("venue.order", config().breaker(), &env).unwrap();
    let refused = OperationsConfig {
        failure_threshold: 1,
        ..config()
    };
    assert_eq!(venue.reconfigure(refused).unwrap_err().field(), "name");
    assert!(!venue.snapshot().operations["order"].critical);
    assert_eq!([(); 2].map(|()| fail(&venue, "log")), [1, 1]);
}

#[test]
fn an_operation_first_called_while_it_is_being_listed_keeps_its_counts() {
    let env = Env::default();
    let component = Name::from("venue");
    let table = |old: &Table, config| old.reconfigured(&component, config, &env).unwrap();
    let mut old = table(&Table::default(), OperationsConfig::default());
    let new = table(&old.clone(), config());
    let first = old.find("order").counts;
    let now = new.with_others_of(&old).find("order");
    assert!(Arc::ptr_eq(&first, &now.counts));
    assert!(now.policies.gates.is_some());
}

#[test]
fn what_no_component_can_be_built_from_is_refused_by_name() {
    let (env, _) = Env::manual();
    for (change, field) in [
        (
            (|it| it.critical_methods.push("order".into())) as fn(&mut OperationsConfig),
            "critical_methods",
        ),
        (|it| it.retry_methods.push(String::new()), "retry_methods"),
        (|it| it.failure_threshold = 0, "failure_threshold"),
        (|it| it.failure_threshold = 1_000_001, "failure_threshold"),
        (
            |it| it.recovery_timeout = Duration::ZERO,
            "recovery_timeout",
        ),
        (|it| it.max_operations = 2, "max_operations"),
        (|it| it.retry.max_attempts = 0, "max_attempts"),
    ] {
        let mut config = config();
        change(&mut config);
        assert_eq!(
            Component::new("venue", config, &env).unwrap_err().field(),
            field
        );
    }
    for change in [
        (|it| it.failure_threshold = 1_000_000) as fn(&mut OperationsConfig),
        (|it| it.recovery_timeout = Duration::MAX),
        (|it| it.recovery_timeout = Duration::from_nanos(1)),
        (|it| it.max_operations = 3),
        (|it| it.max_operations = usize::MAX),
    ] {
        let mut config = config();
        change(&mut config);
        fail(&Component::new("venue", config, &env).unwrap(), "order");
    }
    let venue = Component::new("venue", config(), &env).unwrap();
    assert_eq!(
        Component::new("venue", config(), &env).unwrap_err().field(),
        "name"
    );
    fail(
        &Component::get_or_new("venue", config(), &env).unwrap(),
        "order",
    );
    assert_eq!(venue.snapshot().operations["order"].errors, 1);
}

proptest::proptest! {
    #[test]
    fn counts_are_those_of_a_recount(
        max_operations in 0_usize..5,
        calls in proptest::collection::vec((0_usize..6, 0_u64..4, 0_u64..9), 0..40),
    ) {
        let (env, clock) = Env::manual();
        let config = OperationsConfig { max_operations, ..Default::default() };
        let venue = Component::new("venue", config, &env).unwrap();
        let mut naive = BTreeMap::<String, Vec<(u64, u64)>>::new();
        let mut known = Vec::new();
        for (name, end, seconds) in calls {
            let name = ["a", "b", "c", "d", "e", "f"][name];
            let _ = venue.call_blocking(name, |_| (), || {
                clock.advance(u32::try_from(seconds).unwrap() * SECOND);
                match end {
                    0 => Ok(()),
                    1 => Err(BoxError::from("down")),
                    2 => Err(Elapsed::new(SECOND).into()),
                    _ => Err(crate::Rejected::from(crate::DeadlinePassed::new("x")).into()),
                }
            });
            if !known.contains(&name) && known.len() < max_operations {
                known.push(name);
            }
            let name = if known.contains(&name) { name } else { OTHERS };
            naive.entry(name.to_owned()).or_default().push((end, seconds));
        }
        let seen = venue.snapshot().operations;
        let recount = naive.into_iter().map(|(name, calls)| {
            let ends = [0, 1, 2, 3].map(|end| calls.iter().filter(|it| it.0 == end).count() as u64);
            let times = calls.iter().map(|it| it.1);
            (name, (ends, times.clone().sum::<u64>(), times.max().unwrap_or(0)))
        });
        let told = seen.into_iter().map(|(name, it)| {
            let ends = [it.successes, it.errors, it.timed_out, it.refused];
            (name, (ends, it.total.as_secs(), it.longest.as_secs()))
        });
        proptest::prop_assert_eq!(told.collect::<BTreeMap<_, _>>(), recount.collect::<BTreeMap<_, _>>());
    }
}
