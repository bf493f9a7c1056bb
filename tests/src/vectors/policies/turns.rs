//! Callers that wait their turn: a caller of a [`Queue`] as an executor with a timer would be.
//!
//! A turn is polled at `enqueue`, when the time has come that it told, and some time after it was
//! woken: what it was handed meanwhile may be dropped with it.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use resilience_core::{Ask, Permit, Queue, Rejected, Time, Turn};

use super::calls::Held;
use crate::vectors::case::World;
use crate::vectors::compare::Seen;
use crate::vectors::schema::Checked;

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

    /// Arms the timers, moves the clock, and polls whose timer went off.
    pub(super) fn move_to(&mut self, world: &World, at: Time) -> Checked<()> {
        let now = world.env.now();
        for waiter in &mut self.waiters {
            waiter.timer = waiter.turn.due_in().map(|wait| now.after(wait));
        }
        world.clock.set(at);
        self.poll_timers()
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
        self.poll(number)?;
        Ok(Ok(wait))
    }

    /// Drops the turn of `label`; returns whether it waited.
    pub(super) fn leave(&mut self, label: &str) -> bool {
        let found = self.waiters.iter().position(|it| it.label == label);
        found.map(|at| self.waiters.remove(at)).is_some()
    }

    pub(super) fn has_timed_out(&self, label: &str) -> bool {
        self.ended.contains(label)
    }

    /// Returns what came of the turns since it was last asked.
    pub(super) fn turns(&mut self) -> Checked<Seen> {
        self.poll_woken()?;
        let (granted, timed_out) = (&mut self.granted, &mut self.timed_out);
        Ok(Seen::from([
            ("granted", std::mem::take(granted).into()),
            ("timed_out", std::mem::take(timed_out).into()),
        ]))
    }

    /// Polls who was woken, in that order, until nobody is left.
    pub(super) fn poll_woken(&mut self) -> Checked<()> {
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

    /// Polls whose timer went off, once each, after who was woken earlier. Who was woken and has
    /// come due is left to be asked for.
    pub(super) fn poll_timers(&mut self) -> Checked<()> {
        let mut polled = Vec::new();
        loop {
            let woken = self.woken.lock().expect("no holder panics").clone();
            let due = self.waiters.iter().filter(|it| {
                let skip = woken.contains(&it.number) || polled.contains(&it.number);
                !skip && it.turn.due_in() == Some(Duration::ZERO)
            });
            let first = due.min_by_key(|it| (it.timer.unwrap_or(Time::MAX), it.number));
            let Some(number) = first.map(|it| it.number) else {
                return Ok(());
            };
            polled.push(number);
            self.poll_woken()?;
            self.poll(number)?;
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
