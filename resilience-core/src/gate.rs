//! The one shape of all that may refuse a call.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::call::{through, through_blocking};
use crate::{Ask, CallError, Env, Outcome, Permit, Rejected, Time, Verdict};

/// How the use of a ticket ended.
///
/// `held` is the time from the call's first `Pending`: `None` where there was none, or where the
/// gate is not [`timed_by`](Gate::timed_by) a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The call was answered.
    Done {
        /// What the answer tells about the dependency.
        outcome: Outcome,
        /// How long the call was pending.
        held: Option<Duration>,
        /// How long the callee asked to be left alone (`Retry-After`).
        hint: Option<Duration>,
    },
    /// The call was begun, and dropped before its answer.
    Abandoned {
        /// How long the call was pending.
        held: Option<Duration>,
    },
    /// The call was never begun: what the ticket took goes back whole.
    Unused,
}

/// A policy that decides whether a call may start and learns how it ended.
///
/// Tuples of gates are gates: each is asked in turn, and where one refuses, those before it get
/// their tickets back unused.
pub trait Gate {
    /// The right to make one call: plain data, with no handle in it.
    type Ticket: Send + 'static;

    /// Says what [`try_acquire`](Self::try_acquire) would say, taking nothing.
    ///
    /// # Errors
    ///
    /// Returns the reason why the call would be refused.
    fn check(&self, ask: &Ask) -> Result<(), Rejected>;

    /// Asks to make a call now.
    ///
    /// # Errors
    ///
    /// Returns the reason why the call must not be made.
    fn try_acquire(&self, ask: &Ask) -> Result<Self::Ticket, Rejected>;

    /// Learns that the call is pending since `now`, on the clock of [`timed_by`](Self::timed_by):
    /// its age starts here.
    #[inline]
    fn pending(&self, _ticket: &Self::Ticket, _now: Time) {}

    /// Takes the ticket back and learns how the call ended.
    fn settle(&self, ticket: Self::Ticket, end: End);

    /// Returns the environment by whose clock calls are timed, whatever the config says; `None`
    /// where their age means nothing.
    #[inline]
    fn timed_by(&self) -> Option<&Env> {
        None
    }

    /// Asks to make a call now, with a guard that borrows the gate.
    ///
    /// # Errors
    ///
    /// Returns the reason why the call must not be made.
    #[inline]
    fn permit(&self, ask: &Ask) -> Result<Permit<&Self>, Rejected> {
        Permit::acquire(self, ask)
    }

    /// Calls `op`, an async function, unless the gate refuses.
    ///
    /// An `Err` is a failure; one that is or was caused by a refusal of a policy's says nothing. For a
    /// rule of your own, a deadline or a cost, see [`call_by`](Self::call_by). A plain error is lifted
    /// by `map_err(Failed::Inner)` or boxed.
    ///
    /// ```
    /// # use std::{pin::pin, task::{Context, Poll, Waker}};
    /// use resilience_core::{BoxError, CircuitBreaker, CircuitBreakerConfig, Env, Gate};
    ///
    /// let config = CircuitBreakerConfig { consecutive: Some(1), ..Default::default() };
    /// let breaker = CircuitBreaker::new("venue", config, &Env::default())?;
    /// # let calls = async {
    /// let down = breaker.call(async || Err::<u32, BoxError>("down".into())).await;
    /// assert_eq!(down.unwrap_err().to_string(), "down");
    /// let refused = breaker.call(async || Ok::<_, BoxError>(42)).await;
    /// assert_eq!(refused.unwrap_err().to_string(), "call rejected by venue");
    /// # };
    /// # assert!(pin!(calls).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// # Ok::<(), resilience_core::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the refusal, or the error of `op`.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it gives up the call: what that teaches is for the gate to say.
    fn call<T, E, F>(&self, op: impl FnOnce() -> F) -> impl Future<Output = Result<T, E>>
    where
        Self: Sized,
        E: CallError,
        F: Future<Output = Result<T, E>>,
    {
        // Not by `call_by`: of an opaque future within another no compiler sees whether
        // it can be sent, where `op` borrows.
        through(self, Ask::default(), Verdict::of_call, op)
    }

    /// Calls `op`, an async function, unless the gate refuses what `ask` wants; `rule` says what the
    /// result tells.
    ///
    /// # Errors
    ///
    /// Returns the refusal, or the error of `op`.
    ///
    /// # Cancel safety
    ///
    /// As [`call`](Self::call).
    fn call_by<T, E, F>(
        &self,
        ask: Ask,
        rule: impl FnOnce(&Result<T, E>) -> Verdict,
        op: impl FnOnce() -> F,
    ) -> impl Future<Output = Result<T, E>>
    where
        Self: Sized,
        E: From<Rejected>,
        F: Future<Output = Result<T, E>>,
    {
        through(self, ask, rule, op)
    }

    /// Calls `op`, a function that blocks, unless the gate refuses, as [`call`](Self::call) does.
    ///
    /// ```
    /// use resilience_core::{BoxError, Bulkhead, BulkheadConfig, CallError, Env, Gate};
    ///
    /// let config = BulkheadConfig { max_in_flight: 1, ..Default::default() };
    /// let bulkhead = Bulkhead::new("files", config, &Env::default())?;
    /// let inside = || bulkhead.call_blocking(|| Ok::<_, BoxError>(42));
    /// assert_eq!(inside()?, 42);
    /// let full = bulkhead.call_blocking(inside).unwrap_err();
    /// assert_eq!(full.rejected().unwrap().policy().as_str(), "files");
    /// # Ok::<(), BoxError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the refusal, or the error of `op`.
    fn call_blocking<T, E: CallError>(&self, op: impl FnOnce() -> Result<T, E>) -> Result<T, E>
    where
        Self: Sized,
    {
        self.call_blocking_by(&Ask::default(), Verdict::of_call, op)
    }

