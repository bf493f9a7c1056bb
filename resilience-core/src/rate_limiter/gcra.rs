//! A limiter that runs by GCRA: one word that callers take from without a lock, and a queue.
//!
//! The tail in the word includes those who wait. So a caller who would overtake them is refused by
//! the word alone, and while anybody waits who is not due, nobody moves it without the lock.

use std::task::Waker;

use super::state::{Rate, Refused, Seen, duration};
use super::tail::{Tail, Ticket};
use super::waiters::{Waiter, Waiters};
use super::{Quota, RateLimiterConfig};
use crate::line::{Left, Line, WakeLock, Wakes};
use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(super) struct Gcra {
    /// A [`Tail`].
    tail: AtomicU64,
    /// The rate, two words; changed under the lock, and `each` only while the tail is not in its
    /// word. So who finds the tail unchanged after he read the rate has read one that was in force.
    each: AtomicU64,
    burst: AtomicU64,
    /// When the first in the queue is due; [`NOBODY`] where it is empty.
    next_due: AtomicU64,
    queue: WakeLock<Waiters>,
}

/// Later than anybody is due.
const NOBODY: u64 = u64::MAX;

/// What would become of a call. It holds only if the tail is still what it was `from`: then nobody
/// came meanwhile, and the rate was not changed while it was read.
enum Near {
    Fits { from: Tail, to: Tail, price: u64 },
    Refused { from: Tail, why: Refused },
    Far,
}

/// What became of a caller who would wait.
pub(super) enum Place {
    Free(Ticket),
    Waits(u64),
}

impl Gcra {
    pub(super) fn new(config: RateLimiterConfig, created: u64) -> Self {
        let rate = config.rate();
        let created = u128::from(created);
        Self {
            tail: AtomicU64::new(Tail::from_word(0).moved(created).word()),
            each: AtomicU64::new(rate.each),
            burst: AtomicU64::new(rate.burst.into()),
            next_due: AtomicU64::new(NOBODY),
            queue: WakeLock::new(Waiters {
                line: Line::default(),
                far: created,
                config,
            }),
        }
    }

    /// Says whether nobody waits, as far as anybody has looked.
    pub(super) fn has_no_queue(&self) -> bool {
        self.next_due.load(Ordering::Acquire) == NOBODY
    }

    #[inline]
    fn tail(&self) -> Tail {
        Tail::from_word(self.tail.load(Ordering::Acquire))
    }

    #[inline]
    fn rate(&self) -> Rate {
        Rate {
            each: self.each.load(Ordering::Acquire),
            burst: self.burst.load(Ordering::Acquire) as u32,
        }
    }

    #[inline]
    fn swap_tail(&self, from: Tail, to: Tail) -> bool {
        let (from, to) = (from.word(), to.word());
        let (done, failed) = (Ordering::AcqRel, Ordering::Acquire);
        self.tail.compare_exchange(from, to, done, failed).is_ok()
    }

    #[inline]
    pub(super) fn take(&self, now: u64, cost: u32) -> Result<Ticket, Refused> {
        if now >= self.next_due.load(Ordering::Acquire) {
            self.see(now);
        }
        if cost == 0 {
            return Ok(Ticket::NOTHING);
        }
        loop {
            match self.near(now, cost) {
                Near::Fits { from, to, price } if self.swap_tail(from, to) => {
                    return Ok(Ticket::near(to, price));
                }
                Near::Refused { from, why } if self.tail() == from => return Err(why),
                Near::Far => return self.take_far(now, cost),
                Near::Fits { .. } | Near::Refused { .. } => {}
            }
        }
    }

    pub(super) fn check(&self, now: u64, cost: u32) -> Result<(), Refused> {
        if now >= self.next_due.load(Ordering::Acquire) {
            self.see(now);
        }
        if cost == 0 {
            return Ok(());
        }
        loop {
            match self.near(now, cost) {
                Near::Fits { from, .. } if self.tail() == from => return Ok(()),
                Near::Refused { from, why } if self.tail() == from => return Err(why),
                Near::Fits { .. } | Near::Refused { .. } => {}
                Near::Far => {
                    let (rate, tail) = self.see(now);
                    return rate.take(tail, now, cost).map(drop);
                }
            }
        }
    }

