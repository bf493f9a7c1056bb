//! `bulkhead`.

use resilience_core::{Ask, Bulkhead, BulkheadConfig, Permit, Time};

use super::Policy;
use super::calls;
use super::turns::Line;
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::Seen;
use crate::vectors::schema::{Checked, Fields};

const KEYS: &[(&str, &str)] = &[
    ("max_in_flight", "max_in_flight"),
    ("max_waiting", "max_waiting"),
    ("max_wait_ms", "max_wait"),
];

pub(super) const POLICY: Policy = Policy {
    name: "bulkhead",
    keys: &[KEYS],
    build,
};

fn config(fields: &Fields<'_>) -> Checked<BulkheadConfig> {
    let default = BulkheadConfig::default();
    let max_in_flight = fields.whole("max_in_flight")?;
    let max_waiting = fields.whole("max_waiting")?;
    Ok(BulkheadConfig {
        max_in_flight: max_in_flight.unwrap_or(default.max_in_flight),
        max_waiting: max_waiting.unwrap_or(default.max_waiting),
        max_wait: fields.length("max_wait_ms")?,
    })
}

struct Slots {
    bulkhead: Bulkhead,
    line: Line<Bulkhead>,
}

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let bulkhead = Bulkhead::new("case", config(fields)?, &world.env)?;
    let line = Line::new(bulkhead.clone());
    Ok(Box::new(Slots { bulkhead, line }))
}

impl Driver for Slots {
    fn move_to(&mut self, world: &World, at: Time) {
        self.line.move_to(world, at);
    }

    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        let seen = match op {
            "acquire" => {
                let (ask, held) = (Ask::default(), &mut self.line.held);
                let asked = calls::acquire(&self.bulkhead, &ask, args, held, Permit::waiting)?;
                asked.seen()
            }
            "enqueue" => {
                let label = args.must("call", args.text("call"))?;
                let answer = self.line.enqueue(label, &calls::ask(args)?)?;
                Seen::from([("ok", answer.is_ok().into())])
            }
            "turns" => self.line.turns()?,
            "record" => {
                let outcome = calls::outcome(args)?;
                self.line.take(args)?.record(outcome);
                Seen::new()
            }
            "drop" => {
                self.drop(world, args)?;
                Seen::new()
            }
            "reconfigure" => {
                let config = calls::reconfigured(args, config)?;
                calls::accepted(self.bulkhead.reconfigure(config))?;
                Seen::new()
            }
            "read" => Seen::new(),
            _ => return unknown_op(op),
        };
        self.line.poll_ended()?;
        Ok(seen)
    }

    fn look(&mut self, _: &World) -> Checked<Seen> {
        let known = self.bulkhead.snapshot();
        Ok(Seen::from([
            ("in_flight", known.in_flight.into()),
            ("waiting", known.waiting.into()),
        ]))
    }
}

impl Slots {
    /// A wait ends, or a call; one that timed out has ended already.
    fn drop(&mut self, world: &World, args: &Fields<'_>) -> Checked<()> {
        let label = args.must("call", args.text("call"))?;
        if self.line.leave(world, label)? || self.line.has_timed_out(label) {
            return Ok(());
        }
        drop(self.line.held.take(args)?);
        self.line.granted.retain(|it| it != label);
        Ok(())
    }
}
