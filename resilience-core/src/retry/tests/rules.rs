//! One rule or one trap at a time.

use parking_lot::Mutex;

use super::*;
use crate::Observer;
use crate::backoff::Jitter;

const YEAR: Duration = Duration::from_secs(365 * 86_400);
const MODES: [HintPolicy; 4] = [
    HintPolicy::Exact,
    HintPolicy::AtLeast,
    HintPolicy::Clamped,
    HintPolicy::Ignored,
];

#[test]
fn trap_14_two_requests_draw_different_jitter() {
    let (retry, _, _) = retry(RetryConfig::default());
    let [one, other] = [(); 2].map(|()| fail(&mut start(&retry)));
    assert_ne!(one, other);
}

#[test]
fn trap_16_a_hint_of_a_year_waits_no_longer_than_the_cap() {
    for hints in MODES {
        let (retry, _, _) = retry(RetryConfig { hints, ..fixed() });
        let wait = start(&retry).next(Outcome::Failure, false, Hint::After(YEAR));
        let most = match hints {
            HintPolicy::Ignored => SECOND,
            _ => Duration::from_secs(60),
        };
        assert_eq!(wait, Some(most), "{hints:?}");
    }
}

#[test]
fn trap_16_a_hint_past_the_deadline_ends_the_run_at_once() {
    let (retry, _, _) = retry(fixed());
    let ask = Ask::default().deadline(Time::ZERO.after(59 * SECOND));
    let mut attempts = retry.start(&ask).unwrap();
    let wait = attempts.next(Outcome::Failure, false, Hint::After(YEAR));
    assert_eq!((wait, retry.snapshot().gave_up.time), (None, 1));
}

#[test]
fn trap_18_the_total_time_counts_the_attempts() {
    let (retry, _, clock) = retry(RetryConfig {
        max_attempts: 10,
        max_total: Some(4 * SECOND),
        ..fixed()
    });
    let mut attempts = start(&retry);
    clock.advance(SECOND);
    assert_eq!(fail(&mut attempts), Some(SECOND));
    clock.advance(2 * SECOND);
    assert_eq!(fail(&mut attempts), None);
    assert_eq!(retry.snapshot().gave_up.time, 1);
}

#[test]
fn trap_19_a_run_that_is_dropped_while_it_waits_keeps_what_it_took_from_the_budget() {
    let (retry, _, _) = retry(with_floor(0.2));
    let mut attempts = start(&retry);
    assert!(fail(&mut attempts).is_some());
    drop(attempts);
    let mut attempts = start(&retry);
    assert!(fail(&mut attempts).is_some());
    assert_eq!(fail(&mut attempts), None);
    assert_eq!(retry.snapshot().gave_up.budget, 1);
}

fn with_floor(floor_per_second: f64) -> RetryConfig {
    let budget = RetryBudgetConfig {
        ratio: 0.0,
        floor_per_second,
        ..Default::default()
    };
    RetryConfig {
        budget: Some(budget),
        ..fixed()
    }
}

#[test]
fn a_passed_deadline_sends_nothing_and_leaves_the_budget_alone() {
    let (retry, _, clock) = retry(RetryConfig {
        budget: Some(RetryBudgetConfig::default()),
        ..fixed()
    });
    clock.advance(SECOND);
    let refused = retry.start(&Ask::default().deadline(Time::ZERO.after(SECOND)));
    assert!(matches!(refused, Err(Rejected::DeadlinePassed(_))));
    assert_eq!(retry.snapshot().runs, 0);
    let budget = retry.0.budget.in_force().unwrap();
    assert_eq!(budget.snapshot().requests, 0);
}

#[test]
fn a_hint_takes_no_draw_where_it_takes_the_place_of_the_delay() {
    for hints in MODES {
        let backoff = BackoffConfig {
            jitter: Jitter::Full,
            ..Default::default()
        };
        let (retry, env, _) = retry(RetryConfig {
            hints,
            backoff,
            ..Default::default()
        });
        let untouched = Env::manual().0;
        start(&retry).next(Outcome::Failure, false, Hint::After(SECOND));
        let drawn = env.chance().unit() != untouched.chance().unit();
        let draws = matches!(hints, HintPolicy::AtLeast | HintPolicy::Ignored);
        assert_eq!(drawn, draws, "{hints:?}");
    }
}

#[test]
fn the_last_attempt_takes_no_draw() {
    let (retry, env, _) = retry(RetryConfig {
        max_attempts: 1,
        ..Default::default()
    });
    assert_eq!(fail(&mut start(&retry)), None);
    let untouched = Env::manual().0;
    assert_eq!(env.chance().unit(), untouched.chance().unit());
}

#[test]
fn a_run_that_does_not_fail_reads_no_clock() {
    #[derive(Debug)]
    struct Unread;
    impl crate::Clock for Unread {
        fn now(&self) -> Time {
            panic!("nobody may ask for the time")
        }
    }
    let env = Env::default().with_clock(Arc::new(Unread));
    let retry = Retry::new("retry", fixed(), &env).unwrap();
    let next = start(&retry).next(Outcome::Success, false, Hint::None);
    assert_eq!((next, retry.snapshot().sent), (None, 1));
}

