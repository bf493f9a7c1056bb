//! A circuit breaker without cleverness: it keeps every outcome and counts them anew each time.

use std::time::Duration;

use resilience_core::backoff::{BackoffConfig, BackoffKind, Jitter};
use resilience_core::circuit_breaker::Abandoned;
use resilience_core::{Chance, CircuitBreakerConfig, CircuitState, Outcome, WindowConfig};

use super::log::Log;

/// A call that was let through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    generation: u64,
    id: u64,
    pending: Option<u64>,
}

/// What the reader is to see.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) state: CircuitState,
    pub(crate) retry_after: Option<u64>,
    pub(crate) would_trip: u64,
    /// Calls, failures, slow calls and the run, while closed or in shadow.
    pub(crate) counts: Option<(u64, u64, u64, u64)>,
    pub(crate) rates: Option<(f64, f64)>,
}

#[derive(Debug)]
struct Probe {
    id: u64,
    admitted: u64,
    pending: Option<u64>,
}

pub(crate) struct Naive {
    config: CircuitBreakerConfig,
    created: u64,
    chance: Chance,
    state: CircuitState,
    generation: u64,
    ids: u64,
    log: Log,
    run: u64,
    until: u64,
    quiet_until: Option<u64>,
    step: u32,
    previous: f64,
    last_open: Option<u64>,
    closed_at: u64,
    would_trip: u64,
    out: Vec<Probe>,
    found: Vec<(bool, bool)>,
}

fn nanos(length: Duration) -> u64 {
    length.as_nanos() as u64
}

impl Naive {
    pub(crate) fn new(config: CircuitBreakerConfig, created: u64, chance: Chance) -> Self {
        Self {
            config,
            created,
            chance,
            state: CircuitState::Closed,
            generation: 0,
            ids: 0,
            log: Log::default(),
            run: 0,
            until: 0,
            quiet_until: None,
            step: 0,
            previous: 0.0,
            last_open: None,
            closed_at: created,
            would_trip: 0,
            out: Vec::new(),
            found: Vec::new(),
        }
    }

    fn rated(&self) -> bool {
        self.config.failure_rate.is_some() || self.config.slow_rate.is_some()
    }

    fn window(&self) -> Option<WindowConfig> {
        let default = self.rated().then(|| WindowConfig::count(100));
        self.config.window.clone().or(default)
    }

    fn minimum(&self) -> u64 {
        let most = self.window().and_then(|it| it.count).unwrap_or(u32::MAX);
        self.config.minimum_calls.unwrap_or(10.min(most)).into()
    }

    fn is_slow(&self, pending: Option<u64>, now: u64) -> bool {
        let age = pending.map_or(0, |it| now.saturating_sub(it));
        self.config.slow_call.is_some_and(|it| age > nanos(it))
    }

    /// The delay of `self.step`, or of step 1 of a run of its own.
    fn delay(&mut self, in_run: bool) -> u64 {
        let backoff = self.config.open_backoff.clone();
        let backoff = backoff.unwrap_or_else(|| {
            BackoffConfig::fixed(self.config.open_for.unwrap_or(Duration::from_secs(60)))
        });
        let step = if in_run { self.step } else { 1 };
        let (base, max) = (nanos(backoff.base) as f64, nanos(backoff.max) as f64);
        let times = match backoff.kind {
            BackoffKind::Fixed => 1.0,
            BackoffKind::Linear => f64::from(step),
            BackoffKind::Exponential => backoff.factor.powf(f64::from(step - 1)),
        };
        let plain = (base * times).min(max);
        let delay = match backoff.jitter {
            Jitter::None => plain,
            Jitter::Full => plain * self.chance.unit(),
            Jitter::Equal => plain * (0.5 + self.chance.unit() / 2.0),
            Jitter::Decorrelated => {
                let previous = if step == 1 { base } else { self.previous };
                (base + self.chance.unit() * (3.0 * previous - base).max(0.0)).min(max)
            }
        };
        if in_run {
            self.previous = delay.round();
        }
        delay.round() as u64
    }

