//! The state machine: values and the time in, a decision out.
//!
//! Every change of state, and every verb of the operator, begins a new [`Generation`].

use std::time::Duration;

use super::CircuitState;
use super::config::Rules;
use super::generation::{Generation, Ticket};
use super::probes::{Probes, Verdict};
use super::records::{Records, Written};
use crate::backoff::Delays;
use crate::{Chance, Outcome, Time};

/// What a circuit knows. Whatever asks it or tells it something calls [`advance`](Self::advance)
/// first.
#[derive(Debug)]
pub(super) struct State {
    pub(super) rules: Rules,
    /// What calls of an earlier one find is ignored.
    generation: Generation,
    phase: Phase,
    /// Empty unless closed or in shadow.
    pub(super) records: Records,
    pub(super) written: Written,
    growth: Growth,
    would_trip: u64,
}

#[derive(Debug)]
enum Phase {
    Closed,
    Open {
        until: Time,
    },
    HalfOpen(Probes),
    Isolated,
    Disabled,
    /// Records nothing until `quiet_until`.
    Shadow {
        quiet_until: Time,
    },
}

/// How long the circuit is open, and how that grows.
#[derive(Debug)]
struct Growth {
    delays: Delays,
    /// Zero where it never opened.
    last_open: Duration,
    closed_at: Time,
}

/// What the operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Reset,
    Isolate,
    Disable,
    Shadow,
}

/// Why a circuit refuses, and how long until it may not.
pub(super) type Refusal = (CircuitState, Option<Duration>);

impl State {
    pub(super) fn new(rules: Rules, created: Time) -> Self {
        Self {
            generation: Generation::FIRST,
            phase: Phase::Closed,
            records: Records::new(&rules, created),
            written: Written::default(),
            growth: Growth {
                delays: rules.open_for.start(),
                last_open: Duration::ZERO,
                closed_at: created,
            },
            would_trip: 0,
            rules,
        }
    }

    pub(super) fn circuit(&self) -> CircuitState {
        self.generation.circuit()
    }

    pub(super) fn generation(&self) -> Generation {
        self.generation
    }

    pub(super) fn would_trip(&self) -> u64 {
        self.would_trip
    }

    /// Returns when an open circuit lets probes through.
    pub(super) fn open_until(&self) -> Option<Time> {
        match self.phase {
            Phase::Open { until } => Some(until),
            _ => None,
        }
    }

    /// Does what is due by time alone.
    pub(super) fn advance(&mut self, now: Time, chance: &Chance) {
        while let Phase::HalfOpen(probes) = &mut self.phase {
            if !probes.expire_one(now, &self.rules) {
                break;
            }
            self.conclude(None, now, chance);
        }
        match &mut self.phase {
            // Also where it opened just now: chance may make a delay of nothing.
            Phase::Open { until } if *until <= now => {
                self.enter(Phase::HalfOpen(Probes::default()));
            }
            // Once over it stays over, also where the clock goes back.
            Phase::Shadow { quiet_until } if *quiet_until <= now => *quiet_until = Time::ZERO,
            _ => {}
        }
    }

    /// Says whether a call may be made.
    pub(super) fn check(&self, now: Time) -> Result<(), Refusal> {
        match &self.phase {
            Phase::Open { until } if now < *until => {
                Err((CircuitState::Open, Some(until.since(now))))
            }
            Phase::HalfOpen(probes) if !probes.has_room(&self.rules) => {
                Err((CircuitState::HalfOpen, None))
            }
            Phase::Isolated => Err((CircuitState::Isolated, None)),
            _ => Ok(()),
        }
    }

    /// Lets a call through, or says why not.
    pub(super) fn try_acquire(&mut self, now: Time) -> Result<Ticket, Refusal> {
        self.check(now)?;
        let probe = match &mut self.phase {
            Phase::HalfOpen(probes) => Some(probes.lend(now)),
            _ => None,
        };
        let generation = self.generation;
        Ok(Ticket { generation, probe })
    }

    /// Says whether what the ticket's call finds still counts.
    pub(super) fn is_current(&self, ticket: &Ticket) -> bool {
        ticket.generation == self.generation
    }

