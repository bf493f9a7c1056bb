//! The rules, one by one.

use std::time::Duration;

use super::super::state::Head;
use super::*;
use crate::recent::REMEMBERED;

#[test]
fn a_success_begins_the_run_anew_and_an_ignored_result_leaves_it_alone() {
    let failover = failover(&["a", "b"], 3, 1);
    failover.calls("FFSFFIIIII");
    assert_eq!(failover.snapshot().failures_in_a_row, 2);
    assert_eq!(failover.active().as_str(), "a");
    failover.calls("F");
    assert_eq!(failover.active().as_str(), "b");
    let switch = &failover.history()[0];
    assert_eq!(switch.reason, SwitchReason::Failures { in_a_row: 3 });
    assert_eq!((switch.number, &switch.result), (1, &SwitchResult::Success));
}

#[test]
fn while_all_is_well_a_call_takes_no_lock() {
    let failover = failover(&["a", "b"], 1, 1);
    // The lock is held: were it taken again, the test would hang.
    failover.0.shared.locked(|_, _| failover.calls("SISI"));
    assert_eq!(failover.snapshot().failures_in_a_row, 0);
}

#[test]
fn a_late_result_from_an_earlier_period_is_ignored() {
    let failover = failover(&["a", "b", "c"], 2, 1);
    let late = [(); 3].map(|()| failover.begin());
    let [failed, again, passed] = late;
    failover.calls("FF");
    failover.record(failed, Outcome::Failure);
    failover.calls("F");
    failover.record(again, Outcome::Failure);
    failover.record(passed, Outcome::Success);
    let seen = failover.snapshot();
    assert_eq!((seen.active.as_str(), seen.failures_in_a_row), ("b", 1));

    // Back at the same target it is another period.
    let late = failover.begin();
    failover.check("a", true);
    failover.calls("FF");
    assert_eq!(failover.active().as_str(), "b");
    failover.record(late, Outcome::Failure);
    assert_eq!(failover.snapshot().failures_in_a_row, 0);
}

#[test]
fn with_every_target_failed_it_stays_and_each_failure_asks_again() {
    let failover = failover(&["a", "b"], 2, 1);
    failover.calls("FFFF");
    failover.check("a", true);
    failover.calls("FF");
    let stuck = failover.snapshot();
    assert_eq!(stuck.active.as_str(), "a");
    assert!(stuck.targets.iter().all(|it| it.failed));
    failover.calls("I");
    failover.check("b", true);
    assert_eq!(failover.active().as_str(), "a");
    failover.calls("F");
    assert_eq!(failover.active().as_str(), "b");
    assert_eq!(failover.history().len(), 3);
}

#[test]
fn a_success_of_the_active_target_takes_its_own_mark_off() {
    let failover = failover(&["only"], 1, 9);
    failover.calls("F");
    assert!(failover.snapshot().targets[0].failed);
    failover.calls("S");
    assert!(!failover.snapshot().targets[0].failed);
    assert!(!failover.fail_back() && !failover.fail_over());
}

#[test]
fn health_is_counted_in_a_row_from_the_failure_on() {
    let failover = failover(&["a", "b"], 1, 3);
    failover.checks("a", &[true; 5]);
    failover.calls("F");
    failover.checks("a", &[true, true, false, true, true]);
    failover.checks("b", &[false; 5]);
    let seen = failover.snapshot();
    assert_eq!(
        (seen.active.as_str(), seen.targets[0].healthy_checks),
        ("b", 2)
    );
    assert!(!seen.targets[1].failed, "no check makes a target fail");
    failover.check("unheard of", true);
    failover.check("a", true);
    let back = failover.snapshot().last_switch.unwrap();
    assert_eq!(back.direction, Direction::Back);
    assert_eq!(back.reason, SwitchReason::Healthy { checks: 3 });
}

#[test]
fn a_failure_of_a_marked_target_does_not_begin_its_checks_anew() {
    let failover = failover(&["only"], 1, 2);
    failover.calls("F");
    failover.check("only", true);
    failover.calls("F");
    failover.check("only", true);
    assert!(!failover.snapshot().targets[0].failed);
}

