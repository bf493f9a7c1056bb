//! One text takes the place of another whole, or not at all.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, Clock, Env, Event, Gate, Name, Observer, Outcome, Policies,
    RetryBudget, Time,
};

const TEN: [&str; 10] = [
    "[bulkhead.a]\nmax_in_flight = 1",
    "[circuit_breaker.a]\nconsecutive = 1",
    "[failover.a]\ntargets = ['x', 'y']\nswitch_after = 1",
    "[rate_limiter.a]\npermits = 1\nper = '1s'",
    "[timeout.a]\ntimeout = '1s'",
    "[retry_budget.a]\nratio = 0.1",
    "[retry.b]\nmax_attempts = 1\nshared_budget = 'a'",
    "[keyed_bulkhead.a]\nmax_keys = 1",
    "[keyed_circuit_breaker.a]\nmax_keys = 1",
    "[keyed_rate_limiter.a]\nmax_keys = 1\ngate = { permits = 1, per = '1s' }",
];

/// What each becomes, and what is wrong with it otherwise.
const NEXT: [(&str, &str); 10] = [
    ("max_in_flight = 1", "max_in_flight = 0"),
    ("consecutive = 1", "probes = 0"),
    ("switch_after = 1", "fail_back_after = 0"),
    ("permits = 1", "permits = 0"),
    ("timeout = '1s'", "timeout = '0s'"),
    ("ratio = 0.1", "ratio = nan"),
    ("max_attempts = 1", "max_attempts = 'one'"),
    ("max_keys = 1", "max_keys = 0"),
    ("max_keys = 1", "fuse = 1"),
    ("max_keys = 1", "idle = '0s'"),
];

fn changed(text: &str, from: &str) -> String {
    text.replacen(from, &from.replacen('1', "2", 1), 1)
}

#[test]
fn all_ten_change_and_then_none_does() {
    let (env, _) = Env::manual();
    let policies = Policies::from_toml(&TEN.join("\n"), &env).unwrap();
    let next = TEN
        .iter()
        .zip(NEXT)
        .map(|(text, (from, _))| changed(text, from));
    let next = next.collect::<Vec<_>>().join("\n");
    let applied = policies.apply(&next).unwrap();
    assert_eq!((applied.changed.len(), applied.unchanged.len()), (10, 0));
    let before = env.registry().describe();
    let applied = policies.apply(&next).unwrap();
    assert_eq!((applied.changed.len(), applied.unchanged.len()), (0, 10));
    assert_eq!(applied.to_string(), "nothing changed");
    assert_eq!(env.registry().describe(), before);
}

proptest! {
    /// The others are changed, new or gone.
    #[test]
    fn a_bad_one_among_ten_good_ones_changes_nothing(bad: Index, fates in prop::array::uniform10(0_u8..3)) {
        let (env, _) = Env::manual();
        let first = TEN.iter().zip(fates).filter(|(_, fate)| *fate != 1);
        let mut first: Vec<_> = first.map(|(text, _)| *text).collect();
        // What a retry names is there.
        first.extend((fates[5] == 1 && fates[6] != 1).then_some(TEN[5]));
        let policies = Policies::from_toml(&first.join("\n"), &env).unwrap();
        let before = (policies.list(), env.registry().describe());

        let bad = bad.index(10);
        let mut next = Vec::new();
        for (at, (text, (from, wrong))) in TEN.iter().zip(NEXT).enumerate() {
            if at == bad {
                next.push(text.replacen(from, wrong, 1));
            } else if fates[at] != 2 || at == 5 {
                next.push(changed(text, from));
            }
        }
        let refused = policies.apply(&next.join("\n")).unwrap_err();
        prop_assert!(refused.line().is_some() && refused.policy().is_some(), "{}", refused);
        prop_assert_eq!((policies.list(), env.registry().describe()), before);
    }
}

#[test]
fn what_is_gone_from_the_text_is_let_go_of_and_works_on_for_who_holds_it() {
    let (env, _) = Env::manual();
    let policies = Policies::from_toml("[bulkhead.a]\n[bulkhead.b]", &env).unwrap();
    let held = policies.bulkhead("a").unwrap();
    let permit = held.permit(&Ask::default()).unwrap();
    let applied = policies.apply("[timeout.c]\ntimeout = '1s'").unwrap();
    let line = "added timeout.c; removed bulkhead.a, bulkhead.b";
    assert_eq!(applied.to_string(), line);
    assert!(policies.bulkhead("a").is_err());
    let living = env.registry().list();
    let names: Vec<_> = living.iter().map(|it| it.name().to_string()).collect();
    assert_eq!(names, ["a", "c"]);

    // It comes back with its call in flight.
    let applied = policies.apply("[bulkhead.a]\nmax_in_flight = 3").unwrap();
    assert_eq!((applied.added.len(), applied.removed.len()), (1, 1));
    assert_eq!(held.config().max_in_flight, 3);
    assert_eq!(policies.bulkhead("a").unwrap().snapshot().in_flight, 1);
    permit.record(Outcome::Success);
}

