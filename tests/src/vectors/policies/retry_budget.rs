//! `retry_budget`.

use resilience_core::{RetryBudget, RetryBudgetConfig};

use super::Policy;
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::Seen;
use crate::vectors::schema::{Checked, Fields};

pub(super) const KEYS: &[(&str, &str)] = &[
    ("ratio", "ratio"),
    ("floor_per_s", "floor_per_second"),
    ("window_ms", "window"),
];

pub(super) const POLICY: Policy = Policy {
    name: "retry_budget",
    keys: &[KEYS],
    build,
};

/// Reads the settings of a budget, of this policy or of another.
pub(super) fn config(fields: &Fields<'_>) -> Checked<RetryBudgetConfig> {
    let default = RetryBudgetConfig::default();
    let floor = fields.decimal("floor_per_s")?;
    let config = RetryBudgetConfig {
        ratio: fields.decimal("ratio")?.unwrap_or(default.ratio),
        floor_per_second: floor.unwrap_or(default.floor_per_second),
        window: fields.length("window_ms")?.unwrap_or(default.window),
    };
    fields.finish()?;
    Ok(config)
}

struct Account(RetryBudget);

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let budget = RetryBudget::new("case", config(fields)?, &world.env)?;
    Ok(Box::new(Account(budget)))
}

impl Driver for Account {
    fn act(&mut self, _: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        let (requests, retries) = match op {
            "request" => (true, false),
            "retry" => (false, true),
            "each" => (true, true),
            "read" => return Ok(Seen::new()),
            _ => return unknown_op(op),
        };
        let mut allowed = 0_u64;
        for _ in 0..args.times()? {
            if requests {
                self.0.deposit();
            }
            allowed += u64::from(retries && self.0.try_withdraw());
        }
        match retries {
            true => Ok(Seen::from([("allowed", allowed.into())])),
            false => Ok(Seen::new()),
        }
    }

    fn look(&mut self, _: &World) -> Checked<Seen> {
        Ok(Seen::from([("balance", self.0.balance().into())]))
    }
}
