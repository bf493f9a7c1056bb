use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;
use crate::{Outcome, Snapshot, Time, Turn};

const MILLI: Duration = Duration::from_millis(1);

fn at(millis: u64) -> Time {
    Time::from_nanos(millis * 1_000_000)
}

fn bounded(max_wait: u32) -> BulkheadConfig {
    BulkheadConfig {
        max_wait: Some(max_wait * MILLI),
        ..config(1, 5)
    }
}

fn came(turn: &mut BulkheadTurn) -> Slot {
    match poll(turn) {
        Poll::Ready(Ok(slot)) => slot,
        other => panic!("it is no slot: {other:?}"),
    }
}

fn in_vain(turn: &mut BulkheadTurn) -> Rejected {
    match poll(turn) {
        Poll::Ready(Err(rejected)) => rejected,
        other => panic!("it was not in vain: {other:?}"),
    }
}

#[test]
fn bh_1_calls_are_admitted_while_a_slot_is_free() {
    let (bulkhead, _) = bulkhead(config(2, 0));
    let slots = [(); 2].map(|()| take(&bulkhead).unwrap());
    assert!(bulkhead.check(&Ask::default()).is_err());
    let refused = take(&bulkhead).unwrap_err();
    assert!(matches!(refused, Rejected::BulkheadFull(it) if it.max_in_flight == 2));
    assert_eq!(counts(&bulkhead), (2, 0));
    assert_eq!(bulkhead.snapshot().refused, 1);
    slots.into_iter().for_each(|slot| give(&bulkhead, slot));
    bulkhead.check(&Ask::default()).unwrap();
    assert_eq!(counts(&bulkhead), (0, 0));
}

#[test]
fn bh_2_every_end_frees_the_slot() {
    let (bulkhead, _) = bulkhead(config(1, 0));
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Ignored] {
        bulkhead.permit(&Ask::default()).unwrap().record(outcome);
        assert_eq!(counts(&bulkhead), (0, 0));
    }
    drop(bulkhead.permit(&Ask::default()).unwrap());
    let mut begun = bulkhead.permit(&Ask::default()).unwrap();
    begun.waiting();
    drop(begun);
    assert_eq!(counts(&bulkhead), (0, 0));
}

#[test]
fn bh_2_a_slot_that_is_freed_goes_to_the_first_in_the_same_step() {
    let (bulkhead, _) = bulkhead(config(1, 2));
    let slot = take(&bulkhead).unwrap();
    let [mut first, mut second] = [(); 2].map(|()| enqueue(&bulkhead));
    give(&bulkhead, slot);
    assert_eq!(counts(&bulkhead), (1, 1));
    assert!(poll(&mut second).is_pending());
    give(&bulkhead, came(&mut first));
    came(&mut second);
}

#[test]
fn bh_3_a_deadline_that_has_passed_is_refused_though_a_slot_is_free() {
    let (bulkhead, clock) = bulkhead(config(1, 1));
    clock.set(at(60));
    let late = || Ask::default().deadline(at(60));
    let refusals = [
        bulkhead.enqueue(&late()).map(drop),
        bulkhead.try_acquire(&late()).map(drop),
        bulkhead.check(&late()),
    ];
    for refused in refusals {
        assert!(matches!(refused, Err(Rejected::DeadlinePassed(_))));
    }
    let mut in_time = bulkhead.enqueue(&Ask::default().deadline(at(61))).unwrap();
    assert_eq!(in_time.due_in(), Some(Duration::ZERO));
    came(&mut in_time);
}

#[test]
fn bh_3_who_finds_no_place_in_the_queue_is_refused() {
    let (bulkhead, _) = bulkhead(config(1, 1));
    let mut free = enqueue(&bulkhead);
    let _slot = came(&mut free);
    let waits = enqueue(&bulkhead);
    assert_eq!(waits.due_in(), None);
    let refused = bulkhead.enqueue(&Ask::default()).unwrap_err();
    assert!(matches!(refused, Rejected::BulkheadFull(it) if it.max_waiting == 1));
    assert_eq!(counts(&bulkhead), (1, 1));
}

#[test]
fn bh_4_nobody_overtakes_the_queue() {
    let (bulkhead, _) = bulkhead(config(1, 5));
    let slot = take(&bulkhead).unwrap();
    let mut turns = [(); 3].map(|()| enqueue(&bulkhead));
    give(&bulkhead, slot);
    assert!(take(&bulkhead).is_err());
    for turn in &mut turns {
        let slot = came(turn);
        assert!(take(&bulkhead).is_err());
        give(&bulkhead, slot);
    }
    take(&bulkhead).unwrap();
}

#[test]
fn bh_5_a_slot_that_is_freed_at_the_bound_comes_too_late() {
    let (bulkhead, clock) = bulkhead(bounded(100));
    let slot = take(&bulkhead).unwrap();
    let mut first = enqueue(&bulkhead);
    clock.set(at(10));
    let mut second = enqueue(&bulkhead);
    assert_eq!(second.due_in(), Some(100 * MILLI));
    clock.set(at(100));
    give(&bulkhead, slot);
    assert!(matches!(in_vain(&mut first), Rejected::WaitTooLong(it) if it.waited == 100 * MILLI));
    came(&mut second);
}

