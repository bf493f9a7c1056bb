//! `keyed`. An op uses its key once, and what it shows is that of the gate it got: one that is not
//! kept is gone afterwards.

use resilience_core::keyed::KeyGate;
use resilience_core::{Ask, CircuitBreaker, Keyed, KeyedConfig, Outcome, Permit, RateLimiter};

use super::calls::{self, Held};
use super::{Policy, backoff, circuit_breaker, rate_limiter, window};
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::{Seen, Shown};
use crate::vectors::schema::{Checked, Fields};

const KEYS: &[(&str, &str)] = &[("max_keys", "max_keys"), ("idle_ms", "idle")];

pub(super) const POLICY: Policy = Policy {
    name: "keyed",
    keys: &[
        KEYS,
        circuit_breaker::KEYS,
        window::KEYS,
        backoff::KEYS,
        rate_limiter::KEYS,
    ],
    build,
};

type Build = fn(&World, &Fields<'_>, &Fields<'_>) -> Built;

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let gate = fields.must("gate", fields.fields("gate"))?;
    let builders: [(_, Build); 2] = [("circuit_breaker", circuits), ("rate_limiter", limiters)];
    let build = gate.must("policy", gate.word("policy", &builders))?;
    let own = gate.must("config", gate.fields("config"))?;
    gate.finish()?;
    build(world, fields, &own)
}

fn circuits(world: &World, fields: &Fields<'_>, own: &Fields<'_>) -> Built {
    let config = config(fields, own, circuit_breaker::config)?;
    let keys = Keys::new(Keyed::new("case", config, &world.env)?);
    Ok(Box::new(Circuits(keys)))
}

fn limiters(world: &World, fields: &Fields<'_>, own: &Fields<'_>) -> Built {
    let config = config(fields, own, rate_limiter::config)?;
    let keys = Keys::new(Keyed::new("case", config, &world.env)?);
    let held = Held::default();
    Ok(Box::new(Limiters { keys, held }))
}

fn config<C: Default>(
    fields: &Fields<'_>,
    own: &Fields<'_>,
    gate: fn(&Fields<'_>) -> Checked<C>,
) -> Checked<KeyedConfig<C>> {
    let default = KeyedConfig::<C>::default();
    let max_keys = fields.whole("max_keys")?.map(|it| it as usize);
    let gate = gate(own)?;
    own.finish()?;
    Ok(KeyedConfig {
        gate,
        max_keys: max_keys.unwrap_or(default.max_keys),
        idle: fields.length("idle_ms")?,
    })
}

/// The keys of a case, and the gate of the key that the last op used.
struct Keys<G: KeyGate> {
    keyed: Keyed<G>,
    used: Option<G>,
}

impl<G: KeyGate> Keys<G> {
    fn new(keyed: Keyed<G>) -> Self {
        Self { keyed, used: None }
    }

    /// Uses the key that the op names.
    fn gate(&mut self, args: &Fields<'_>) -> Checked<&G> {
        let key = args.must("key", args.text("key"))?;
        Ok(self.used.insert(self.keyed.gate(key)))
    }

    /// Sees what is due, also where nothing is compared.
    fn read(&self) -> Seen {
        let keys = self.keyed.snapshot().keys;
        Seen::from([
            ("keys", keys.into()),
            ("keys_at_most", Shown::AtMost(keys as u64)),
        ])
    }

    /// Returns what shows after every op, given what shows of a gate.
    fn look(&self, gate: fn(&G) -> Seen) -> Seen {
        let mut seen = self.used.as_ref().map(gate).unwrap_or_default();
        seen.extend(self.read());
        seen
    }
}

struct Circuits(Keys<CircuitBreaker>);

impl Driver for Circuits {
    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        let Self(keys) = self;
        keys.used = None;
        match op {
            "calls" => circuit_breaker::calls(keys.gate(args)?, world, args),
            "isolate" => {
                keys.gate(args)?.isolate();
                Ok(Seen::new())
            }
            "flood" => flood(&keys.keyed, args),
            "read" => Ok(keys.read()),
            _ => unknown_op(op),
        }
    }

    fn look(&mut self, _: &World) -> Checked<Seen> {
        Ok(self.0.look(circuit_breaker::look))
    }
}

fn flood(keyed: &Keyed<CircuitBreaker>, args: &Fields<'_>) -> Checked<Seen> {
    let keys = args.must("keys", args.whole("keys"))?;
    let outcome = args.word("outcome", &calls::OUTCOMES)?;
    for key in 0..keys {
        if let Ok(permit) = keyed.permit(&format!("flood-{key}"), &Ask::default()) {
            permit.record(outcome.unwrap_or(Outcome::Success));
        }
    }
    Ok(Seen::new())
}

struct Limiters {
    keys: Keys<RateLimiter>,
    held: Held<Permit<RateLimiter>>,
}

impl Driver for Limiters {
    fn act(&mut self, _: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        let Self { keys, held } = self;
        keys.used = None;
        match op {
            "acquire" => rate_limiter::acquire(keys.gate(args)?, args, held),
            "read" => Ok(keys.read()),
            _ => unknown_op(op),
        }
    }

    fn look(&mut self, _: &World) -> Checked<Seen> {
        Ok(self.keys.look(rate_limiter::look))
    }
}
