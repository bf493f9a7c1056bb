//! `fallback`.

use std::time::Duration;

use resilience_core::fallback::Rescued;
use resilience_core::{Fallback, FallbackConfig};

use super::Policy;
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::{Seen, Shown};
use crate::vectors::schema::{Checked, Fields};

const KEYS: &[(&str, &str)] = &[
    ("last_good", "last_good"),
    ("max_age_ms", "max_age"),
    ("value", "value"),
];

pub(super) const POLICY: Policy = Policy {
    name: "fallback",
    keys: &[KEYS],
    build,
};

struct Answers(Fallback<String>);

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let default = FallbackConfig::default();
    let config = FallbackConfig {
        last_good: fields.flag("last_good")?.unwrap_or(default.last_good),
        max_age: fields.length("max_age_ms")?,
        ..default
    };
    let value = fields.text("value")?;
    let fallback = Fallback::new("case", config, &world.env)?;
    Ok(Box::new(Answers(match value {
        Some(value) => fallback.with_value(value.to_owned()),
        None => fallback,
    })))
}

impl Driver for Answers {
    fn act(&mut self, _: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        if op != "call" {
            return unknown_op(op);
        }
        // A policy is asked for the same in place of a failure, a timeout and a refusal.
        let good = [
            ("success", true),
            ("failure", false),
            ("elapsed", false),
            ("rejected", false),
        ];
        let good = args.must("outcome", args.word("outcome", &good))?;
        let key = args.text("key")?.unwrap_or_default();
        match good {
            true => {
                let value = args.must("value", args.text("value"))?;
                self.0.succeed(key, &value.to_owned());
                Ok(Seen::from([
                    ("value", value.into()),
                    ("stale", false.into()),
                    ("age_ms", Duration::ZERO.into()),
                    ("error", false.into()),
                ]))
            }
            false => Ok(self.rescue(key)),
        }
    }
}

impl Answers {
    fn rescue(&self, key: &str) -> Seen {
        let rescued = self.0.rescue(key);
        let stale = rescued.as_ref().is_some_and(Rescued::is_stale);
        let age = rescued.as_ref().and_then(Rescued::age);
        Seen::from([
            ("error", rescued.is_none().into()),
            ("stale", stale.into()),
            ("age_ms", age.into()),
            ("value", Shown::from(rescued.map(|it| it.value))),
        ])
    }
}
