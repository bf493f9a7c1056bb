//! What a policy has learned outlives a change of its numbers.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_core::{
    Ask, CircuitState, Env, Gate, Hint, ManualClock, Outcome, Policies, Queue, Retry, RetryBudget,
    RetryConfig, Time,
};

const SECOND: Duration = Duration::from_secs(1);

fn policies(text: &str) -> (Policies, Env, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let policies = Policies::from_toml(text, &env).unwrap();
    (policies, env, clock)
}

fn changed(policies: &Policies, text: &str) {
    let applied = policies.apply(text).unwrap();
    assert_eq!(applied.changed.len(), 1, "{applied}");
}

#[test]
fn a_circuit_stays_open_for_as_long_as_it_was_to_be() {
    let (policies, _, clock) = policies("[circuit_breaker.a]\nconsecutive = 1\nopen_for = '10s'");
    let a = policies.circuit_breaker("a").unwrap();
    a.permit(&Ask::default()).unwrap().record(Outcome::Failure);
    clock.advance(4 * SECOND);
    changed(
        &policies,
        "[circuit_breaker.a]\nconsecutive = 9\nopen_for = '1s'\nprobes = 7",
    );
    assert_eq!(a.snapshot().retry_after, Some(6 * SECOND));
    clock.advance(6 * SECOND);
    assert_eq!(a.state(), CircuitState::HalfOpen);
}

#[test]
fn a_window_keeps_its_calls() {
    let text = "[circuit_breaker.a]\nfailure_rate = 0.9\nwindow = { count = 10 }";
    let (policies, ..) = policies(text);
    let a = policies.circuit_breaker("a").unwrap();
    for outcome in [Outcome::Failure, Outcome::Success, Outcome::Failure] {
        a.permit(&Ask::default()).unwrap().record(outcome);
    }
    changed(&policies, &text.replace("0.9", "0.6").replace("10", "20"));
    let known = a.snapshot();
    assert_eq!((known.calls, known.failures), (3, 2));
    changed(
        &policies,
        &format!("{text}\nminimum_calls = 3").replace("0.9", "0.6"),
    );
    a.permit(&Ask::default()).unwrap().record(Outcome::Failure);
    assert_eq!(a.state(), CircuitState::Open, "3 of 4 failed");
}

#[test]
fn tokens_that_are_out_stay_out_and_who_waits_goes_on_waiting() {
    let text = "[rate_limiter.a]\npermits = 10\nper = '10s'\nmax_wait = '1m'";
    let (policies, _, clock) = policies(text);
    let a = policies.rate_limiter("a").unwrap();
    a.try_acquire(&Ask::default().cost(10)).unwrap();
    let mut turn = pin!(a.enqueue(&Ask::default()).unwrap());
    let mut context = Context::from_waker(Waker::noop());
    assert!(turn.as_mut().poll(&mut context).is_pending());
    // Ten a second from now on: the ten that are out are back in a second, and who waits has his in a
    // tenth.
    changed(
        &policies,
        "[rate_limiter.a]\npermits = 10\nper = '1s'\nmax_wait = '1m'",
    );
    assert_eq!((a.snapshot().remaining, a.snapshot().waiting), (0, 1));
    clock.advance(SECOND / 10);
    assert!(matches!(turn.poll(&mut context), Poll::Ready(Ok(_))));
    assert_eq!(a.snapshot().reset_after, SECOND);
}

#[test]
fn each_window_kind_keeps_its_counts() {
    for kind in ["fixed_window", "sliding_log", "sliding_counter"] {
        let text = format!("[rate_limiter.a]\nkind = '{kind}'\npermits = 3\nper = '1s'");
        let (policies, ..) = policies(&text);
        let a = policies.rate_limiter("a").unwrap();
        a.try_acquire(&Ask::default().cost(3)).unwrap();
        changed(&policies, &text.replace('3', "4"));
        assert_eq!(a.snapshot().remaining, 1, "{kind}");
    }
}

#[test]
fn calls_in_flight_and_those_that_wait_are_still_counted() {
    let (policies, ..) = policies("[bulkhead.a]\nmax_in_flight = 2\nmax_waiting = 1");
    let a = policies.bulkhead("a").unwrap();
    let permits = [(); 2].map(|()| a.permit(&Ask::default()).unwrap());
    let turn = a.enqueue(&Ask::default()).unwrap();
    changed(
        &policies,
        "[bulkhead.a]\nmax_in_flight = 1\nmax_waiting = 5",
    );
    assert_eq!((a.snapshot().in_flight, a.snapshot().waiting), (2, 1));
    let [first, second] = permits;
    first.record(Outcome::Success);
    assert_eq!((a.snapshot().in_flight, a.snapshot().waiting), (1, 1));
    second.record(Outcome::Success);
    drop(turn);
    assert_eq!((a.snapshot().in_flight, a.snapshot().waiting), (0, 0));
}

#[test]
fn a_budget_keeps_its_requests_and_retries() {
    let text =
        "[retry.a]\nbudget = { ratio = 0.5, floor_per_second = 0.0 }\nbackoff = { max = '1m' }";
    let (policies, env, _) = policies(text);
    let a = policies.retry("a").unwrap();
    for _ in 0..8 {
        a.start(&Ask::default()).unwrap();
    }
    let mut run = a.start(&Ask::default()).unwrap();
    assert!(run.next(Outcome::Failure, false, Hint::None).is_some());
    changed(&policies, &text.replace("0.5", "1.0"));
    let budget: RetryBudget = env.registry().get("a").unwrap();
    let held = budget.snapshot();
    assert_eq!((held.requests, held.retries, held.balance), (9, 1, 8));
}

