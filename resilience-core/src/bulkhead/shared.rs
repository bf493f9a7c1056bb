//! What the handles of a bulkhead share.

use std::collections::BTreeSet;
use std::task::Waker;
use std::time::Duration;

use super::state::{Bound, InVain, Slots};
use super::turn::Place;
use super::{Bulkhead, BulkheadConfig, BulkheadSnapshot};
use crate::counter::Counter;
use crate::line::{Left, Line, WakeLock, Wakes};
use crate::sync::{AtomicU64, Ordering};
use crate::{
    Ask, BulkheadFull, ConfigError, DeadlinePassed, Env, Handle, Name, Rejected, Time, WaitTooLong,
};

#[derive(Debug)]
pub(super) struct Shared {
    name: Name,
    env: Env,
    /// See [`Slots`]. Who waits is counted under the lock, and while somebody waits the word is
    /// changed there only.
    slots: AtomicU64,
    /// How many may be in flight and may wait, [`Slots`] too; changed under the lock.
    limits: AtomicU64,
    /// When the next wait ends in vain; [`NEVER`] where none will.
    next_end: AtomicU64,
    refused: Counter,
    timed_out: Counter,
    queue: WakeLock<Waiters>,
}

const NEVER: u64 = u64::MAX;

#[derive(Debug)]
struct Waiters {
    line: Line<Option<Bound>, Result<(), InVain>>,
    /// When those in the line wait in vain, earliest first.
    ends: BTreeSet<(Time, u64)>,
    max_wait: Option<Duration>,
}

impl Shared {
    pub(super) fn new(
        name: Name,
        config: &BulkheadConfig,
        env: &Env,
        counter: fn() -> Counter,
    ) -> Result<Self, ConfigError> {
        let limits = config.limits()?;
        Ok(Self {
            name,
            env: env.clone(),
            slots: AtomicU64::new(0),
            limits: AtomicU64::new(limits.word()),
            next_end: AtomicU64::new(NEVER),
            refused: counter(),
            timed_out: counter(),
            queue: WakeLock::new(Waiters {
                line: Line::default(),
                ends: BTreeSet::new(),
                max_wait: config.max_wait,
            }),
        })
    }

    pub(super) fn env(&self) -> &Env {
        &self.env
    }

    #[inline]
    fn slots(&self) -> Slots {
        Slots::from_word(self.slots.load(Ordering::Acquire))
    }

    /// Says whether no call is in flight or waits.
    pub(super) fn is_empty(&self) -> bool {
        self.slots().word() == 0
    }

    #[inline]
    fn limits(&self) -> Slots {
        Slots::from_word(self.limits.load(Ordering::Acquire))
    }

    /// Makes `step`, unless it cannot be made.
    #[inline]
    fn update(&self, step: impl Fn(Slots) -> Option<Slots>) -> bool {
        let mut from = self.slots();
        while let Some(to) = step(from) {
            let (done, failed) = (Ordering::AcqRel, Ordering::Acquire);
            let swapped = self
                .slots
                .compare_exchange_weak(from.word(), to.word(), done, failed);
            match swapped {
                Ok(_) => return true,
                Err(word) => from = Slots::from_word(word),
            }
        }
        false
    }

    /// Takes a free slot.
    #[inline]
    fn take(&self) -> bool {
        let limits = self.limits();
        self.update(|slots| slots.take(limits))
    }

