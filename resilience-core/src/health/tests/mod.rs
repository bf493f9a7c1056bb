use std::sync::Arc;
#[cfg(not(loom))]
use std::time::Duration;

use super::*;
#[cfg(not(loom))]
use crate::ManualClock;

mod concurrent;
#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod rules;
#[cfg(not(loom))]
mod sources;

#[cfg(not(loom))]
const SECOND: Duration = Duration::from_secs(1);

fn component(critical: bool, down_after: u32, up_after: u32) -> ComponentConfig {
    ComponentConfig {
        critical,
        down_after,
        up_after,
        ..Default::default()
    }
}

fn config(components: &[(&'static str, ComponentConfig)]) -> HealthConfig {
    let components = components.iter().cloned();
    HealthConfig {
        components: components.map(|(name, it)| (name.into(), it)).collect(),
        ..Default::default()
    }
}

#[cfg(not(loom))]
fn health(components: &[(&'static str, ComponentConfig)]) -> (Health, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let health = Health::new("app", config(components), &env).expect("the config is valid");
    (health, clock)
}

fn degraded() -> Finding {
    Finding::Degraded("slow".into())
}

impl Health {
    /// Reports one check for each letter: good, degraded or bad.
    fn checks(&self, component: &str, letters: &str) -> HealthStatus {
        for letter in letters.chars() {
            let finding = match letter {
                'G' => Finding::Healthy,
                'D' => degraded(),
                _ => Finding::Unhealthy("gone".into()),
            };
            self.report(component, finding).expect("it is watched");
        }
        self.status(component).expect("it is watched")
    }
}
