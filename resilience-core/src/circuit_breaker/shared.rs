//! What the handles of a circuit breaker share, and the ways that need its lock.

use std::time::Duration;

use super::config::Rules;
use super::counts::Counts;
use super::generation::{Generation, Ticket};
use super::head::{Head, Success, WORN};
use super::state::{Refusal, State, Verb};
use super::{CircuitBreaker, CircuitBreakerConfig, CircuitSnapshot, CircuitState};
use crate::counter::Counter;
use crate::shared::{Events, Shared};
use crate::sync::{AtomicU64, Ordering};
use crate::window::Mark;
use crate::{Ask, CircuitOpen, ConfigError, Env, Event, Name, Outcome, Rejected, Time};

#[derive(Debug)]
pub(super) struct Circuit {
    shared: Shared<State>,
    pub(super) head: Head,
    /// See [`Rules::slow_call`] and [`Rules::abandoned`], which calls read without the lock.
    pub(super) slow_call: AtomicU64,
    pub(super) abandoned: AtomicU64,
    pub(super) counts: Counts,
}

/// How a call ended that is to be recorded under the lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) outcome: Outcome,
    pub(super) slow: bool,
    pub(super) hint: Option<Duration>,
}

impl Circuit {
    pub(super) fn new(
        name: Name,
        rules: Rules,
        env: &Env,
        created: Time,
        counter: fn() -> Counter,
    ) -> Self {
        let state = State::new(rules, created);
        Self {
            head: Head::new(state.records.limits()),
            slow_call: AtomicU64::new(state.rules.slow_call),
            abandoned: AtomicU64::new(state.rules.abandoned),
            shared: Shared::new(name, env, state),
            counts: Counts::new(counter),
        }
    }

    #[inline]
    pub(super) fn env(&self) -> &Env {
        self.shared.env()
    }

    /// Works on the state after what is due by `now`, and shows what came of it.
    fn locked<T>(&self, now: Time, work: impl FnOnce(&mut State) -> T) -> T {
        self.shared.locked(|state, events| {
            self.shown(state, events, now, |state| {
                state.advance(now, self.env().chance());
            });
            self.shown(state, events, now, work)
        })
    }

    /// Brings the window up to `now`: what is recorded and what is read does, nothing else.
    fn advance_window(&self, state: &mut State, now: Time) {
        if state.records.is_behind(now) {
            self.renumber(state, |state, records| state.records.advance(records, now));
        }
    }

    /// Makes one step of the state, and shows where it led.
    fn shown<T>(
        &self,
        state: &mut State,
        events: &mut Events,
        at: Time,
        step: impl FnOnce(&mut State) -> T,
    ) -> T {
        let (generation, would_trip) = (state.generation(), state.would_trip());
        let out = step(state);
        if state.generation() != generation {
            let records = self.head.pause();
            state.written.fold(records, 0);
            if let Some(until) = state.open_until() {
                self.head.open_until_is(until);
            }
            self.head
                .resume(state.generation(), 0, state.records.limits());
        }
        let (from, to) = (generation.circuit(), state.circuit());
        if from != to {
            events.push(Event::CircuitMoved { from, to, at });
        }
        if state.would_trip() != would_trip {
            events.push(Event::CircuitWouldTrip);
        }
        out
    }

    /// Changes what is counted, with no success counting itself meanwhile.
    fn renumber(&self, state: &mut State, change: impl FnOnce(&mut State, u64)) {
        let generation = state.generation();
        let records = self.head.pause();
        change(state, records);
        // Where the change began a new generation, `shown` shows it; `pause` left one record more.
        let mut next = records + 1;
        if state.generation() == generation {
            next = Head::next_number(records);
            state.records.renumber(records, next);
            self.head.resume(generation, next, state.records.limits());
        }
        state.written.fold(records, next);
    }

    /// Asks a circuit that is not simply closed.
    #[inline(never)]
    pub(super) fn ask<T>(
        &self,
        ask: &Ask,
        work: impl FnOnce(&mut State, Time) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let circuit = self.head.generation().circuit();
        if circuit == CircuitState::Isolated {
            return Err((circuit, None));
        }
        let now = ask.now(self.env());
        if circuit == CircuitState::Open {
            let until = self.head.open_until();
            if now < until {
                return Err((circuit, Some(until.since(now))));
            }
        }
        self.locked(now, |state| work(state, now))
    }

    pub(super) fn refusal(&self, (state, retry_after): Refusal) -> Rejected {
        CircuitOpen {
            policy: self.shared.name().clone(),
            state,
            retry_after,
        }
        .into()
    }

    pub(super) fn refuse(&self, refusal: Refusal) -> Rejected {
        self.counts.refused.add_one();
        self.refusal(refusal)
    }

    /// Counts a success of a closed circuit that was not slow.
    #[inline]
    pub(super) fn succeed(&self, ticket: &Ticket, hint: Option<Duration>) {
        match self.head.succeed(ticket.generation, || self.env().now()) {
            // Its record counts it: see `Written`.
            Success::Recorded => {}
            Success::Unchanged => self.counts.successes.add_one(),
            Success::Late | Success::NeedsLock => self.record(
                ticket,
                Found {
                    outcome: Outcome::Success,
                    slow: false,
                    hint,
                },
            ),
        }
    }