    #[inline]
    pub(super) fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        if ask.is_late(&self.env) {
            return Err(self.late());
        }
        match self.slots().take(self.limits()) {
            Some(_) => Ok(()),
            None => Err(self.full(ask)),
        }
    }

    #[inline]
    pub(super) fn try_acquire(&self, ask: &Ask) -> Result<(), Rejected> {
        if ask.is_late(&self.env) {
            self.refused.add_one();
            return Err(self.late());
        }
        match self.take() {
            true => Ok(()),
            false => {
                self.refused.add_one();
                Err(self.full(ask))
            }
        }
    }

    pub(super) fn enqueue(&self, ask: &Ask) -> Result<Place, Rejected> {
        if ask.is_late(&self.env) {
            self.refused.add_one();
            return Err(self.late());
        }
        if self.take() {
            return Ok(Place::Free);
        }
        let now = ask.now(&self.env);
        let place = self.queue.locked(|waiters, wakes| {
            self.end_waits(waiters, wakes, now);
            let limits = self.limits();
            loop {
                if self.take() {
                    return Some(Place::Free);
                }
                let slots = self.slots();
                let joined = slots.join(limits)?;
                // Unless a slot was given back since.
                if self.update(|it| (it == slots && it.take(limits).is_none()).then_some(joined)) {
                    let bound = Bound::new(now, waiters.max_wait, ask.deadline);
                    return Some(self.join(waiters, now, bound));
                }
            }
        });
        place.ok_or_else(|| {
            self.refused.add_one();
            self.full(ask)
        })
    }

    /// Puts one more in the line, whom the word counts already.
    fn join(&self, waiters: &mut Waiters, since: Time, bound: Option<Bound>) -> Place {
        let number = waiters.line.join(bound);
        let until = bound.map(|bound| bound.at);
        if let Some(at) = until {
            waiters.ends.insert((at, number));
            self.publish_next_end(waiters);
        }
        Place::Waits {
            number,
            since,
            until,
        }
    }

    /// Tells of a call that has its slot after it waited.
    pub(super) fn tell_wait(&self, since: Time) {
        self.env.emit_wait(&self.name, Bulkhead::KIND, since);
    }

    /// Gives a slot back, or hands it to the first who waits.
    #[inline]
    pub(super) fn release(&self) {
        if !self.update(Slots::give) {
            self.hand_over();
        }
    }

    #[cold]
    fn hand_over(&self) {
        let now = self.now_if_waits_end();
        self.queue.locked(|waiters, wakes| {
            self.end_waits(waiters, wakes, now);
            self.rearrange(waiters, wakes, Slots::end);
        });
    }

    /// Changes the word, and lets those who wait in as far as slots are free then.
    fn rearrange(&self, waiters: &mut Waiters, wakes: &mut Wakes, step: impl Fn(Slots) -> Slots) {
        let limits = self.limits();
        let mut from = self.slots();
        let admitted = loop {
            let (to, admitted) = step(from).admit(limits);
            let (done, failed) = (Ordering::AcqRel, Ordering::Acquire);
            let swapped = self
                .slots
                .compare_exchange(from.word(), to.word(), done, failed);
            match swapped {
                Ok(_) => break admitted,
                Err(word) => from = Slots::from_word(word),
            }
        };
        for _ in 0..admitted {
            let first = waiters.line.first().map(|(number, _)| number);
            let number = first.expect("the word counts those in the line");
            let bound = waiters.line.serve(number, wakes, Ok(()));
            waiters.forget_end(number, bound.flatten());
        }
        self.publish_next_end(waiters);
    }

    /// Says whether `number` has a slot, or waited in vain; if not, `waker` is woken when he has.
    pub(super) fn poll(&self, number: u64, waker: Waker) -> Option<Result<(), Rejected>> {
        let now = self.now_if_waits_end();
        let served = self.queue.locked(|waiters, wakes| {
            self.end_waits(waiters, wakes, now);
            waiters.line.poll(number, waker, wakes)
        });
        served.map(|served| served.map_err(|why| self.in_vain(why)))
    }

    /// Takes `number` out of the queue; a slot that he was handed goes to the next.
    pub(super) fn leave(&self, number: u64) {
        let now = self.now_if_waits_end();
        self.queue.locked(|waiters, wakes| {
            self.end_waits(waiters, wakes, now);
            match waiters.line.leave(number, wakes) {
                Some(Left::Waiting(bound)) => {
                    waiters.forget_end(number, bound);
                    self.rearrange(waiters, wakes, |slots| slots.leave(1));
                }
                Some(Left::Served(Ok(()))) => self.rearrange(waiters, wakes, Slots::end),
                Some(Left::Served(Err(_))) | None => {}
            }
        });
    }

    pub(super) fn reconfigure(&self, config: &BulkheadConfig) -> Result<(), ConfigError> {
        let limits = config.limits()?;
        let now = self.now_if_waits_end();
        self.queue.locked(|waiters, wakes| {
            self.end_waits(waiters, wakes, now);
            waiters.max_wait = config.max_wait;
            self.limits.store(limits.word(), Ordering::Release);
            self.rearrange(waiters, wakes, |slots| slots);
        });
        Ok(())
    }

    pub(super) fn config(&self) -> BulkheadConfig {
        self.queue.locked(|waiters, _| {
            let limits = self.limits();
            BulkheadConfig {
                max_in_flight: limits.in_flight,
                max_waiting: limits.waiting,
                max_wait: waiters.max_wait,
            }
        })
    }

    pub(super) fn observe(&self) -> BulkheadSnapshot {
        let now = self.now_if_waits_end();
        self.queue.locked(|waiters, wakes| {
            self.end_waits(waiters, wakes, now);
            let (slots, limits) = (self.slots(), self.limits());
            BulkheadSnapshot {
                max_in_flight: limits.in_flight,
                max_waiting: limits.waiting,
                max_wait: waiters.max_wait,
                in_flight: slots.in_flight,
                waiting: slots.waiting,
                refused: self.refused.sum(),
                timed_out: self.timed_out.sum(),
            }
        })
    }

    /// Reads the clock, where a wait can end by it; otherwise no wait has ended at what it returns.
    fn now_if_waits_end(&self) -> Time {
        match self.next_end.load(Ordering::Acquire) {
            NEVER => Time::ZERO,
            _ => self.env.now(),
        }
    }

    /// Ends the waits that are in vain by `now`, in the order of their ends.
    fn end_waits(&self, waiters: &mut Waiters, wakes: &mut Wakes, now: Time) {
        let mut ended = 0;
        while let Some(&(at, number)) = waiters.ends.first() {
            if at > now {
                break;
            }
            waiters.ends.pop_first();
            let bound = waiters.line.get(number).copied().flatten();
            let bound = bound.expect("whose end is known waits");
            waiters.line.serve(number, wakes, Err(bound.why));
            self.timed_out.add_one();
            ended += 1;
        }
        if ended > 0 {
            self.rearrange(waiters, wakes, |slots| slots.leave(ended));
        }
    }

    fn publish_next_end(&self, waiters: &Waiters) {
        let next = waiters.ends.first().map_or(NEVER, |(at, _)| at.as_nanos());
        if self.next_end.load(Ordering::Relaxed) != next {
            self.next_end.store(next, Ordering::Release);
        }
    }

    /// Says that the bulkhead is full, once it has seen which waits have ended.
    #[cold]
    fn full(&self, ask: &Ask) -> Rejected {
        let next_end = self.next_end.load(Ordering::Acquire);
        if next_end != NEVER && ask.now(&self.env).as_nanos() >= next_end {
            let now = ask.now(&self.env);
            self.queue
                .locked(|waiters, wakes| self.end_waits(waiters, wakes, now));
        }
        let limits = self.limits();
        BulkheadFull {
            policy: self.name.clone(),
            max_in_flight: limits.in_flight,
            max_waiting: limits.waiting,
        }
        .into()
    }

    #[cold]
    fn late(&self) -> Rejected {
        let policy = self.name.clone();
        DeadlinePassed { policy }.into()
    }

    fn in_vain(&self, why: InVain) -> Rejected {
        let policy = self.name.clone();
        match why {
            InVain::TooLong(waited) => WaitTooLong { policy, waited }.into(),
            InVain::Late => self.late(),
        }
    }
}

impl Waiters {
    /// Forgets when `number`, who waits no more, would have waited in vain.
    fn forget_end(&mut self, number: u64, bound: Option<Bound>) {
        if let Some(bound) = bound {
            self.ends.remove(&(bound.at, number));
        }
    }
}

crate::handle::policy! {
    Shared,
    of: Bulkhead,
    name: |it| &it.name,
    snapshot: |it| Bulkhead(it.observe()),
    reconfigure: |it, config| it.reconfigure(config)
}
