//! What threads may see of a budget: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{model, spawn};

fn granted(budget: &RetryBudget, times: u32) -> u64 {
    (0..times).map(|_| u64::from(budget.try_withdraw())).sum()
}

#[test]
fn no_more_retries_are_granted_than_there_are() {
    model(|| {
        // Three in all.
        let (budget, _) = budget(0.0, 0.3);
        let threads = [(); 2].map(|()| {
            let budget = budget.clone();
            spawn(move || granted(&budget, 2))
        });
        let own = granted(&budget, 1);
        let all = threads.map(|it| it.join().unwrap()).iter().sum::<u64>() + own;
        assert_eq!((all, budget.balance()), (3, 0));
    });
}

#[test]
fn no_request_is_lost_between_threads() {
    model(|| {
        let (budget, _) = budget(1.0, 0.0);
        let threads = [(); 2].map(|()| {
            let budget = budget.clone();
            spawn(move || {
                budget.deposit();
                granted(&budget, 1)
            })
        });
        budget.deposit();
        let granted = threads.map(|it| it.join().unwrap()).iter().sum::<u64>();
        // Each found at least its own.
        assert_eq!((granted, budget.balance()), (2, 1));
    });
}

#[test]
fn a_request_counts_as_long_as_its_bucket_though_another_thread_began_it() {
    model(|| {
        let (budget, clock) = budget(1.0, 0.0);
        let spawn_deposit = |now| {
            let budget = budget.clone();
            spawn(move || budget.0.deposit(now))
        };
        // One begins the second bucket, one belongs to it, and one may be late.
        let threads = [at(1_000), at(0)].map(spawn_deposit);
        budget.0.deposit(at(1_999));
        for thread in threads {
            thread.join().unwrap();
        }
        clock.set(at(9_999));
        assert_eq!(budget.balance(), 3);
        // The first bucket has gone.
        clock.set(at(10_000));
        assert!((2..=3).contains(&budget.balance()));
        clock.set(at(11_000));
        assert_eq!(budget.balance(), 0);
    });
}

#[test]
fn a_read_that_begins_a_bucket_takes_no_later_request_into_the_one_before() {
    model(|| {
        let (budget, clock) = budget(1.0, 0.0);
        let other = budget.clone();
        let thread = spawn(move || other.0.deposit(at(1_000)));
        budget.0.look(at(1_000), |_, _| ());
        thread.join().unwrap();
        clock.set(at(10_999));
        assert_eq!(budget.balance(), 1);
        clock.set(at(11_000));
        assert_eq!(budget.balance(), 0);
    });
}