    fn enter(&mut self, state: CircuitState) {
        self.state = state;
        self.generation += 1;
        self.log.empty();
        self.run = 0;
        self.out.clear();
        self.found.clear();
        self.quiet_until = None;
    }

    fn open(&mut self, hint: Option<u64>, now: u64) {
        let forgotten = self
            .last_open
            .is_none_or(|it| now.saturating_sub(self.closed_at) >= it);
        self.step = match self.state {
            CircuitState::Closed if forgotten => 1,
            _ => self.step + 1,
        };
        let hint = hint.unwrap_or(0).min(nanos(self.config.retry_after_max));
        let delay = self.delay(true).max(hint);
        self.last_open = Some(delay);
        self.until = now.saturating_add(delay);
        self.enter(CircuitState::Open);
    }

    fn close(&mut self, now: u64) {
        self.enter(CircuitState::Closed);
        self.closed_at = now;
    }

    /// Returns when something ends: the open time, the quiet time, or the time after which a closed circuit forgets that it was open.
    pub(crate) fn end(&self) -> u64 {
        let forgotten = self.closed_at.saturating_add(self.last_open.unwrap_or(0));
        match self.state {
            CircuitState::Closed => forgotten,
            _ => self.quiet_until.unwrap_or(self.until),
        }
    }

    /// What is due at `now`.
    fn see(&mut self, now: u64) {
        if self.quiet_until.is_some_and(|it| it <= now) {
            self.quiet_until = None;
        }
        if self.state == CircuitState::Open && self.until <= now {
            self.enter(CircuitState::HalfOpen);
        }
        let timeout = nanos(self.config.probe_timeout);
        let generation = self.generation;
        while let Some(at) = self
            .out
            .iter()
            .position(|it| now.saturating_sub(it.admitted) >= timeout)
        {
            let probe = self.out.remove(at);
            let slow = self.is_slow(probe.pending, now);
            self.found.push((true, slow));
            self.conclude(None, now);
            if self.generation != generation {
                return;
            }
        }
    }

    fn conclude(&mut self, hint: Option<u64>, now: u64) {
        if self.state != CircuitState::HalfOpen {
            return;
        }
        let probes = self.config.probes as usize;
        let left = probes.saturating_sub(self.found.len());
        let failed = self.found.iter().filter(|it| it.0).count();
        let slow = self.found.iter().filter(|it| it.1).count();
        let least = |rate: f64| (1..=probes).find(|&k| k as f64 / probes as f64 >= rate);
        let limits = if self.rated() {
            let failures = self.config.failure_rate.and_then(least);
            [
                (failed, failures),
                (slow, self.config.slow_rate.and_then(least)),
            ]
        } else {
            [(failed, Some(1)), (slow, None)]
        };
        let reached = |more: usize| {
            let mut limits = limits.iter();
            limits.any(|&(count, limit)| limit.is_some_and(|it| count + more >= it))
        };
        if reached(0) {
            self.open(hint, now);
        } else if !reached(left) {
            self.close(now);
        }
    }

    /// Asks for a call; a refusal says for how long.
    pub(crate) fn acquire(&mut self, now: u64) -> Result<Call, (CircuitState, Option<u64>)> {
        self.see(now);
        match self.state {
            CircuitState::Open => return Err((self.state, Some(self.until - now))),
            CircuitState::Isolated => return Err((self.state, None)),
            CircuitState::HalfOpen
                if self.out.len() + self.found.len() >= self.config.probes as usize =>
            {
                return Err((self.state, None));
            }
            _ => {}
        }
        self.ids += 1;
        if self.state == CircuitState::HalfOpen {
            let probe = Probe {
                id: self.ids,
                admitted: now,
                pending: None,
            };
            self.out.push(probe);
        }
        Ok(Call {
            generation: self.generation,
            id: self.ids,
            pending: None,
        })
    }

    pub(crate) fn waiting(&mut self, call: &mut Call, now: u64) {
        call.pending = call.pending.or(Some(now));
        if call.generation == self.generation {
            let mut out = self.out.iter_mut();
            if let Some(probe) = out.find(|it| it.id == call.id) {
                probe.pending = call.pending;
            }
        }
    }

