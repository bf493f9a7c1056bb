//! Stop calling a dependency that keeps failing.
//!
#![doc = include_str!("../../docs/circuit_breaker.md")]

// | file | holds |
// |---|---|
// | `config` | what the operator says, and its check |
// | `state`, `probes`, `records` | what decides: values and the time in, a decision out |
// | `head` | what calls read and write without a lock |
// | `shared` | what needs the lock, and shows in the head what came of it |

mod config;
mod counts;
mod generation;
mod head;
mod probes;
mod records;
mod shared;
mod state;
#[cfg(test)]
mod tests;

pub use self::config::{Abandoned, CircuitBreakerConfig};
pub use self::generation::Ticket;

use std::sync::Arc;
use std::time::Duration;

use self::config::Rules;
use self::shared::{Circuit, Found};
use self::state::{State, Verb};
use crate::clock::nanos;
use crate::counter::Counter;
use crate::sync::Ordering;
use crate::{Ask, ConfigError, End, Env, Gate, Name, Outcome, Rejected, Time};

/// Stops calling a dependency that keeps failing, and lets a few calls probe it after a while.
///
/// Cloning is cheap; clones share one circuit. While it is closed, calls and their successes, and
/// while it is open, refusals, take no lock. A success takes one where it was slow, as the first of a
/// bucket of a time window, and, by a rate, until the minimum of calls is reached.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Ask, CircuitBreaker, CircuitBreakerConfig, CircuitState, Env, Gate, Outcome};
///
/// let (env, clock) = Env::manual();
/// let breaker = CircuitBreaker::new("venue", CircuitBreakerConfig::default(), &env)?;
/// for _ in 0..5 {
///     breaker.permit(&Ask::default())?.record(Outcome::Failure);
/// }
/// let refused = breaker.permit(&Ask::default()).unwrap_err();
/// assert_eq!(refused.retry_after(), Some(Duration::from_secs(60)));
///
/// clock.advance(Duration::from_secs(60));
/// for _ in 0..3 {
///     breaker.permit(&Ask::default())?.record(Outcome::Success);
/// }
/// assert_eq!(breaker.state(), CircuitState::Closed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CircuitBreaker(Arc<Circuit>);

/// The state of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
pub enum CircuitState {
    /// Calls go through and are watched.
    Closed = 0,
    /// Calls are refused.
    Open = 1,
    /// A few calls go through to probe the dependency.
    HalfOpen = 2,
    /// Calls are refused until the operator says otherwise.
    Isolated = 3,
    /// Calls go through and are not watched, until the operator says otherwise.
    Disabled = 4,
    /// Calls go through and are watched, and nothing follows but a report.
    Shadow = 5,
}

/// What a circuit breaker knows at one moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CircuitSnapshot {
    /// The state of the circuit.
    pub state: CircuitState,
    /// Number of calls in the window; 0 where there is no window.
    pub calls: u64,
    /// Number of failures among them.
    pub failures: u64,
    /// Number of slow calls among them.
    pub slow: u64,
    /// Failures per call in the window; `None` below the minimum of calls.
    pub failure_rate: Option<f64>,
    /// Slow calls per call in the window; `None` below the minimum of calls.
    pub slow_rate: Option<f64>,
    /// Number of failures since the last success of this closed time.
    pub consecutive_failures: u64,
    /// Time until calls may go through, where none may now and it is known.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub retry_after: Option<Duration>,
    /// How often the circuit would have opened while in shadow.
    pub would_trip: u64,
    /// When the last failure that counted was recorded.
    pub last_failure: Option<Time>,
    /// How calls ended since the circuit was built.
    pub total: CircuitTotals,
}

/// How calls ended since a circuit was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CircuitTotals {
    /// Number of successes.
    pub successes: u64,
    /// Number of failures, calls given up that count as such included.
    pub failures: u64,
    /// Number of slow calls among both.
    pub slow: u64,
    /// Number of calls that say nothing.
    pub ignored: u64,
    /// Number of calls that nobody recorded: they ended in another stay of the circuit than they
    /// began in, or while it was isolated or disabled.
    pub late: u64,
    /// Number of calls refused.
    pub refused: u64,
}

impl CircuitBreaker {
    /// Creates a closed circuit.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that `name` is taken.
    pub fn new(
        name: impl Into<Name>,
        config: CircuitBreakerConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let circuit = Circuit::new(
            name.into(),
            Rules::new(&config)?,
            env,
            env.now(),
            Counter::striped,
        );
        env.registry().add(circuit).map(Self)
    }

