//! `failover`.

use resilience_core::failover::{Switch, Ticket};
use resilience_core::{Failover, FailoverConfig, Name};

use super::Policy;
use super::calls::{self, Held};
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::{Seen, Shown};
use crate::vectors::schema::{Checked, Fields};

const KEYS: &[(&str, &str)] = &[
    ("targets", "targets"),
    ("switch_after", "switch_after"),
    ("fail_back_after", "fail_back_after"),
];

pub(super) const POLICY: Policy = Policy {
    name: "failover",
    keys: &[KEYS],
    build,
};

fn config(fields: &Fields<'_>) -> Checked<FailoverConfig> {
    let default = FailoverConfig::default();
    let targets = fields.list("targets")?.map_or(&[][..], Vec::as_slice);
    let names = targets.iter().map(|it| it.as_str().map(name));
    let targets: Option<Vec<_>> = names.collect();
    let switch_after = fields.whole("switch_after")?;
    let fail_back_after = fields.whole("fail_back_after")?;
    Ok(FailoverConfig {
        targets: targets.ok_or("`targets` must be a list of texts")?,
        switch_after: switch_after.unwrap_or(default.switch_after),
        fail_back_after: fail_back_after.unwrap_or(default.fail_back_after),
    })
}

fn name(text: &str) -> Name {
    Name::from(text.to_owned())
}

struct Targets {
    failover: Failover,
    held: Held<Ticket>,
}

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let failover = Failover::new("case", config(fields)?, &world.env)?;
    let held = Held::default();
    Ok(Box::new(Targets { failover, held }))
}

impl Driver for Targets {
    fn act(&mut self, _: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        match op {
            "calls" => {
                let mut target = Shown::Nothing;
                for outcome in calls::outcomes(args)? {
                    let ticket = self.failover.begin();
                    target = self.target(&ticket);
                    self.failover.record(ticket, outcome);
                }
                return Ok(Seen::from([("target", target)]));
            }
            "acquire" => {
                let label = args.must("call", args.text("call"))?;
                let ticket = self.failover.begin();
                let target = self.target(&ticket);
                self.held.keep(Some(label), ticket)?;
                return Ok(Seen::from([("target", target)]));
            }
            "record" => {
                let outcome = calls::outcome(args)?;
                self.failover.record(self.held.take(args)?, outcome);
            }
            "check" => {
                let target = args.must("target", args.text("target"))?;
                let healthy = args.must("healthy", args.flag("healthy"))?;
                for _ in 0..args.times()? {
                    self.failover.check(target, healthy);
                }
            }
            "fail_back" => {
                let ok = self.failover.fail_back();
                return Ok(Seen::from([("ok", ok.into())]));
            }
            "read" => {}
            _ => return unknown_op(op),
        }
        Ok(Seen::new())
    }

    fn look(&mut self, _: &World) -> Checked<Seen> {
        let history = self.failover.history();
        let history = history.iter().map(switch).collect();
        Ok(Seen::from([
            ("active", self.failover.active().as_str().into()),
            ("history", Shown::List(history)),
        ]))
    }
}

impl Targets {
    fn target(&self, ticket: &Ticket) -> Shown {
        self.failover.targets()[ticket.target()].as_str().into()
    }
}

fn switch(switch: &Switch) -> Shown {
    Shown::from(Seen::from([
        ("at_ms", switch.at.into()),
        ("from", switch.from.as_str().into()),
        ("to", switch.to.as_str().into()),
        ("direction", switch.direction.as_str().into()),
    ]))
}
