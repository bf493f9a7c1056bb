//! `window`.

use resilience_core::{Window, WindowConfig};

use super::{Policy, calls};
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::Seen;
use crate::vectors::schema::{Checked, Fields};

pub(super) const KEYS: &[(&str, &str)] = &[
    ("window", "window"),
    ("count", "count"),
    ("time_ms", "time"),
    ("buckets", "buckets"),
];

pub(super) const POLICY: Policy = Policy {
    name: "window",
    keys: &[KEYS],
    build,
};

fn config(fields: &Fields<'_>) -> Checked<WindowConfig> {
    let default = WindowConfig::default();
    Ok(WindowConfig {
        count: fields.whole("count")?,
        time: fields.length("time_ms")?,
        buckets: fields.whole("buckets")?.unwrap_or(default.buckets),
    })
}

/// Reads the settings of the window of another policy.
pub(super) fn nested(fields: &Fields<'_>) -> Checked<WindowConfig> {
    let config = config(fields)?;
    fields.finish()?;
    Ok(config)
}

struct Counted(Window);

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let slow_call = fields.length("slow_call_ms")?;
    let window = Window::new(&config(fields)?, slow_call, world.env.now())?;
    Ok(Box::new(Counted(window)))
}

impl Driver for Counted {
    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        match op {
            "calls" => {
                let took = args.length("took_ms")?.unwrap_or_default();
                world.clock.advance(took);
                for outcome in calls::outcomes(args)? {
                    self.0.record(outcome, took, world.env.now());
                }
            }
            "read" => {}
            _ => return unknown_op(op),
        }
        Ok(Seen::new())
    }

    fn look(&mut self, world: &World) -> Checked<Seen> {
        let totals = self.0.totals(world.env.now());
        Ok(Seen::from([
            ("calls", totals.calls.into()),
            ("failures", totals.failures.into()),
            ("slow", totals.slow.into()),
        ]))
    }
}
