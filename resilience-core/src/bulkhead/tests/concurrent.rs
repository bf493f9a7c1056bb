//! What threads may see of a bulkhead: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{model, spawn};

#[test]
fn never_more_calls_are_in_flight_than_there_are_slots() {
    model(|| {
        let (bulkhead, _) = bulkhead(config(1, 1));
        let take_and_give = |bulkhead: Bulkhead| {
            if let Ok(slot) = take(&bulkhead) {
                assert_eq!(counts(&bulkhead).0, 1);
                give(&bulkhead, slot);
            }
        };
        let other = bulkhead.clone();
        let thread = spawn(move || take_and_give(other));
        let mut turn = enqueue(&bulkhead);
        if let Poll::Ready(Ok(slot)) = poll(&mut turn) {
            assert!(take(&bulkhead).is_err());
            give(&bulkhead, slot);
        }
        drop(turn);
        take_and_give(bulkhead.clone());
        thread.join().unwrap();
        assert_eq!(counts(&bulkhead), (0, 0));
    });
}

#[test]
fn no_slot_is_lost_where_one_who_waits_leaves_while_he_is_served() {
    model(|| {
        let (bulkhead, _) = bulkhead(config(1, 2));
        let slot = take(&bulkhead).unwrap();
        let [first, mut second] = [(); 2].map(|()| enqueue(&bulkhead));
        let other = bulkhead.clone();
        let thread = spawn(move || give(&other, slot));
        drop(first);
        thread.join().unwrap();
        assert_eq!(counts(&bulkhead), (1, 0));
        let Poll::Ready(Ok(slot)) = poll(&mut second) else {
            panic!("the slot is his")
        };
        give(&bulkhead, slot);
        assert_eq!(counts(&bulkhead), (0, 0));
    });
}

#[test]
fn nobody_waits_while_a_slot_is_free() {
    model(|| {
        let (bulkhead, _) = bulkhead(config(1, 2));
        let slot = take(&bulkhead).unwrap();
        let other = bulkhead.clone();
        let thread = spawn(move || give(&other, slot));
        let mut turn = enqueue(&bulkhead);
        thread.join().unwrap();
        assert!(poll(&mut turn).is_ready());
        assert_eq!(counts(&bulkhead), (1, 0));
    });
}

#[test]
fn a_wait_that_ends_while_a_slot_is_freed_ends_once() {
    model(|| {
        let bounded = BulkheadConfig {
            max_wait: Some(Duration::from_secs(1)),
            ..config(1, 2)
        };
        let (bulkhead, clock) = bulkhead(bounded);
        let slot = take(&bulkhead).unwrap();
        let mut turn = enqueue(&bulkhead);
        let other = bulkhead.clone();
        let thread = spawn(move || give(&other, slot));
        clock.advance(Duration::from_secs(1));
        let Poll::Ready(served) = poll(&mut turn) else {
            panic!("it is over either way")
        };
        thread.join().unwrap();
        assert_eq!(counts(&bulkhead), (u32::from(served.is_ok()), 0));
    });
}

#[test]
fn a_larger_limit_and_a_freed_slot_serve_everybody_once() {
    model(|| {
        let (bulkhead, _) = bulkhead(config(1, 3));
        let slot = take(&bulkhead).unwrap();
        let mut turns = [(); 2].map(|()| enqueue(&bulkhead));
        let other = bulkhead.clone();
        let thread = spawn(move || give(&other, slot));
        bulkhead.reconfigure(config(2, 3)).unwrap();
        thread.join().unwrap();
        assert!(turns.iter_mut().all(|turn| poll(turn).is_ready()));
        assert_eq!(counts(&bulkhead), (2, 0));
    });
}

#[test]
fn a_newcomer_does_not_overtake_the_queue_when_the_limit_grows() {
    model(|| {
        let (bulkhead, _) = bulkhead(config(1, 1));
        let slot = take(&bulkhead).unwrap();
        let mut turn = enqueue(&bulkhead);
        let other = bulkhead.clone();
        let thread = spawn(move || take(&other).is_ok());
        bulkhead.reconfigure(config(2, 1)).unwrap();
        assert!(!thread.join().unwrap());
        assert!(poll(&mut turn).is_ready());
        give(&bulkhead, slot);
    });
}