#[test]
fn a_living_policy_of_that_name_is_taken_in() {
    let (env, _) = Env::manual();
    let by_hand = Bulkhead::new("a", BulkheadConfig::default(), &env).unwrap();
    let policies = Policies::from_toml("[bulkhead.a]\nmax_in_flight = 3", &env).unwrap();
    assert_eq!(by_hand.config().max_in_flight, 3);
    drop(by_hand);
    assert!(policies.bulkhead("a").is_ok());
}

#[test]
fn a_file_has_the_last_word() {
    let (env, _) = Env::manual();
    let text = "[bulkhead.a]\nmax_in_flight = 3";
    let policies = Policies::from_toml(text, &env).unwrap();
    let config = BulkheadConfig {
        max_in_flight: 9,
        ..Default::default()
    };
    assert_eq!(
        env.registry().reconfigure("bulkhead", "a", &config.into()),
        Ok(true)
    );
    assert_eq!(
        policies.apply(text).unwrap().to_string(),
        "changed bulkhead.a"
    );
    assert_eq!(policies.bulkhead("a").unwrap().config().max_in_flight, 3);
}

/// Does something, once, when it is looked at.
#[derive(Debug, Default)]
struct Meddler {
    armed: std::sync::atomic::AtomicBool,
    env: OnceLock<Env>,
    policies: OnceLock<Policies>,
    made: OnceLock<RetryBudget>,
    refused: OnceLock<bool>,
}

impl Clock for Meddler {
    fn now(&self) -> Time {
        if let (Some(env), true) = (
            self.env.get(),
            self.armed.load(std::sync::atomic::Ordering::SeqCst),
        ) {
            self.armed.store(false, std::sync::atomic::Ordering::SeqCst);
            let made = RetryBudget::new("orders", Default::default(), env).unwrap();
            self.made.set(made).unwrap();
        }
        Time::ZERO
    }
}

impl Observer for Meddler {
    fn on_event(&self, _: &Name, _: &Event) {
        if let Some(policies) = self.policies.get() {
            let busy = policies.apply("").unwrap_err().is_busy();
            self.refused.set(busy).unwrap();
        }
    }
}

#[test]
fn what_was_changed_is_set_back_where_another_thread_makes_a_later_one_fail() {
    let meddler = Arc::new(Meddler::default());
    let env = Env::default().with_clock(meddler.clone());
    meddler.env.set(env.clone()).unwrap();
    let text = "[circuit_breaker.venue]\nprobes = 1\n[retry.orders]";
    let policies = Policies::from_toml(text, &env).unwrap();
    let before = env.registry().describe();
    // The circuit reads the clock when it is reconfigured: then the name of the retry's budget is
    // taken.
    meddler
        .armed
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let text = "[circuit_breaker.venue]\nprobes = 2\n[retry.orders]\nbudget = {}";
    let refused = policies.apply(text).unwrap_err();
    assert_eq!(refused.field(), Some("budget"));
    assert_eq!(env.registry().describe()[..2], before);
}

#[test]
fn who_applies_a_text_while_one_is_applied_is_refused_and_hangs_nobody() {
    let meddler = Arc::new(Meddler::default());
    let (env, clock) = Env::manual();
    let env = env.with_observer(meddler.clone());
    let text = "[circuit_breaker.venue]\nconsecutive = 1\nopen_for = '1s'";
    let policies = Policies::from_toml(text, &env).unwrap();
    let venue = policies.circuit_breaker("venue").unwrap();
    venue
        .permit(&Ask::default())
        .unwrap()
        .record(Outcome::Failure);
    clock.advance(Duration::from_secs(1));
    meddler.policies.set(policies.clone()).unwrap();
    // To be reconfigured is a look, which finds it half-open and tells the observer.
    policies.apply(&format!("{text}\nprobes = 9")).unwrap();
    assert_eq!(meddler.refused.get(), Some(&true));
    assert!(policies.apply(text).is_ok(), "the turn is over");
}