    /// Learns how a call ended, under the lock.
    #[cold]
    pub(super) fn record(&self, ticket: &Ticket, found: Found) {
        match self.head.generation().circuit() {
            // Nothing is due there, and nothing recorded.
            CircuitState::Isolated | CircuitState::Disabled => self.counts.late.add_one(),
            CircuitState::Closed if !self.head.is_timed() => {
                // Not under the lock: the clock is the caller's code.
                let failed_at = (found.outcome == Outcome::Failure).then(|| self.env().now());
                if self.record_untimed(ticket, found, failed_at) {
                    let now = failed_at.unwrap_or_else(|| self.env().now());
                    self.trip(ticket, found, now);
                }
            }
            _ => self.record_at(ticket, found, self.env().now()),
        }
    }

    /// Opens the circuit, unless it moved since.
    ///
    /// What comes in between finds the circuit closed, and is then forgotten with its generation.
    fn trip(&self, ticket: &Ticket, found: Found, now: Time) {
        self.locked(now, |state| {
            if state.is_current(ticket) {
                state.trip(found.hint, now, self.env().chance());
            }
        });
    }

    fn record_at(&self, ticket: &Ticket, found: Found, now: Time) {
        self.locked(now, |state| {
            let (current, chance) = (state.is_current(ticket), self.env().chance());
            self.counts.count(found, current, Some(now));
            if ticket.probe.is_some() {
                let end = (found.outcome, found.slow);
                state.settle_probe(ticket, end, found.hint, now, chance);
            } else if current && found.outcome != Outcome::Ignored && state.is_recording(now) {
                self.advance_window(state, now);
                if self.note(state, found) {
                    state.trip(found.hint, now, chance);
                }
            }
        });
    }

    /// Records where nothing hangs on the time; says whether to trip.
    fn record_untimed(&self, ticket: &Ticket, found: Found, now: Option<Time>) -> bool {
        self.shared.locked(|state, _| {
            let current = state.is_current(ticket);
            self.counts.count(found, current, now);
            current && self.note(state, found)
        })
    }

    /// Counts one record of a circuit that records; says whether to trip.
    fn note(&self, state: &mut State, found: Found) -> bool {
        if found.outcome == Outcome::Ignored {
            return false;
        }
        let position = self.head.push();
        state.written.count_locked();
        let trip = state.records.note(position, found.mark());
        self.head.limit(state.records.limits());
        if position + 1 >= WORN {
            self.renumber(state, |_, _| {});
        }
        trip
    }

    /// Learns since when a probe's call is pending.
    #[cold]
    pub(super) fn pending(&self, ticket: &Ticket, since: Time) {
        self.shared.locked(|state, _| state.pending(ticket, since));
    }

    pub(super) fn operate(&self, verb: Verb) {
        let now = self.env().now();
        self.locked(now, |state| state.operate(verb, now));
    }

    pub(super) fn config(&self) -> CircuitBreakerConfig {
        self.shared.locked(|state, _| state.rules.config.clone())
    }

    pub(super) fn reconfigure(&self, config: &CircuitBreakerConfig) -> Result<(), ConfigError> {
        let rules = Rules::new(config)?;
        let now = self.env().now();
        self.locked(now, |state| {
            self.advance_window(state, now);
            self.slow_call.store(rules.slow_call, Ordering::Release);
            self.abandoned.store(rules.abandoned, Ordering::Release);
            self.renumber(state, |state, records| {
                state.reconfigure(rules, records, now, self.env().chance());
            });
        });
        Ok(())
    }

    pub(super) fn observe(&self) -> CircuitSnapshot {
        let now = self.env().now();
        self.locked(now, |state| {
            self.advance_window(state, now);
            let records = self.head.records();
            let totals = state.records.totals(records);
            let rates = state.records.rates(totals);
            let retry_after = state.check(now).err().and_then(|(_, wait)| wait);
            CircuitSnapshot {
                state: state.circuit(),
                calls: totals.calls,
                failures: totals.failures,
                slow: totals.slow,
                failure_rate: rates.map(|(failures, _)| failures),
                slow_rate: rates.map(|(_, slow)| slow),
                consecutive_failures: state.records.run(records),
                retry_after,
                would_trip: state.would_trip(),
                last_failure: self.counts.last_failure(),
                total: self.counts.read(state.written.total(records)),
            }
        })
    }

    /// Says whether a result of `generation` is to be recorded in a circuit that is closed now.
    #[inline]
    pub(super) fn is_closed_in(&self, generation: Generation) -> bool {
        self.head.generation() == generation && generation.circuit() == CircuitState::Closed
    }
}

impl Found {
    pub(super) fn mark(self) -> Mark {
        Mark {
            failed: self.outcome == Outcome::Failure,
            slow: self.slow && self.outcome != Outcome::Ignored,
        }
    }
}

crate::handle::policy! {
    Circuit,
    of: CircuitBreaker,
    name: |it| it.shared.name(),
    snapshot: |it| CircuitBreaker(it.observe()),
    reconfigure: |it, config| it.reconfigure(config)
}

#[cfg(all(test, not(loom)))]
impl Circuit {
    /// Moves the number of records to just below where they are numbered anew.
    pub(super) fn wear_out(&self) {
        self.shared.locked(|state, _| {
            let records = self.head.pause();
            let worn = WORN - 1;
            state.records.renumber(records, worn);
            state.written.fold(records, worn);
            self.head
                .resume(state.generation(), worn, state.records.limits());
        });
    }
}