    /// Returns the living circuit of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: CircuitBreakerConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let new = Circuit::new(
            name.into(),
            Rules::new(&config)?,
            env,
            env.now(),
            Counter::striped,
        );
        env.registry().get_or_add(&Arc::new(new)).map(Self)
    }

    /// Creates a closed circuit that no registry lists.
    pub(crate) fn unlisted(
        name: Name,
        config: &CircuitBreakerConfig,
        env: &Env,
        created: Time,
    ) -> Result<Self, ConfigError> {
        let circuit = Circuit::new(name, Rules::new(config)?, env, created, Counter::small);
        Ok(Self(Arc::new(circuit)))
    }

    /// Says whether the circuit is closed, as far as anybody has looked.
    pub(crate) fn may_go(&self) -> bool {
        self.0.head.generation().circuit() == CircuitState::Closed
    }

    /// Returns the state of the circuit.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.snapshot().state
    }

    /// Returns what the circuit breaker knows now.
    #[must_use]
    pub fn snapshot(&self) -> CircuitSnapshot {
        self.0.observe()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> CircuitBreakerConfig {
        self.0.config()
    }

    /// Takes another config and keeps what was learned: the state and when it ends, the window where
    /// its shape stays, the run of failures, what probes have shown.
    ///
    /// Only the next call is judged by the new numbers; half-open is asked for its verdict at once.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks; the old one then stays.
    pub fn reconfigure(&self, config: CircuitBreakerConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(&config)
    }

    /// Closes the circuit, whatever its state, and forgets what it has seen.
    pub fn reset(&self) {
        self.0.operate(Verb::Reset);
    }

    /// Refuses every call until the operator says otherwise.
    pub fn isolate(&self) {
        self.0.operate(Verb::Isolate);
    }

    /// Lets every call through and records nothing, until the operator says otherwise.
    pub fn disable(&self) {
        self.0.operate(Verb::Disable);
    }

    /// Lets every call through and counts how often the circuit would have opened, until the
    /// operator says otherwise. After each time it is quiet for as long as it would first be open.
    pub fn shadow(&self) {
        self.0.operate(Verb::Shadow);
    }
}

crate::handle::handle!(
    CircuitBreaker,
    of: Circuit,
    by: CircuitBreakerConfig,
    kind: "circuit_breaker"
);

impl Gate for CircuitBreaker {
    type Ticket = Ticket;

    #[inline]
    fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        let circuit = &*self.0;
        if circuit.head.generation().circuit().admits_all() {
            return Ok(());
        }
        circuit
            .ask(ask, |state, now| state.check(now))
            .map_err(|refusal| circuit.refusal(refusal))
    }

    #[inline]
    fn try_acquire(&self, ask: &Ask) -> Result<Ticket, Rejected> {
        let circuit = &*self.0;
        let generation = circuit.head.generation();
        if generation.circuit().admits_all() {
            return Ok(Ticket {
                generation,
                probe: None,
            });
        }
        circuit
            .ask(ask, State::try_acquire)
            .map_err(|refusal| circuit.refuse(refusal))
    }

    #[inline]
    fn pending(&self, ticket: &Ticket, now: Time) {
        if ticket.probe.is_some() {
            self.0.pending(ticket, now);
        }
    }

    #[inline]
    fn settle(&self, ticket: Ticket, end: End) {
        let circuit = &*self.0;
        let (outcome, held, hint) = match end {
            End::Done {
                outcome,
                held,
                hint,
            } => (outcome, held, hint),
            End::Abandoned { held } => (circuit.given_up(held), held, None),
            End::Unused => (Outcome::Ignored, None, None),
        };
        let slow = held.is_some_and(|held| nanos(held) > circuit.slow_call.load(Ordering::Relaxed));
        if circuit.is_closed_in(ticket.generation) {
            match outcome {
                Outcome::Success if !slow => return circuit.succeed(&ticket, hint),
                Outcome::Ignored => return circuit.counts.ignored.add_one(),
                _ => {}
            }
        }
        let found = Found {
            outcome,
            slow,
            hint,
        };
        circuit.record(&ticket, found);
    }

    #[inline]
    fn timed_by(&self) -> Option<&Env> {
        Some(self.0.env())
    }
}

impl Circuit {
    /// Says what a call teaches that was given up after it was pending for `held`.
    fn given_up(&self, held: Option<Duration>) -> Outcome {
        let patience = self.abandoned.load(Ordering::Relaxed);
        match held {
            Some(held) if patience != u64::MAX && nanos(held) >= patience => Outcome::Failure,
            _ => Outcome::Ignored,
        }
    }
}

impl CircuitState {
    /// All states, in the order in which they are declared.
    pub const ALL: [Self; 6] = [
        Self::Closed,
        Self::Open,
        Self::HalfOpen,
        Self::Isolated,
        Self::Disabled,
        Self::Shadow,
    ];

    /// Returns the word for it in metrics, traces and reports: in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::Isolated => "isolated",
            Self::Disabled => "disabled",
            Self::Shadow => "shadow",
        }
    }

    /// Says whether every call goes through.
    #[inline]
    const fn admits_all(self) -> bool {
        matches!(self, Self::Closed | Self::Disabled | Self::Shadow)
    }
}