#[test]
fn the_operator_goes_over_and_back_but_not_to_a_target_that_has_failed() {
    let failover = failover(&["a", "b", "c"], 1, 1);
    failover.calls("F");
    assert!(!failover.fail_back());
    assert!(failover.fail_over());
    assert!(!failover.fail_over());
    assert!(failover.fail_back());
    let moves: Vec<_> = failover.history().iter().map(ToString::to_string).collect();
    assert_eq!(
        moves,
        [
            "switched over from a to b, failures in a row: 1",
            "switched over from b to c, operator",
            "switched back from c to b, operator",
        ]
    );
}

#[test]
fn a_target_that_the_operator_left_is_called_when_the_others_fail() {
    let failover = failover(&["a", "b"], 1, 1);
    assert!(failover.fail_over());
    failover.check("a", true);
    assert_eq!(failover.active().as_str(), "b");
    failover.calls("F");
    assert_eq!(failover.active().as_str(), "a");
    assert_eq!(failover.history()[1].direction, Direction::Back);
}

#[test]
fn the_history_forgets_the_oldest_and_counts_all() {
    let (env, clock) = Env::manual();
    let failover = Failover::new("venue", config(&["a", "b"], 1, 1), &env).unwrap();
    let rounds = REMEMBERED as u64;
    for _ in 0..rounds {
        clock.advance(Duration::from_secs(1));
        failover.calls("F");
        failover.check("a", true);
    }
    let history = failover.history();
    assert_eq!(history.len(), REMEMBERED);
    assert_eq!(
        (history[0].number, history[0].at),
        (rounds + 1, Time::from_nanos(129_000_000_000))
    );
    let seen = failover.snapshot();
    assert_eq!((seen.switches_over, seen.switches_back), (rounds, rounds));
    assert_eq!(seen.last_switch.as_ref(), history.last());
}

#[test]
fn a_config_that_cannot_work_is_refused_by_name() {
    for (targets, switch_after, fail_back_after, text) in [
        (&[][..], 1, 1, "`targets` must not be empty, is []"),
        (
            &["a", "b", "a"],
            1,
            1,
            "`targets` must not name a target twice, is \"a\"",
        ),
        (&["a"], 0, 1, "`switch_after` must be at least 1, is 0"),
        (&["a"], 1, 0, "`fail_back_after` must be at least 1, is 0"),
    ] {
        let config = config(targets, switch_after, fail_back_after);
        let error = Failover::new("venue", config, &Env::manual().0).unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    let targets = (0..=1 << 15).map(|it| Name::from(it.to_string())).collect();
    let config = FailoverConfig {
        targets,
        ..Default::default()
    };
    let error = Failover::new("venue", config, &Env::manual().0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`targets` must be at most 32768, is 32769"
    );
}

#[test]
fn reconfiguring_keeps_what_was_learned_and_the_list() {
    let failover = failover(&["a", "b"], 5, 3);
    failover.calls("FFF");
    failover.reconfigure(config(&["a", "b"], 2, 1)).unwrap();
    let seen = failover.snapshot();
    assert_eq!((seen.active.as_str(), seen.failures_in_a_row), ("a", 3));
    failover.calls("F");
    assert_eq!(failover.active().as_str(), "b");
    failover.check("a", true);
    assert_eq!(failover.active().as_str(), "a");

    let error = failover.reconfigure(config(&["b", "a"], 2, 1)).unwrap_err();
    assert_eq!(error.field(), "targets");
    let error = failover.reconfigure(config(&["a", "b"], 0, 1)).unwrap_err();
    assert_eq!(error.field(), "switch_after");
}

#[test]
fn the_greatest_numbers_neither_panic_nor_overflow() {
    let failover = failover(&["a", "b"], u32::MAX, u32::MAX);
    failover.calls("FFFFSF");
    assert_eq!(failover.snapshot().failures_in_a_row, 1);
    for head in [
        Head {
            period: 0,
            active: 0,
            quiet: true,
        },
        Head {
            period: (1 << 48) - 1,
            active: (1 << 15) - 1,
            quiet: false,
        },
    ] {
        assert_eq!(Head::from_word(head.word()), head);
    }
}