#[test]
fn a_budget_that_two_policies_share_is_spent_by_both() {
    let (env, _) = Env::manual();
    let config = with_floor(0.1).budget.unwrap();
    let budget = RetryBudget::new("venue", config.clone(), &env).unwrap();
    let sharing = |name: &'static str| {
        let retry = Retry::new(name, fixed(), &env).unwrap();
        retry.with_budget(&budget).unwrap()
    };
    let (orders, quotes) = (sharing("orders"), sharing("quotes"));
    assert_eq!(fail(&mut start(&orders)), Some(SECOND));
    assert_eq!(fail(&mut start(&quotes)), None);
    assert_eq!(quotes.snapshot().budget.as_ref(), Some(budget.name()));
    assert_eq!(budget.snapshot().requests, 2);

    let other = RetryBudget::new("other", config.clone(), &env).unwrap();
    assert_eq!(
        orders.clone().with_budget(&other).unwrap_err().field(),
        "budget"
    );
    assert!(orders.clone().with_budget(&budget).is_ok());
    let own = RetryConfig {
        budget: Some(config),
        ..fixed()
    };
    assert_eq!(orders.reconfigure(own).unwrap_err().field(), "budget");
    orders.reconfigure(fixed()).unwrap();
    assert!(orders.snapshot().budget.is_some());
}

#[test]
fn giving_up_is_told_and_counted_by_what_was_used_up() {
    #[derive(Debug, Default)]
    struct Told(Mutex<Vec<Event>>);
    impl Observer for Told {
        fn on_event(&self, _: &Name, event: &Event) {
            self.0.lock().push(event.clone());
        }
    }
    let told = Arc::new(Told::default());
    let env = Env::manual().0.with_observer(told.clone());
    let retry = Retry::new("retry", with_floor(0.3), &env).unwrap();
    for _ in 0..2 {
        let mut attempts = start(&retry);
        while fail(&mut attempts).is_some() {}
    }
    start(&retry).next(Outcome::Failure, false, Hint::DoNotRetry);
    start(&retry).next(Outcome::Ignored, false, Hint::None);
    start(&retry).next(Outcome::Ignored, true, Hint::None);
    let causes = [
        (3, Cause::Attempts),
        (2, Cause::Budget),
        (1, Cause::DoNotRetry),
    ];
    let given_up = causes.map(|(attempts, cause)| Event::GaveUp { attempts, cause });
    assert_eq!(*told.0.lock(), given_up);
    let snapshot = RetrySnapshot {
        runs: 5,
        sent: 7,
        retries: 3,
        gave_up: GaveUp {
            attempts: 1,
            time: 0,
            budget: 1,
            do_not_retry: 1,
        },
        budget: Some("retry".into()),
    };
    let found = env.registry().find("retry", "retry").unwrap();
    assert_eq!(found.snapshot(), crate::Snapshot::Retry(snapshot));
}

#[test]
fn a_run_goes_on_by_the_numbers_of_its_first_failure() {
    let (retry, _, _) = retry(fixed());
    let mut attempts = start(&retry);
    assert!(fail(&mut attempts).is_some());
    let once = RetryConfig {
        max_attempts: 1,
        ..fixed()
    };
    retry.reconfigure(once).unwrap();
    assert!(fail(&mut attempts).is_some());
    assert_eq!(fail(&mut start(&retry)), None);
}

#[test]
fn reconfiguring_keeps_what_the_budget_holds() {
    let (retry, _, _) = retry(with_floor(0.2));
    assert!(fail(&mut start(&retry)).is_some());
    retry.reconfigure(fixed()).unwrap();
    assert!(retry.snapshot().budget.is_none());
    assert!(fail(&mut start(&retry)).is_some());
    retry.reconfigure(with_floor(0.2)).unwrap();
    assert!(fail(&mut start(&retry)).is_some());
    assert!(fail(&mut start(&retry)).is_none());

    let bad = RetryConfig {
        max_attempts: 0,
        budget: None,
        ..fixed()
    };
    assert!(retry.reconfigure(bad).is_err());
    assert!(retry.snapshot().budget.is_some());
}

#[test]
fn a_living_policy_is_found_with_its_budget() {
    let (env, _) = Env::manual();
    let retry = Retry::new("retry", with_floor(0.1), &env).unwrap();
    assert_eq!(
        Retry::new("retry", fixed(), &env).unwrap_err().field(),
        "name"
    );
    let same = Retry::get_or_new("retry", with_floor(9.0), &env).unwrap();
    assert!(fail(&mut start(&same)).is_some());
    assert!(fail(&mut start(&retry)).is_none());
    drop((retry, same));
    assert!(env.registry().list().is_empty());
}

#[test]
fn what_cannot_be_retried_by_is_refused_by_name() {
    let refused = |config| Retry::new("retry", config, &Env::default()).unwrap_err();
    let none = RetryConfig {
        max_attempts: 0,
        ..fixed()
    };
    assert_eq!(refused(none).field(), "max_attempts");
    let total = RetryConfig {
        max_total: Some(Duration::ZERO),
        ..fixed()
    };
    assert_eq!(refused(total).field(), "max_total");
    let hints = RetryConfig {
        hint_min: 61 * SECOND,
        ..fixed()
    };
    let text = "`hint_min` must be at most `hint_max`, is 61s";
    assert_eq!(refused(hints).to_string(), text);
    let backoff = RetryConfig {
        backoff: BackoffConfig::fixed(Duration::ZERO),
        ..fixed()
    };
    assert_eq!(refused(backoff).field(), "base");
    assert_eq!(refused(with_floor(-1.0)).field(), "floor_per_second");
}
