//! `circuit_breaker`.

use std::time::Duration;

use resilience_core::circuit_breaker::Abandoned;
use resilience_core::{Ask, CircuitBreaker, CircuitBreakerConfig, Outcome, Permit};
use serde_json::Value;

use super::calls::{self, Asked, Held};
use super::{Policy, backoff, window};
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::Seen;
use crate::vectors::schema::{Checked, Fields};

pub(super) const KEYS: &[(&str, &str)] = &[
    ("consecutive", "consecutive"),
    ("failure_rate", "failure_rate"),
    ("slow_rate", "slow_rate"),
    ("minimum_calls", "minimum_calls"),
    ("slow_call_ms", "slow_call"),
    ("open_for_ms", "open_for"),
    ("open_for", "open_backoff"),
    ("retry_after_max_ms", "retry_after_max"),
    ("probes", "probes"),
    ("probe_timeout_ms", "probe_timeout"),
    ("abandoned", "abandoned"),
];

pub(super) const POLICY: Policy = Policy {
    name: "circuit_breaker",
    keys: &[KEYS, window::KEYS, backoff::KEYS],
    build,
};

pub(super) fn config(fields: &Fields<'_>) -> Checked<CircuitBreakerConfig> {
    let default = CircuitBreakerConfig::default();
    let window = fields.fields("window")?;
    let open_for = fields.fields("open_for")?;
    let retry_after_max = fields.length("retry_after_max_ms")?;
    let probe_timeout = fields.length("probe_timeout_ms")?;
    Ok(CircuitBreakerConfig {
        consecutive: fields.whole("consecutive")?,
        failure_rate: fields.decimal("failure_rate")?,
        slow_rate: fields.decimal("slow_rate")?,
        window: window.map(|it| window::nested(&it)).transpose()?,
        minimum_calls: fields.whole("minimum_calls")?,
        slow_call: fields.length("slow_call_ms")?,
        open_for: fields.length("open_for_ms")?,
        open_backoff: open_for.map(|it| backoff::config(&it)).transpose()?,
        retry_after_max: retry_after_max.unwrap_or(default.retry_after_max),
        probes: fields.whole("probes")?.unwrap_or(default.probes),
        probe_timeout: probe_timeout.unwrap_or(default.probe_timeout),
        abandoned: abandoned(fields)?,
    })
}

fn abandoned(fields: &Fields<'_>) -> Checked<Option<Abandoned>> {
    if let Some(Value::Object(_)) = fields.raw("abandoned") {
        let after = fields.must("abandoned", fields.fields("abandoned"))?;
        let limit = after.must("failure_after_ms", after.length("failure_after_ms"))?;
        after.finish()?;
        return Ok(Some(Abandoned::FailureAfter(limit)));
    }
    let words = [
        ("ignored", Abandoned::Ignored),
        ("failure", Abandoned::Failure),
    ];
    fields.word("abandoned", &words)
}

struct Circuit {
    breaker: CircuitBreaker,
    held: Held<Permit<CircuitBreaker>>,
}

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let breaker = CircuitBreaker::new("case", config(fields)?, &world.env)?;
    let held = Held::default();
    Ok(Box::new(Circuit { breaker, held }))
}

impl Driver for Circuit {
    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        match op {
            "calls" => return calls(&self.breaker, world, args),
            "acquire" => return self.acquire(args),
            "record" => {
                let (outcome, hint) = (calls::outcome(args)?, args.length("hint_ms")?);
                self.held.take(args)?.record_hinted(outcome, hint);
            }
            "drop" => drop(self.held.take(args)?),
            "read" => {}
            "isolate" => self.breaker.isolate(),
            "disable" => self.breaker.disable(),
            "shadow" => self.breaker.shadow(),
            "reset" => self.breaker.reset(),
            "reconfigure" => {
                let config = calls::reconfigured(args, config)?;
                calls::accepted(self.breaker.reconfigure(config))?;
            }
            _ => return unknown_op(op),
        }
        Ok(Seen::new())
    }

    fn look(&mut self, _: &World) -> Checked<Seen> {
        Ok(look(&self.breaker))
    }
}

impl Circuit {
    fn acquire(&mut self, args: &Fields<'_>) -> Checked<Seen> {
        let pending = args.flag("pending")?.unwrap_or(true);
        let begin = |permit: &mut Permit<_>| {
            if pending {
                permit.waiting();
            }
        };
        let ask = Ask::default();
        let asked = calls::acquire(&self.breaker, &ask, args, &mut self.held, begin)?;
        Ok(asked.seen())
    }
}

/// Does the op `calls`.
pub(super) fn calls(breaker: &CircuitBreaker, world: &World, args: &Fields<'_>) -> Checked<Seen> {
    let outcomes = calls::outcomes(args)?;
    let hint = args.length("hint_ms")?;
    let ask = || Permit::acquire(breaker.clone(), &Ask::default());
    let mut asked = Asked::default();
    match args.length("took_ms")? {
        None => {
            for outcome in outcomes {
                if let Some(permit) = asked.note(ask()) {
                    record(permit, outcome, hint);
                }
            }
        }
        Some(took) => {
            let mut begun = Vec::new();
            for outcome in outcomes {
                if let Some(mut permit) = asked.note(ask()) {
                    permit.waiting();
                    begun.push((permit, outcome));
                }
            }
            world.clock.advance(took);
            for (permit, outcome) in begun {
                record(permit, outcome, hint);
            }
        }
    }
    Ok(asked.seen())
}

/// Returns what shows after every op.
pub(super) fn look(breaker: &CircuitBreaker) -> Seen {
    let known = breaker.snapshot();
    Seen::from([
        ("state", known.state.as_str().into()),
        ("retry_after_ms", known.retry_after.into()),
        ("would_trip", known.would_trip.into()),
        ("calls", known.calls.into()),
        ("failures", known.failures.into()),
        ("slow", known.slow.into()),
        ("failure_rate", known.failure_rate.into()),
        ("slow_rate", known.slow_rate.into()),
    ])
}

/// A hint goes with every failure.
fn record(permit: Permit<CircuitBreaker>, outcome: Outcome, hint: Option<Duration>) {
    permit.record_hinted(outcome, hint.filter(|_| outcome == Outcome::Failure));
}
