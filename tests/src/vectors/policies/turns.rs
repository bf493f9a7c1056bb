//! Callers that wait their turn: a caller of a [`Queue`] as an executor with a timer would be.
//!
//! A turn is polled at `enqueue`, and some time after it was woken or the time has come that it told:
//! what ops do until then is not helped by a poll, and a turn may be dropped with what it was handed.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use resilience_core::{Ask, Permit, Queue, Rejected, Time, Turn};

use super::calls::Held;
use crate::vectors::case::World;
use crate::vectors::compare::Seen;
use crate::vectors::schema::{Checked, Fields};

/// The waiters of one gate, and what became of them.
pub(super) struct Line<Q: Queue> {
    gate: Q,
    waiters: Vec<Waiter<Q>>,
    arrived: usize,
    /// Who was woken, in order.
    woken: Arc<Mutex<Vec<usize>>>,
    pub(super) held: Held<Permit<Q>>,
    /// Whose turn came and was not asked for yet, in order.
    pub(super) granted: Vec<String>,
    /// Who waited in vain and was not asked for yet, in order.
    timed_out: Vec<String>,
    /// Everybody who waited in vain.
    ended: BTreeSet<String>,
}

struct Waiter<Q: Queue> {
    number: usize,
    label: String,
    turn: Pin<Box<Q::Turn>>,
    /// When its timer goes off, as it told before the clock was moved.
    timer: Option<Time>,
}

struct Waker {
    number: usize,
    woken: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Waker {
    fn wake(self: Arc<Self>) {
        let mut woken = self.woken.lock().expect("no holder panics");
        if !woken.contains(&self.number) {
            woken.push(self.number);
        }
    }
}

impl<Q: Queue + Clone> Line<Q> {
    pub(super) fn new(gate: Q) -> Self {
        Self {
            gate,
            waiters: Vec::new(),
            arrived: 0,
            woken: Arc::default(),
            held: Held::default(),
            granted: Vec::new(),
            timed_out: Vec::new(),
            ended: BTreeSet::new(),
        }
    }

    /// Arms the timers, and moves the clock.
    pub(super) fn move_to(&mut self, world: &World, at: Time) {
        let now = world.env.now();
        for waiter in &mut self.waiters {
            waiter.timer = waiter.turn.due_in().map(|wait| now.after(wait));
        }
        world.clock.set(at);
    }

    /// Enqueues, and polls once. Returns the wait that is known now.
    pub(super) fn enqueue(
        &mut self,
        label: &str,
        ask: &Ask,
    ) -> Checked<Result<Option<Duration>, Rejected>> {
        if self.waiters.iter().any(|it| it.label == label) {
            return Err(format!("`call` is `{label}`, which is in use"));
        }
        let turn = match self.gate.enqueue(ask) {
            Ok(turn) => Box::pin(turn),
            Err(refused) => return Ok(Err(refused)),
        };
        let wait = turn.due_in();
        let number = self.arrived;
        self.arrived += 1;
        self.waiters.push(Waiter {
            number,
            label: label.to_owned(),
            turn,
            timer: None,
        });
        // Whose turn came before, by this op too, was woken before.
        self.poll_woken()?;
        self.poll(number)?;
        Ok(Ok(wait))
    }

    /// Drops the turn of `label`, unless the time has come that it told; returns whether it did.
    pub(super) fn leave(&mut self, world: &World, label: &str) -> Checked<bool> {
        let now = world.env.now();
        let due = |it: &Waiter<Q>| it.label == label && it.timer.is_some_and(|timer| timer <= now);
        if self.waiters.iter().any(due) {
            // With those whose time came before.
            self.poll_due()?;
        }
        let found = self.waiters.iter().position(|it| it.label == label);
        Ok(found.map(|at| self.waiters.remove(at)).is_some())
    }

    /// Takes the permit of the label `call`, whose turn may have come since the last poll.
    pub(super) fn take(&mut self, args: &Fields<'_>) -> Checked<Permit<Q>> {
        let label = args.must("call", args.text("call"))?;
        if !self.held.has(label) {
            self.poll_due()?;
        }
        self.held.take(args)
    }

    pub(super) fn has_timed_out(&self, label: &str) -> bool {
        self.ended.contains(label)
    }

    /// Returns what came of the turns since it was last asked.
    pub(super) fn turns(&mut self) -> Checked<Seen> {
        self.poll_due()?;
        let (granted, timed_out) = (&mut self.granted, &mut self.timed_out);
        Ok(Seen::from([
            ("granted", std::mem::take(granted).into()),
            ("timed_out", std::mem::take(timed_out).into()),
        ]))
    }

    /// Polls who is due, if the time has come that anybody told: before the clock can go back.
    pub(super) fn poll_ended(&mut self) -> Checked<()> {
        let mut waiters = self.waiters.iter();
        match waiters.any(|it| it.turn.due_in() == Some(Duration::ZERO)) {
            true => self.poll_due(),
            false => Ok(()),
        }
    }

    /// Polls who was woken, in that order, and then, once each, whose timer went off.
    pub(super) fn poll_due(&mut self) -> Checked<()> {
        let mut polled = Vec::new();
        loop {
            self.poll_woken()?;
            let due = self.waiters.iter().filter(|it| {
                !polled.contains(&it.number) && it.turn.due_in() == Some(Duration::ZERO)
            });
            let first = due.min_by_key(|it| (it.timer.unwrap_or(Time::MAX), it.number));
            let Some(number) = first.map(|it| it.number) else {
                return Ok(());
            };
            polled.push(number);
            self.poll(number)?;
        }
    }

    fn poll_woken(&mut self) -> Checked<()> {
        loop {
            let woken = std::mem::take(&mut *self.woken.lock().expect("no holder panics"));
            if woken.is_empty() {
                return Ok(());
            }
            for number in woken {
                self.poll(number)?;
            }
        }
    }

    fn poll(&mut self, number: usize) -> Checked<()> {
        let Some(at) = self.waiters.iter().position(|it| it.number == number) else {
            return Ok(());
        };
        let woken = self.woken.clone();
        let waker = Arc::new(Waker { number, woken }).into();
        let turn = self.waiters[at].turn.as_mut();
        let Poll::Ready(end) = turn.poll(&mut Context::from_waker(&waker)) else {
            return Ok(());
        };
        let label = self.waiters.remove(at).label;
        match end {
            Ok(ticket) => {
                let permit = Permit::from_ticket(self.gate.clone(), ticket);
                self.held.keep(Some(&label), permit)?;
                self.granted.push(label);
            }
            Err(_) => {
                self.ended.insert(label.clone());
                self.timed_out.push(label);
            }
        }
        Ok(())
    }
}