    /// Reckons what would become of a call, without a lock.
    #[inline]
    fn near(&self, now: u64, cost: u32) -> Near {
        let from = self.tail();
        let rate = self.rate();
        let near = from.near();
        match near.and_then(|near| rate.take_near(near, now, cost)) {
            Some(Ok(next)) => match from.moved_near(next) {
                Some(to) => {
                    let price = rate.each * u64::from(cost);
                    Near::Fits { from, to, price }
                }
                None => Near::Far,
            },
            Some(Err(why)) => Near::Refused { from, why },
            None => Near::Far,
        }
    }

    /// Takes where the tail is not in its word, or will not be.
    #[cold]
    fn take_far(&self, now: u64, cost: u32) -> Result<Ticket, Refused> {
        self.queue.locked(|waiters, wakes| {
            loop {
                let (from, tail) = self.hand_out(waiters, wakes, now);
                let rate = self.rate();
                let next = rate.take(tail, now, cost)?;
                if let Some(to) = self.move_tail(waiters, from, next) {
                    return Ok(Ticket::new(to, rate.price(cost)));
                }
            }
        })
    }

    pub(super) fn seen(&self, now: u64) -> Seen {
        self.queue.locked(|waiters, wakes| {
            let (_, tail) = self.hand_out(waiters, wakes, now);
            Seen {
                config: waiters.config.clone(),
                remaining: self.rate().remaining(tail, now),
                reset_after: tail.saturating_sub(now.into()),
                waiting: waiters.line.len(),
            }
        })
    }

    pub(super) fn quota(&self, now: u64) -> Quota {
        let (rate, tail) = self.look(now);
        Quota {
            limit: rate.burst,
            window: duration(rate.price(rate.burst)),
            remaining: rate.remaining(tail, now),
            reset_after: duration(tail.saturating_sub(now.into())),
        }
    }

    /// Looks, without a lock where nobody is due and the tail is in its word.
    fn look(&self, now: u64) -> (Rate, u128) {
        while now < self.next_due.load(Ordering::Acquire) {
            let (tail, rate) = (self.tail(), self.rate());
            match tail.near() {
                Some(near) if self.tail() == tail => return (rate, near.into()),
                Some(_) => {}
                None => break,
            }
        }
        self.see(now)
    }

    /// Hands out what is due, and looks.
    #[cold]
    fn see(&self, now: u64) -> (Rate, u128) {
        self.queue.locked(|waiters, wakes| {
            let (_, tail) = self.hand_out(waiters, wakes, now);
            (self.rate(), tail)
        })
    }

    pub(super) fn enqueue(
        &self,
        now: u64,
        cost: u32,
        deadline: Option<u64>,
    ) -> Result<Place, Refused> {
        self.queue.locked(|waiters, wakes| {
            loop {
                let (from, tail) = self.hand_out(waiters, wakes, now);
                let rate = self.rate();
                let (next, wait) = rate.reserve(tail, now, cost)?;
                let turn = wait.saturating_add(now.into());
                let late = deadline.is_some_and(|deadline| turn >= deadline.into());
                if late || wait > waiters.max_wait() {
                    return Err(Refused::For(wait));
                }
                let Some(to) = self.move_tail(waiters, from, next) else {
                    continue;
                };
                if wait == 0 {
                    return Ok(Place::Free(Ticket::new(to, rate.price(cost))));
                }
                let number = waiters.line.join(Waiter { cost, tail: next });
                self.publish_next_due(waiters);
                return Ok(Place::Waits(number));
            }
        })
    }

    /// Says whether it is `number`'s turn; if not, `waker` is woken when it is, or when it moves.
    pub(super) fn poll(&self, number: u64, now: u64, waker: Waker) -> Option<Ticket> {
        self.queue.locked(|waiters, wakes| {
            self.hand_out(waiters, wakes, now);
            waiters.line.poll(number, waker, wakes)
        })
    }

    /// Returns how long after `now` it is `number`'s turn.
    pub(super) fn due_in(&self, number: u64, now: u64) -> u128 {
        self.queue.locked(|waiters, _| {
            let waiter = waiters.line.get(number);
            let due = waiter.map_or(0, |waiter| self.rate().due(waiter.tail));
            due.saturating_sub(now.into())
        })
    }