#[test]
fn a_failover_keeps_its_active_target_and_a_keyed_policy_its_gates() {
    let (policies, ..) = policies(
        "[failover.a]\ntargets = ['x', 'y']\nswitch_after = 1
        [keyed_bulkhead.b]\ngate = { max_in_flight = 1 }",
    );
    let (a, b) = (
        policies.failover("a").unwrap(),
        policies.keyed_bulkhead("b").unwrap(),
    );
    a.record(a.begin(), Outcome::Failure);
    let permit = b.permit("k", &Ask::default()).unwrap();
    let applied = policies.apply(
        "[failover.a]\ntargets = ['x', 'y']\nswitch_after = 2
        [keyed_bulkhead.b]\ngate = { max_in_flight = 2 }",
    );
    assert_eq!(
        applied.unwrap().to_string(),
        "changed failover.a, keyed_bulkhead.b"
    );
    assert_eq!(a.active().as_str(), "y");
    assert_eq!(b.gate("k").snapshot().in_flight, 1);
    assert!(b.permit("k", &Ask::default()).is_ok());
    drop(permit);
}

#[test]
fn what_cannot_change_is_refused_by_name() {
    for (old, new, line) in [
        (
            "[rate_limiter.a]\npermits = 1\nper = '1s'",
            "[rate_limiter.a]\npermits = 1\nper = '1s'\nkind = 'sliding_log'",
            "line 4: rate_limiter.a: `kind` must be that of the limiter, which cannot change, is SlidingLog",
        ),
        (
            "[keyed_rate_limiter.a]\ngate = { permits = 1, per = '1s' }",
            "[keyed_rate_limiter.a]\ngate = { permits = 1, per = '1s', kind = 'fixed_window' }",
            "line 2: keyed_rate_limiter.a: `kind` must be that of the limiter, which cannot change, is FixedWindow",
        ),
        (
            "[failover.a]\ntargets = ['x']",
            "[failover.a]\ntargets = ['x', 'y']",
            "line 2: failover.a: `targets` must stay as they are, is [\"x\", \"y\"]",
        ),
        (
            "[retry_budget.x]\n[retry_budget.y]\n[retry.a]\nshared_budget = 'x'",
            "[retry_budget.x]\n[retry_budget.y]\n[retry.a]\nshared_budget = 'y'",
            "line 4: retry.a: `shared_budget` must stay as it is, or be left out, is \"y\"",
        ),
        (
            "[retry.a]\nbudget = {}\n[retry_budget.x]",
            "[retry.a]\nshared_budget = 'x'\n[retry_budget.x]",
            "line 2: retry.a: `shared_budget` must not be set where the policy has, or had, another budget, is \"a\"",
        ),
        (
            "[retry_budget.x]\n[retry.a]\nshared_budget = 'x'",
            "[retry.a]\nshared_budget = 'x'",
            "line 2: retry.a: `shared_budget` must be the name of a retry budget of this file, is \"x\"",
        ),
    ] {
        let (policies, env, _) = policies(old);
        let before = env.registry().describe();
        assert_eq!(policies.apply(new).unwrap_err().to_string(), line);
        assert_eq!(env.registry().describe(), before);
    }
}

#[test]
fn a_shared_budget_that_is_left_out_is_out_of_force_until_it_is_named_again() {
    let with =
        "[retry_budget.x]\nratio = 0.0\nfloor_per_second = 0.1\n[retry.a]\nshared_budget = 'x'";
    let (policies, ..) = policies(with);
    let a = policies.retry("a").unwrap();
    assert_eq!(a.snapshot().budget.unwrap().as_str(), "x");
    assert_eq!(a.config().shared_budget.unwrap().as_str(), "x");
    changed(&policies, &with.replace("shared_budget = 'x'", ""));
    assert_eq!(
        (a.snapshot().budget, a.config()),
        (None, RetryConfig::default())
    );
    changed(&policies, with);
    let mut run = a.start(&Ask::default()).unwrap();
    assert!(run.next(Outcome::Failure, false, Hint::None).is_some());
    assert_eq!(
        run.next(Outcome::Failure, false, Hint::None),
        None,
        "the budget holds one"
    );
    assert_eq!(policies.retry_budget("x").unwrap().balance(), 0);
}

#[test]
fn a_budget_that_was_given_by_handle_is_no_matter_of_the_file() {
    let (policies, env, clock) = policies("[retry_budget.x]");
    let budget = policies.retry_budget("x").unwrap();
    let a = Retry::new("a", RetryConfig::default(), &env).unwrap();
    let a = a.with_budget(&budget).unwrap();
    clock.set(Time::ZERO);
    let text = "[retry_budget.x]\n[retry.a]\nmax_attempts = 5";
    assert_eq!(policies.apply(text).unwrap().added.len(), 1);
    assert_eq!(a.config().max_attempts, 5, "the living one was taken in");
    assert_eq!(a.snapshot().budget.unwrap().as_str(), "x");
    assert!(policies.apply(text).unwrap().is_nothing());
}
