//! A small bulkhead that tells everything, and whose door the test holds.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_core::{
    Ask, BulkheadFull, End, Env, Gate, Name, Queue, Rejected, Time, Turn, WaitTooLong,
};

#[derive(Clone, Debug)]
pub(crate) struct Slots {
    env: Env,
    max_wait: Duration,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    free: u32,
    in_flight: u32,
    shut: bool,
    refused: u32,
    ends: Vec<End>,
    next: u64,
    waiting: VecDeque<(u64, Option<Waker>)>,
}

impl Slots {
    pub(crate) fn new(slots: u32, max_wait: Duration, env: &Env) -> Self {
        let inner = Inner {
            free: slots,
            ..Inner::default()
        };
        Self {
            env: env.clone(),
            max_wait,
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    pub(crate) fn shut(&self, shut: bool) {
        self.inner.lock().unwrap().shut = shut;
    }

    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.inner.lock().unwrap();
        inner.in_flight == 0 && inner.waiting.is_empty()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.inner.lock().unwrap().waiting.len()
    }

    pub(crate) fn refused(&self) -> u32 {
        self.inner.lock().unwrap().refused
    }

    /// Returns how the calls ended since the last time.
    pub(crate) fn ends(&self) -> Vec<End> {
        std::mem::take(&mut self.inner.lock().unwrap().ends)
    }
}

fn full() -> Rejected {
    BulkheadFull::new(Name::from("slots"), 1, 0).into()
}

impl Inner {
    fn has_room(&self) -> bool {
        !self.shut && self.free > 0
    }

    fn take(&mut self) {
        self.free -= 1;
        self.in_flight += 1;
    }

    fn wake_first(&mut self) {
        if let Some((_, waker)) = self.waiting.front_mut() {
            if let Some(waker) = waker.take() {
                waker.wake();
            }
        }
    }
}

impl Gate for Slots {
    type Ticket = ();

    fn check(&self, _: &Ask) -> Result<(), Rejected> {
        let inner = self.inner.lock().unwrap();
        let free = inner.has_room() && inner.waiting.is_empty();
        free.then_some(()).ok_or_else(full)
    }

    fn try_acquire(&self, ask: &Ask) -> Result<(), Rejected> {
        let checked = self.check(ask);
        let mut inner = self.inner.lock().unwrap();
        match checked {
            Ok(()) => inner.take(),
            Err(_) => inner.refused += 1,
        }
        checked
    }

    fn settle(&self, (): (), end: End) {
        let mut inner = self.inner.lock().unwrap();
        inner.free += 1;
        inner.in_flight -= 1;
        inner.ends.push(end);
        inner.wake_first();
    }

    fn timed_by(&self) -> Option<&Env> {
        Some(&self.env)
    }
}

impl Queue for Slots {
    type Turn = Waiting;

    fn enqueue(&self, ask: &Ask) -> Result<Waiting, Rejected> {
        let mut inner = self.inner.lock().unwrap();
        if inner.shut {
            inner.refused += 1;
            return Err(full());
        }
        inner.next += 1;
        let number = inner.next;
        inner.waiting.push_back((number, None));
        Ok(Waiting {
            slots: self.clone(),
            number: Some(number),
            until: ask.now(&self.env).after(self.max_wait),
        })
    }
}

#[derive(Debug)]
pub(crate) struct Waiting {
    slots: Slots,
    number: Option<u64>,
    until: Time,
}

impl Waiting {
    fn leave(&mut self, inner: &mut Inner) {
        if let Some(number) = self.number.take() {
            inner.waiting.retain(|(it, _)| *it != number);
        }
    }
}

impl Future for Waiting {
    type Output = Result<(), Rejected>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let slots = self.slots.clone();
        let mut inner = slots.inner.lock().unwrap();
        let number = self.number.expect("polled after completion");
        let first = inner.waiting.front().is_some_and(|(it, _)| *it == number);
        if first && inner.has_room() {
            self.leave(&mut inner);
            inner.take();
            return Poll::Ready(Ok(()));
        }
        if slots.env.now() >= self.until {
            self.leave(&mut inner);
            inner.refused += 1;
            inner.wake_first();
            let policy = Name::from("slots");
            return Poll::Ready(Err(WaitTooLong::new(policy, slots.max_wait).into()));
        }
        for (it, waker) in &mut inner.waiting {
            if *it == number {
                *waker = Some(cx.waker().clone());
            }
        }
        Poll::Pending
    }
}

impl Turn for Waiting {
    type Ticket = ();

    fn due_in(&self) -> Option<Duration> {
        Some(self.until.since(self.slots.env.now()))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let slots = self.slots.clone();
        let mut inner = slots.inner.lock().unwrap();
        self.leave(&mut inner);
        inner.wake_first();
    }
}