#[test]
fn bh_5_a_wait_ends_at_the_earlier_of_the_deadline_and_the_longest_wait() {
    let (bulkhead, clock) = bulkhead(bounded(100));
    let _slot = take(&bulkhead).unwrap();
    let until = |millis| bulkhead.enqueue(&Ask::default().deadline(at(millis)));
    let [mut late, mut long] = [until(60).unwrap(), until(500).unwrap()];
    clock.set(at(60));
    assert!(poll(&mut long).is_pending());
    assert!(matches!(in_vain(&mut late), Rejected::DeadlinePassed(_)));
    assert_eq!(long.due_in(), Some(40 * MILLI));
    clock.set(at(100));
    assert!(matches!(in_vain(&mut long), Rejected::WaitTooLong(_)));
    let seen = bulkhead.snapshot();
    assert_eq!((seen.waiting, seen.timed_out, seen.refused), (0, 2, 0));
}

#[test]
fn bh_5_any_operation_ends_the_waits_that_are_due_in_the_order_of_their_ends() {
    type Look = fn(&Bulkhead);
    let looks: [Look; 6] = [
        |bulkhead| assert!(take(bulkhead).is_err()),
        |bulkhead| assert!(bulkhead.check(&Ask::default()).is_err()),
        |bulkhead| drop(enqueue(bulkhead)),
        |bulkhead| drop(bulkhead.snapshot()),
        |bulkhead| bulkhead.reconfigure(bounded(100)).unwrap(),
        |bulkhead| bulkhead.settle(Slot(()), End::Unused),
    ];
    for look in looks {
        let (bulkhead, clock) = bulkhead(bounded(100));
        let _slot = take(&bulkhead).unwrap();
        let order = Arc::new(AtomicUsize::new(0));
        let deadlines = [90, 70, 70];
        let mut waits = deadlines.map(|deadline| {
            let turn = bulkhead.enqueue(&Ask::default().deadline(at(deadline)));
            (
                turn.unwrap(),
                Arc::new(Rank(order.clone(), AtomicUsize::new(0))),
            )
        });
        for (turn, rank) in &mut waits {
            let waker = rank.clone().into();
            let polled = Pin::new(turn).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        clock.set(at(90));
        look(&bulkhead);
        let ranks = waits
            .each_ref()
            .map(|(_, rank)| rank.1.load(Ordering::SeqCst));
        assert_eq!(ranks, [3, 1, 2]);
        // Who has timed out holds nothing, and dropping him does nothing.
        let before = bulkhead.snapshot();
        drop(waits);
        assert_eq!(bulkhead.snapshot(), before);
    }
}

/// Remembers as which of several it was woken.
struct Rank(Arc<AtomicUsize>, AtomicUsize);

impl Wake for Rank {
    fn wake(self: Arc<Self>) {
        let rank = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.1.store(rank, Ordering::SeqCst);
    }
}

#[test]
fn bh_6_one_who_leaves_frees_his_place_and_the_order_stays() {
    let (bulkhead, _) = bulkhead(config(1, 3));
    let slot = take(&bulkhead).unwrap();
    let [mut first, second, mut third] = [(); 3].map(|()| enqueue(&bulkhead));
    drop(second);
    assert_eq!(counts(&bulkhead), (1, 2));
    let fourth = enqueue(&bulkhead);
    give(&bulkhead, slot);
    give(&bulkhead, came(&mut first));
    give(&bulkhead, came(&mut third));
    drop(fourth);
    assert_eq!(counts(&bulkhead), (0, 0));
}

#[test]
fn bh_6_one_who_leaves_with_his_slot_passes_it_on() {
    let (bulkhead, _) = bulkhead(config(1, 3));
    let slot = take(&bulkhead).unwrap();
    let [first, mut second] = [(); 2].map(|()| enqueue(&bulkhead));
    give(&bulkhead, slot);
    drop(first);
    assert_eq!(counts(&bulkhead), (1, 0));
    give(&bulkhead, came(&mut second));
    drop(enqueue(&bulkhead));
    assert_eq!(counts(&bulkhead), (0, 0));
}

#[test]
fn bh_7_a_larger_limit_lets_the_queue_in_at_once() {
    let (bulkhead, _) = bulkhead(config(1, 5));
    let _slot = take(&bulkhead).unwrap();
    let mut turns = [(); 3].map(|()| enqueue(&bulkhead));
    bulkhead.reconfigure(config(3, 5)).unwrap();
    assert_eq!(counts(&bulkhead), (3, 1));
    let [first, second, third] = &mut turns;
    came(first);
    came(second);
    assert!(poll(third).is_pending());
}

#[test]
fn bh_7_a_smaller_limit_interrupts_nobody_and_throws_nobody_out() {
    let (bulkhead, _) = bulkhead(config(3, 2));
    let slots = [(); 3].map(|()| take(&bulkhead).unwrap());
    let [mut first, second] = [(); 2].map(|()| enqueue(&bulkhead));
    bulkhead.reconfigure(config(1, 1)).unwrap();
    assert!(bulkhead.enqueue(&Ask::default()).is_err());
    let mut left = Vec::new();
    for slot in slots {
        left.push(counts(&bulkhead));
        give(&bulkhead, slot);
    }
    assert_eq!(left, [(3, 2), (2, 2), (1, 2)]);
    assert_eq!(counts(&bulkhead), (1, 1));
    came(&mut first);
    drop(second);
}

#[test]
fn bh_7_who_waits_keeps_the_bound_he_came_with() {
    let (bulkhead, clock) = bulkhead(bounded(100));
    let _slot = take(&bulkhead).unwrap();
    let mut turn = enqueue(&bulkhead);
    bulkhead.reconfigure(bounded(10)).unwrap();
    clock.set(at(99));
    assert!(poll(&mut turn).is_pending());
    clock.set(at(100));
    in_vain(&mut turn);
}

#[test]
fn bh_8_a_limit_of_none_is_refused() {
    let error = Bulkhead::new("test", config(0, 1), &Env::default()).unwrap_err();
    assert_eq!(error.field(), "max_in_flight");
    assert_eq!(
        error.to_string(),
        "`max_in_flight` must be at least 1, is 0"
    );
    let (bulkhead, _) = bulkhead(config(2, 1));
    assert!(bulkhead.reconfigure(config(0, 0)).is_err());
    assert_eq!(bulkhead.snapshot().max_in_flight, 2);
}

#[test]
fn trap_31_who_was_only_asked_whether_it_is_free_holds_no_slot() {
    let (bulkhead, _) = bulkhead(config(1, 0));
    let idle = bulkhead.clone();
    idle.check(&Ask::default()).unwrap();
    let slot = take(&bulkhead).unwrap();
    assert!(idle.check(&Ask::default()).is_err());
    give(&bulkhead, slot);
    take(&idle).unwrap();
}

#[test]
fn a_name_belongs_to_one_bulkhead_and_finds_it() {
    let (env, _) = Env::manual();
    let first = Bulkhead::new("venue", config(1, 0), &env).unwrap();
    assert_eq!(
        Bulkhead::new("venue", config(1, 0), &env)
            .unwrap_err()
            .field(),
        "name"
    );
    let same = Bulkhead::get_or_new("venue", config(9, 9), &env).unwrap();
    take(&same).unwrap();
    let listed = env.registry().find("bulkhead", "venue").unwrap();
    assert_eq!(listed.snapshot(), Snapshot::Bulkhead(first.snapshot()));
    assert_eq!(counts(&first), (1, 0));
}

#[test]
fn the_clock_is_read_only_where_a_wait_or_a_deadline_asks_for_it() {
    #[derive(Debug)]
    struct Unread;
    impl crate::Clock for Unread {
        fn now(&self) -> Time {
            panic!("nobody has a bound")
        }
    }
    let env = Env::default().with_clock(Arc::new(Unread));
    let bulkhead = Bulkhead::new("test", config(1, 0), &env).unwrap();
    for _ in 0..2 {
        let permit = bulkhead.permit(&Ask::default()).unwrap();
        assert!(take(&bulkhead).is_err());
        permit.record(Outcome::Success);
        assert_eq!(counts(&bulkhead), (0, 0));
    }
}

#[test]
fn no_waker_runs_under_the_lock() {
    struct ComesBack(Bulkhead);
    impl Wake for ComesBack {
        fn wake(self: Arc<Self>) {
            assert_eq!(counts(&self.0), (1, 0));
        }
    }
    impl Drop for ComesBack {
        fn drop(&mut self) {
            let _ = self.0.snapshot();
        }
    }
    let (bulkhead, _) = bulkhead(config(1, 2));
    let slot = take(&bulkhead).unwrap();
    let [mut turn, mut leaves] = [(); 2].map(|()| enqueue(&bulkhead));
    for turn in [&mut turn, &mut leaves] {
        for _ in 0..2 {
            let waker = Arc::new(ComesBack(bulkhead.clone())).into();
            let polled = Pin::new(&mut *turn).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
    }
    drop(leaves);
    give(&bulkhead, slot);
    came(&mut turn);
}

#[test]
fn extreme_numbers_neither_panic_nor_overflow() {
    let extreme = BulkheadConfig {
        max_in_flight: u32::MAX,
        max_waiting: u32::MAX,
        max_wait: Some(Duration::MAX),
    };
    let (bulkhead, clock) = bulkhead(extreme);
    for now in [Time::MAX, Time::ZERO, Time::MAX] {
        clock.set(now);
        let slot = take(&bulkhead).unwrap();
        bulkhead
            .reconfigure(BulkheadConfig {
                max_in_flight: 1,
                ..bounded(0)
            })
            .unwrap();
        let turns = [(); 2].map(|()| enqueue(&bulkhead));
        give(&bulkhead, slot);
        drop(turns);
        assert_eq!(counts(&bulkhead), (0, 0));
    }
}
