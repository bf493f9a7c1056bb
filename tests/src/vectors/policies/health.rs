//! `health`.

use resilience_core::{ComponentConfig, Health, HealthConfig, Name};

use super::Policy;
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::{Seen, Shown};
use crate::vectors::schema::{Checked, Fields};

const KEYS: &[(&str, &str)] = &[
    ("components", "components"),
    ("critical", "critical"),
    ("down_after", "down_after"),
    ("up_after", "up_after"),
];

pub(super) const POLICY: Policy = Policy {
    name: "health",
    keys: &[KEYS],
    build,
};

fn config(fields: &Fields<'_>) -> Checked<HealthConfig> {
    let components = fields.must("components", fields.fields("components"))?;
    let mut config = HealthConfig::default();
    for name in components.keys() {
        let own = components.must(name, components.fields(name))?;
        let of = component(&own)?;
        own.finish()?;
        config.components.insert(Name::from(name.clone()), of);
    }
    Ok(config)
}

fn component(fields: &Fields<'_>) -> Checked<ComponentConfig> {
    let default = ComponentConfig::default();
    Ok(ComponentConfig {
        critical: fields.flag("critical")?.unwrap_or(default.critical),
        down_after: fields.whole("down_after")?.unwrap_or(default.down_after),
        up_after: fields.whole("up_after")?.unwrap_or(default.up_after),
        ..default
    })
}

struct Components(Health);

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let health = Health::new("case", config(fields)?, &world.env)?;
    Ok(Box::new(Components(health)))
}

impl Driver for Components {
    fn act(&mut self, _: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        match op {
            "check" => {
                let component = args.must("component", args.text("component"))?;
                let healthy = args.must("healthy", args.flag("healthy"))?;
                for _ in 0..args.times()? {
                    let told = self.0.report(component, healthy);
                    told.map_err(|unknown| unknown.to_string())?;
                }
            }
            "read" => {}
            _ => return unknown_op(op),
        }
        Ok(Seen::new())
    }

    fn look(&mut self, _: &World) -> Checked<Seen> {
        let seen = self.0.snapshot();
        let components = seen.components.iter();
        let components = components.map(|it| (it.name.to_string(), it.status.as_str().into()));
        Ok(Seen::from([
            ("system", self.0.system().as_str().into()),
            ("components", Shown::Object(components.collect())),
        ]))
    }
}
