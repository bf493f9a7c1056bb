//! What threads may see of a limiter: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{model, spawn};

#[test]
fn threads_never_take_more_than_the_burst() {
    for threads in [1, 2] {
        model(move || {
            let (limiter, _) = limiter(gcra(1, 2));
            let take = |limiter: RateLimiter| usize::from(take(&limiter, 1).is_ok());
            let others: Vec<_> = (0..threads)
                .map(|_| limiter.clone())
                .map(|limiter| spawn(move || take(limiter)))
                .collect();
            let mine = take(limiter);
            let others = others.into_iter().map(|it| it.join().unwrap());
            assert_eq!(mine + others.sum::<usize>(), 2);
        });
    }
}

#[test]
fn a_quota_that_is_read_while_the_rate_changes_is_of_one_rate() {
    model(|| {
        let (limiter, _) = limiter(gcra(10, 10));
        take(&limiter, 4).unwrap();
        let other = limiter.clone();
        let thread = spawn(move || other.quota());
        limiter.reconfigure(gcra(5, 10)).unwrap();
        let quota = thread.join().unwrap();
        assert_eq!((quota.limit, quota.remaining), (10, 6));
        assert_eq!(quota.reset_after, quota.window * 4 / 10);
    });
}

#[test]
fn a_permit_that_goes_back_is_not_given_twice() {
    model(|| {
        let (limiter, _) = limiter(gcra(1, 2));
        let ticket = take(&limiter, 1).unwrap();
        let other = limiter.clone();
        let thread = spawn(move || (0..2).filter(|_| take(&other, 1).is_ok()).count());
        limiter.settle(ticket, End::Unused);
        let taken = thread.join().unwrap();
        let left = limiter.snapshot().remaining as usize;
        // Before the first, between the two, or too late.
        assert!(matches!((taken, left), (2, 0) | (1, 0)));
    });
}

#[test]
fn no_permit_is_lost_or_made_where_a_turn_is_dropped_while_it_comes() {
    model(|| {
        let (limiter, clock) = limiter(gcra(1, 1));
        take(&limiter, 1).unwrap();
        let [first, mut second] = [(); 2].map(|()| enqueue(&limiter, 1));
        let other = limiter.clone();
        let thread = spawn(move || {
            clock.advance(SECOND);
            take(&other, 1).is_ok()
        });
        drop(first);
        assert!(!thread.join().unwrap());
        // Either the first one's turn had come, and was not the last, or the second moved forward.
        let seen = limiter.snapshot();
        let came = poll(&mut second).is_some();
        match came {
            true => assert_eq!((seen.reset_after, seen.waiting), (SECOND, 0)),
            false => assert_eq!((seen.reset_after, seen.waiting), (2 * SECOND, 1)),
        }
    });
}

#[test]
fn one_who_waits_and_one_who_takes_never_share_a_permit() {
    model(|| {
        let (limiter, clock) = limiter(gcra(1, 1));
        let other = limiter.clone();
        let ahead = Ask::default();
        clock.set(Time::ZERO.after(3 * SECOND));
        ahead.now(&other.0.env().clone());
        clock.set(Time::ZERO);
        let thread = spawn(move || other.try_acquire(&ahead).is_ok());
        let turns = [(); 2].map(|()| enqueue(&limiter, 1));
        assert!(thread.join().unwrap());
        drop(turns);
        // The call that saw a later time is never undone by those who saw an earlier one.
        assert!(limiter.snapshot().reset_after >= 4 * SECOND);
    });
}

#[test]
fn a_call_costs_what_it_costs_by_one_rate() {
    model(|| {
        let (limiter, _) = limiter(gcra(1, 4));
        let other = limiter.clone();
        let thread = spawn(move || take(&other, 1).map(drop));
        limiter.reconfigure(gcra(10, 2)).unwrap();
        thread.join().unwrap().unwrap();
        assert_eq!(limiter.snapshot().reset_after, millis(100));
    });
}

#[test]
fn a_refusal_is_reckoned_by_one_rate() {
    model(|| {
        let (limiter, _) = limiter(gcra(1, 2));
        take(&limiter, 2).unwrap();
        let other = limiter.clone();
        let thread = spawn(move || wait(&other, 1).unwrap_err().unwrap());
        limiter.reconfigure(gcra(10, 1)).unwrap();
        let told = thread.join().unwrap();
        assert!(told == SECOND || told == millis(200), "{told:?}");
    });
}
