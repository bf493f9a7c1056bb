//! `backoff`.

use resilience_core::backoff::{BackoffKind, Delays, Jitter};
use resilience_core::{Backoff, BackoffConfig};

use super::Policy;
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::Seen;
use crate::vectors::schema::{Checked, Fields};

pub(super) const KEYS: &[(&str, &str)] = &[
    ("kind", "kind"),
    ("base_ms", "base"),
    ("factor", "factor"),
    ("max_ms", "max"),
    ("jitter", "jitter"),
];

pub(super) const POLICY: Policy = Policy {
    name: "backoff",
    keys: &[KEYS],
    build,
};

/// Reads the settings of a back-off, of this policy or of another.
pub(super) fn config(fields: &Fields<'_>) -> Checked<BackoffConfig> {
    let default = BackoffConfig::default();
    let kinds = [
        ("fixed", BackoffKind::Fixed),
        ("linear", BackoffKind::Linear),
        ("exponential", BackoffKind::Exponential),
    ];
    let jitters = [
        ("none", Jitter::None),
        ("full", Jitter::Full),
        ("equal", Jitter::Equal),
        ("decorrelated", Jitter::Decorrelated),
    ];
    let config = BackoffConfig {
        kind: fields.word("kind", &kinds)?.unwrap_or(default.kind),
        base: fields.length("base_ms")?.unwrap_or(default.base),
        factor: fields.decimal("factor")?.unwrap_or(default.factor),
        max: fields.length("max_ms")?.unwrap_or(default.max),
        jitter: fields.word("jitter", &jitters)?.unwrap_or(default.jitter),
    };
    fields.finish()?;
    Ok(config)
}

struct Asked {
    backoff: Backoff,
    run: Delays,
}

fn build(_: &World, fields: &Fields<'_>) -> Built {
    let backoff = Backoff::new(config(fields)?)?;
    let run = backoff.start();
    Ok(Box::new(Asked { backoff, run }))
}

impl Driver for Asked {
    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        let chance = world.env.chance();
        let delay = match op {
            "delay" => {
                let attempt = args.must("attempt", args.whole("attempt"))?;
                self.backoff.delay(attempt, chance)
            }
            "next" => self.run.next(chance),
            _ => return unknown_op(op),
        };
        Ok(Seen::from([("delay_ms", delay.into())]))
    }
}