    /// Calls `op`, a function that blocks, unless the gate refuses what `ask` wants; `rule` says what
    /// the result tells.
    ///
    /// # Errors
    ///
    /// Returns the refusal, or the error of `op`.
    fn call_blocking_by<T, E: From<Rejected>>(
        &self,
        ask: &Ask,
        rule: impl FnOnce(&Result<T, E>) -> Verdict,
        op: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E>
    where
        Self: Sized,
    {
        through_blocking(self, ask, rule, op)
    }
}

/// Lets every call through.
impl Gate for () {
    type Ticket = ();

    fn check(&self, _ask: &Ask) -> Result<(), Rejected> {
        Ok(())
    }

    fn try_acquire(&self, _ask: &Ask) -> Result<(), Rejected> {
        Ok(())
    }

    fn settle(&self, (): (), _end: End) {}
}

/// Lets every call through where there is no gate.
impl<G: Gate> Gate for Option<G> {
    type Ticket = Option<G::Ticket>;

    fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        self.as_ref().map_or(Ok(()), |gate| gate.check(ask))
    }

    fn try_acquire(&self, ask: &Ask) -> Result<Self::Ticket, Rejected> {
        self.as_ref().map(|gate| gate.try_acquire(ask)).transpose()
    }

    fn pending(&self, ticket: &Self::Ticket, now: Time) {
        if let (Some(gate), Some(ticket)) = (self, ticket) {
            gate.pending(ticket, now);
        }
    }

    fn settle(&self, ticket: Self::Ticket, end: End) {
        if let (Some(gate), Some(ticket)) = (self, ticket) {
            gate.settle(ticket, end);
        }
    }

    fn timed_by(&self) -> Option<&Env> {
        self.as_ref()?.timed_by()
    }
}

macro_rules! gate_by_reference {
    ($($reference:ty),+) => {$(
        impl<G: Gate + ?Sized> Gate for $reference {
            type Ticket = G::Ticket;

            #[inline]
            fn check(&self, ask: &Ask) -> Result<(), Rejected> {
                (**self).check(ask)
            }

            #[inline]
            fn try_acquire(&self, ask: &Ask) -> Result<Self::Ticket, Rejected> {
                (**self).try_acquire(ask)
            }

            #[inline]
            fn pending(&self, ticket: &Self::Ticket, now: Time) {
                (**self).pending(ticket, now);
            }

            #[inline]
            fn settle(&self, ticket: Self::Ticket, end: End) {
                (**self).settle(ticket, end);
            }

            #[inline]
            fn timed_by(&self) -> Option<&Env> {
                (**self).timed_by()
            }
        }
    )+};
}

gate_by_reference!(&G, Arc<G>);

impl<A: Gate, B: Gate> Gate for (A, B) {
    type Ticket = (A::Ticket, B::Ticket);

    #[inline]
    fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        self.0.check(ask)?;
        self.1.check(ask)
    }

    #[inline]
    fn try_acquire(&self, ask: &Ask) -> Result<Self::Ticket, Rejected> {
        let first = self.0.permit(ask)?;
        let second = self.1.try_acquire(ask)?;
        Ok((first.into_ticket(), second))
    }

    #[inline]
    fn pending(&self, (first, second): &Self::Ticket, now: Time) {
        let read = self.timed_by().map(|env| (env.clock_id(), now));
        pending_on_own_clock(&self.0, first, read);
        pending_on_own_clock(&self.1, second, read);
    }

    #[inline]
    fn settle(&self, (first, second): Self::Ticket, end: End) {
        self.1.settle(second, end);
        self.0.settle(first, end);
    }

    #[inline]
    fn timed_by(&self) -> Option<&Env> {
        self.0.timed_by().or_else(|| self.1.timed_by())
    }
}

/// Tells a gate of a tuple the time; where it goes by another clock than was `read`, by its own.
#[inline]
fn pending_on_own_clock<G: Gate>(gate: &G, ticket: &G::Ticket, read: Option<(usize, Time)>) {
    let Some(env) = gate.timed_by() else { return };
    let now = match read {
        Some((clock, now)) if clock == env.clock_id() => now,
        _ => env.now(),
    };
    gate.pending(ticket, now);
}

/// Larger tuples are pairs of pairs.
macro_rules! gate_tuple {
    ($($gate:ident: $index:tt),+ => $pairs:ty, |$of:ident| $nested:expr) => {
        impl<$($gate: Gate),+> Gate for ($($gate,)+) {
            type Ticket = $pairs;

            #[inline]
            fn check(&self, ask: &Ask) -> Result<(), Rejected> {
                let $of = self;
                $nested.check(ask)
            }

            #[inline]
            fn try_acquire(&self, ask: &Ask) -> Result<Self::Ticket, Rejected> {
                let $of = self;
                $nested.try_acquire(ask)
            }

            #[inline]
            fn pending(&self, ticket: &Self::Ticket, now: Time) {
                let $of = self;
                $nested.pending(ticket, now);
            }

            #[inline]
            fn settle(&self, ticket: Self::Ticket, end: End) {
                let $of = self;
                $nested.settle(ticket, end);
            }

            #[inline]
            fn timed_by(&self) -> Option<&Env> {
                None$(.or_else(|| self.$index.timed_by()))+
            }
        }
    };
}

gate_tuple!(A: 0, B: 1, C: 2 => ((A::Ticket, B::Ticket), C::Ticket), |of| ((&of.0, &of.1), &of.2));
gate_tuple!(
    A: 0, B: 1, C: 2, D: 3 => ((A::Ticket, B::Ticket), (C::Ticket, D::Ticket)),
    |of| ((&of.0, &of.1), (&of.2, &of.3))
);
