//! The wait for a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::*;

#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Woken {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll(demand: &mut Demand, woken: &Arc<Woken>) -> Option<StoreRequest> {
    let waker = Waker::from(woken.clone());
    match Pin::new(demand).poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(request) => Some(request),
        Poll::Pending => None,
    }
}

#[test]
fn it_is_woken_by_the_call_at_the_low_water_mark_and_by_no_other() {
    let (limiter, _) = full(OnOutage::Closed);
    let (mut demand, woken) = (limiter.demand(), Arc::default());
    assert_eq!(poll(&mut demand, &woken), None);
    assert_eq!(demand.due_in(), None);
    for _ in 0..3 {
        limiter.take(1).unwrap();
        assert_eq!(woken.count(), 0);
    }
    limiter.take(1).unwrap();
    assert_eq!(woken.count(), 1);
    limiter.take(1).unwrap();
    assert_eq!(woken.count(), 1, "once is enough");
    let request = poll(&mut demand, &woken).unwrap();
    assert_eq!(request.want(), 5);
}

#[test]
fn it_tells_when_it_is_due_and_is_not_woken_for_what_it_knows() {
    let (limiter, clock) = limiter(config(OnOutage::Closed));
    limiter.answer(0, millis(30));
    let (mut demand, woken) = (limiter.demand(), Arc::default());
    assert_eq!(poll(&mut demand, &woken), None);
    assert!(limiter.take(1).is_err());
    assert_eq!(woken.count(), 1, "it knew of nobody who waits");
    assert_eq!(poll(&mut demand, &woken), None);
    assert_eq!(demand.due_in(), Some(millis(30)));
    for _ in 0..10 {
        assert!(limiter.take(1).is_err());
    }
    assert_eq!(woken.count(), 1, "refusals do not hurry it");
    clock.advance(millis(30));
    assert_eq!(demand.due_in(), Some(Duration::ZERO));
    assert!(poll(&mut demand, &woken).is_some());
}

#[test]
fn it_is_woken_when_it_may_ask_sooner() {
    let (limiter, _) = limiter(config(OnOutage::Closed));
    limiter.fail(1_000 * SECOND);
    let (mut demand, woken) = (limiter.demand(), Arc::default());
    assert_eq!(poll(&mut demand, &woken), None);
    assert_eq!(demand.due_in(), Some(1_000 * SECOND));
    limiter.reconfigure(config(OnOutage::Closed)).unwrap();
    assert_eq!(woken.count(), 1);
    assert!(poll(&mut demand, &woken).is_some());
}

#[test]
fn one_that_is_dropped_loses_nothing() {
    let (limiter, _) = full(OnOutage::Closed);
    let (mut demand, woken) = (limiter.demand(), Arc::default());
    assert_eq!(poll(&mut demand, &woken), None);
    drop(demand);
    limiter.take(8).unwrap();
    let mut demand = limiter.demand();
    assert_eq!(poll(&mut demand, &woken).unwrap().want(), 8);
}