    pub(crate) fn drop(&mut self, call: Call, now: u64) {
        let patience = self.config.slow_call.unwrap_or(Duration::from_secs(5));
        let rule = self
            .config
            .abandoned
            .unwrap_or(Abandoned::FailureAfter(patience));
        let gone = call.pending.is_some_and(|since| match rule {
            Abandoned::Ignored => false,
            Abandoned::Failure => true,
            Abandoned::FailureAfter(limit) => now.saturating_sub(since) >= nanos(limit),
        });
        let outcome = if gone {
            Outcome::Failure
        } else {
            Outcome::Ignored
        };
        self.record(call, outcome, None, now);
    }

    pub(crate) fn record(&mut self, call: Call, outcome: Outcome, hint: Option<u64>, now: u64) {
        self.see(now);
        if call.generation != self.generation {
            return;
        }
        let (failed, slow) = (outcome == Outcome::Failure, self.is_slow(call.pending, now));
        match self.state {
            CircuitState::HalfOpen => {
                let Some(at) = self.out.iter().position(|it| it.id == call.id) else {
                    return;
                };
                self.out.remove(at);
                if outcome != Outcome::Ignored {
                    self.found.push((failed, slow));
                    self.conclude(hint, now);
                }
            }
            CircuitState::Closed | CircuitState::Shadow
                if outcome != Outcome::Ignored && self.quiet_until.is_none() =>
            {
                self.log.age(self.window(), self.created, now);
                self.log.push(failed, slow);
                self.run = if failed { self.run + 1 } else { 0 };
                self.log.age(self.window(), self.created, now);
                self.judge(failed, hint, now);
            }
            _ => {}
        }
    }

    fn judge(&mut self, failed: bool, hint: Option<u64>, now: u64) {
        let (calls, failures, slow) = self.log.counts();
        let over = |part: u64, rate: Option<f64>| {
            rate.is_some_and(|rate| part as f64 / calls as f64 >= rate)
        };
        let trips = if self.rated() {
            let rates = (self.config.failure_rate, self.config.slow_rate);
            calls >= self.minimum() && (over(failures, rates.0) || over(slow, rates.1))
        } else {
            failed && self.run >= self.config.consecutive.unwrap_or(5).into()
        };
        if trips && self.state == CircuitState::Closed {
            self.open(hint, now);
        } else if trips {
            self.would_trip += 1;
            self.enter(CircuitState::Shadow);
            self.quiet_until = Some(now.saturating_add(self.delay(false)));
        }
    }

    pub(crate) fn read(&mut self, now: u64) -> Seen {
        self.see(now);
        self.log.age(self.window(), self.created, now);
        let watched = matches!(self.state, CircuitState::Closed | CircuitState::Shadow);
        let (calls, failures, slow) = self.log.counts();
        let rated = watched && self.window().is_some() && calls >= self.minimum();
        let share = |part: u64| part as f64 / calls as f64;
        Seen {
            state: self.state,
            retry_after: (self.state == CircuitState::Open).then(|| self.until - now),
            would_trip: self.would_trip,
            counts: watched.then_some((calls, failures, slow, self.run)),
            rates: rated.then(|| (share(failures), share(slow))),
        }
    }

    /// Does what the operator asks: moves to `state`, where `Closed` is a reset.
    pub(crate) fn operate(&mut self, state: CircuitState, now: u64) {
        self.see(now);
        self.enter(state);
        if state == CircuitState::Closed {
            self.last_open = None;
            self.closed_at = now;
        }
    }

    pub(crate) fn reconfigure(&mut self, config: CircuitBreakerConfig, now: u64) {
        self.see(now);
        self.log.age(self.window(), self.created, now);
        let shape = |it: Option<WindowConfig>| {
            it.map(|it| (it.count.is_some(), it.time, it.time.map(|_| it.buckets)))
        };
        let old = shape(self.window());
        self.config = config;
        if old != shape(self.window()) {
            self.log = Log::default();
        }
        self.log.cut(self.window());
        self.conclude(None, now);
    }
}