    /// Takes `number` out of the queue; returns the ticket where it was its turn already.
    pub(super) fn leave(&self, number: u64, now: u64) -> Option<Ticket> {
        let left = self.queue.locked(|waiters, wakes| {
            loop {
                let (from, _) = self.hand_out(waiters, wakes, now);
                let rate = self.rate();
                let Some(tail) = waiters.tail_without(number, rate, now) else {
                    break;
                };
                if self.move_tail(waiters, from, tail).is_some() {
                    waiters.move_up_behind(number, rate, now, wakes);
                    break;
                }
            }
            let left = waiters.line.leave(number, wakes);
            self.hand_out(waiters, wakes, now);
            left
        });
        match left {
            Some(Left::Served(ticket)) => Some(ticket),
            Some(Left::Waiting(_)) | None => None,
        }
    }

    /// Gives back what `ticket` took, if nobody took anything after it.
    pub(super) fn refund(&self, ticket: &Ticket, now: impl FnOnce() -> u64) {
        let (tail, price) = ticket.parts();
        let Some(near) = tail.near().filter(|_| price > 0) else {
            return;
        };
        let back = tail.moved((near - price).into());
        if self.next_due.load(Ordering::Acquire) == NOBODY {
            self.swap_tail(tail, back);
            return;
        }
        let now = now();
        self.queue.locked(|waiters, wakes| {
            self.hand_out(waiters, wakes, now);
            if waiters.line.len() == 0 {
                self.swap_tail(tail, back);
            }
        });
    }

    /// Returns the settings in force.
    pub(super) fn config(&self) -> RateLimiterConfig {
        self.queue.locked(|waiters, _| waiters.config.clone())
    }

    /// Goes on by another rate, with as many permits out as are now; those who wait are reckoned
    /// anew behind them.
    pub(super) fn reconfigure(&self, config: RateLimiterConfig, now: u64) {
        self.queue.locked(|waiters, wakes| {
            let rate = config.rate();
            waiters.config = config;
            self.hand_out(waiters, wakes, now);
            let old = self.rate();
            if rate == old {
                return;
            }
            if rate.each == old.each {
                // Who has read the other burst was there before.
                self.burst.store(rate.burst.into(), Ordering::Release);
                waiters.line.change(0, wakes, |_| {});
            } else {
                let from = self.freeze(waiters);
                self.hand_out(waiters, wakes, now);
                let tail = waiters.reckon_anew(old, rate, now, wakes);
                self.each.store(rate.each, Ordering::Release);
                self.burst.store(rate.burst.into(), Ordering::Release);
                let to = from.moved_by_next_rate(tail);
                waiters.far = tail;
                self.tail.swap(to.word(), Ordering::AcqRel);
            }
            self.hand_out(waiters, wakes, now);
        });
    }

    /// Takes the tail out of its word: until it is back, everybody comes to the lock.
    fn freeze(&self, waiters: &mut Waiters) -> Tail {
        let word = self.tail.swap(Tail::FAR.word(), Ordering::AcqRel);
        let from = Tail::from_word(word);
        if let Some(near) = from.near() {
            waiters.far = near.into();
        }
        from
    }

    /// Reads the tail and hands out the turns that have come by `now`.
    ///
    /// Whatever moves the tail afterwards must find it where it was then. Who was admitted behind
    /// those who wait saw them all due, by a clock that was ahead of `now`.
    fn hand_out(&self, waiters: &mut Waiters, wakes: &mut Wakes, now: u64) -> (Tail, u128) {
        let from = self.tail();
        let tail = from.near().map_or(waiters.far, u128::from);
        let rate = self.rate();
        let passed = waiters.line.last().is_some_and(|last| last.tail != tail);
        while let Some((number, first)) = waiters.line.first() {
            if !passed && rate.due(first.tail) > now.into() {
                break;
            }
            let ticket = Ticket::new(from.moved(first.tail), rate.price(first.cost));
            waiters.line.serve(number, wakes, ticket);
        }
        self.publish_next_due(waiters);
        (from, tail)
    }

    /// Moves the tail, unless it is not where it was; returns where it is then.
    fn move_tail(&self, waiters: &mut Waiters, from: Tail, to: u128) -> Option<Tail> {
        let next = from.moved(to);
        if !self.swap_tail(from, next) {
            return None;
        }
        waiters.far = to;
        Some(next)
    }

    fn publish_next_due(&self, waiters: &Waiters) {
        let first = waiters.line.first();
        let due = first.map(|(_, first)| self.rate().due(first.tail));
        let due = due.map(|due| u64::try_from(due).unwrap_or(NOBODY).min(NOBODY - 1));
        let due = due.unwrap_or(NOBODY);
        if self.next_due.load(Ordering::Relaxed) != due {
            self.next_due.store(due, Ordering::Release);
        }
    }
}