    /// Says whether results are recorded: closed, or in shadow and not quiet.
    pub(super) fn is_recording(&self, now: Time) -> bool {
        match self.phase {
            Phase::Closed => true,
            Phase::Shadow { quiet_until } => quiet_until <= now,
            _ => false,
        }
    }

    /// Learns since when the call of a probe is pending.
    pub(super) fn pending(&mut self, ticket: &Ticket, since: Time) {
        let current = self.is_current(ticket);
        if let (true, Phase::HalfOpen(probes), Some(probe)) =
            (current, &mut self.phase, ticket.probe)
        {
            probes.pending(probe, since);
        }
    }

    /// Counts what a probe found, if it is one of the current.
    pub(super) fn settle_probe(
        &mut self,
        ticket: &Ticket,
        (outcome, slow): (Outcome, bool),
        hint: Option<Duration>,
        now: Time,
        chance: &Chance,
    ) {
        let current = self.is_current(ticket);
        if let (true, Phase::HalfOpen(probes), Some(probe)) =
            (current, &mut self.phase, ticket.probe)
        {
            probes.settle(probe, outcome, slow);
            self.conclude(hint, now, chance);
        }
    }

    /// Opens a closed circuit; in shadow, counts that it would have.
    pub(super) fn trip(&mut self, hint: Option<Duration>, now: Time, chance: &Chance) {
        match self.phase {
            Phase::Closed => {
                if now.since(self.growth.closed_at) >= self.growth.last_open {
                    self.growth.delays = self.rules.open_for.start();
                }
                self.open(hint, now, chance);
            }
            Phase::Shadow { .. } => {
                self.would_trip += 1;
                let quiet_until = now.after(self.rules.open_for.delay(1, chance));
                self.enter(Phase::Shadow { quiet_until });
            }
            _ => {}
        }
    }

    /// Does what the operator asks.
    pub(super) fn operate(&mut self, verb: Verb, now: Time) {
        self.enter(match verb {
            Verb::Reset => Phase::Closed,
            Verb::Isolate => Phase::Isolated,
            Verb::Disable => Phase::Disabled,
            Verb::Shadow => Phase::Shadow {
                quiet_until: Time::ZERO,
            },
        });
        if verb == Verb::Reset {
            self.growth = Growth {
                delays: self.rules.open_for.start(),
                last_open: Duration::ZERO,
                closed_at: now,
            };
        }
    }

    /// Takes other rules and keeps what was learned, of `records` records.
    pub(super) fn reconfigure(&mut self, rules: Rules, records: u64, now: Time, chance: &Chance) {
        self.records.reconfigure(&rules, records);
        self.growth.delays.reconfigure(rules.open_for.clone());
        self.rules = rules;
        self.conclude(None, now, chance);
    }

    /// Ends half-open as soon as the verdict is certain.
    fn conclude(&mut self, hint: Option<Duration>, now: Time, chance: &Chance) {
        let Phase::HalfOpen(probes) = &self.phase else {
            return;
        };
        match probes.verdict(&self.rules) {
            Some(Verdict::Healthy) => {
                self.growth.closed_at = now;
                self.enter(Phase::Closed);
            }
            Some(Verdict::Sick) => self.open(hint, now, chance),
            None => {}
        }
    }

    fn open(&mut self, hint: Option<Duration>, now: Time, chance: &Chance) {
        let delay = self.growth.delays.next(chance);
        let hint = hint
            .unwrap_or_default()
            .min(self.rules.config.retry_after_max);
        self.growth.last_open = delay.max(hint);
        let until = now.after(self.growth.last_open);
        self.enter(Phase::Open { until });
    }

    fn enter(&mut self, phase: Phase) {
        let circuit = match phase {
            Phase::Closed => CircuitState::Closed,
            Phase::Open { .. } => CircuitState::Open,
            Phase::HalfOpen(_) => CircuitState::HalfOpen,
            Phase::Isolated => CircuitState::Isolated,
            Phase::Disabled => CircuitState::Disabled,
            Phase::Shadow { .. } => CircuitState::Shadow,
        };
        self.phase = phase;
        self.generation = self.generation.next(circuit);
        self.records.clear();
    }
}
