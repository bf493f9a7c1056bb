//! The guard that gives a ticket back.

use std::time::Duration;

use crate::{Ask, End, Env, Gate, Outcome, Rejected, Time};

/// The right to make one call through a gate, given back when dropped.
///
/// `G` is a reference where the call is made in place, and an owned gate where a future holds it.
///
/// A permit that is dropped before the call was begun, by [`step`](Self::step) or
/// [`waiting`](Self::waiting), gives back what it took; one that is dropped later is a call given
/// up, and what that teaches is for the gate to say. A call that is made without either is settled
/// by [`record`](Self::record).
#[derive(Debug)]
#[must_use = "a permit that is dropped gives the call up"]
pub struct Permit<G: Gate> {
    gate: G,
    ticket: Option<G::Ticket>,
    call: Call,
    since: Option<Time>,
}

/// How far the call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    NotBegun,
    /// A step has begun and not come back.
    Stepping,
    BetweenSteps,
}

impl<G: Gate> Permit<G> {
    /// Asks `gate` to make a call now.
    ///
    /// # Errors
    ///
    /// Returns the reason why the call must not be made.
    #[inline]
    pub fn acquire(gate: G, ask: &Ask) -> Result<Self, Rejected> {
        let ticket = gate.try_acquire(ask)?;
        Ok(Self::from_ticket(gate, ticket))
    }

    /// Guards a `ticket` that `gate` gave out.
    #[inline]
    pub fn from_ticket(gate: G, ticket: G::Ticket) -> Self {
        Self {
            gate,
            ticket: Some(ticket),
            call: Call::NotBegun,
            since: None,
        }
    }

    /// Runs a step of the call: where it panics, the permit settles as a failure when dropped.
    #[inline]
    pub fn step<T>(&mut self, step: impl FnOnce() -> T) -> T {
        self.call = Call::Stepping;
        let out = step();
        self.call = Call::BetweenSteps;
        out
    }

    /// Says that the call is pending; its age starts at the first time.
    #[inline]
    pub fn waiting(&mut self) {
        if self.since.is_none() {
            self.start_waiting();
        }
    }

    #[inline(never)]
    fn start_waiting(&mut self) {
        self.call = Call::BetweenSteps;
        self.since = self.gate.timed_by().map(Env::now);
        if let (Some(ticket), Some(since)) = (&self.ticket, self.since) {
            self.gate.pending(ticket, since);
        }
    }

    /// Reports how the call ended.
    #[inline]
    pub fn record(self, outcome: Outcome) {
        self.record_hinted(outcome, None);
    }

    /// Reports how the call ended, and how long the callee asked to be left alone.
    #[inline]
    pub fn record_hinted(mut self, outcome: Outcome, hint: Option<Duration>) {
        self.settle(|held| End::Done {
            outcome,
            held,
            hint,
        });
    }

    /// Gives the permit back unused: the call was not made.
    #[inline]
    pub fn unused(mut self) {
        self.settle(|_| End::Unused);
    }

    /// Unwraps the ticket, which the caller settles.
    #[inline]
    pub(crate) fn into_ticket(mut self) -> G::Ticket {
        self.ticket
            .take()
            .expect("only methods that consume the permit take its ticket")
    }

    #[inline]
    fn settle(&mut self, end: impl FnOnce(Option<Duration>) -> End) {
        if let Some(ticket) = self.ticket.take() {
            let held = self
                .since
                .and_then(|since| Some(self.gate.timed_by()?.now().since(since)));
            self.gate.settle(ticket, end(held));
        }
    }

    #[cold]
    fn give_back(&mut self) {
        let call = self.call;
        self.settle(|held| match call {
            Call::NotBegun => End::Unused,
            Call::Stepping => End::Done {
                outcome: Outcome::Failure,
                held,
                hint: None,
            },
            Call::BetweenSteps => End::Abandoned { held },
        });
    }
}

impl<G: Gate> Drop for Permit<G> {
    /// Gives the ticket back, where the call was not recorded; for most permits a test is all.
    #[inline]
    fn drop(&mut self) {
        if self.ticket.is_some() {
            self.give_back();
        }
    }
}
