use std::sync::Arc;

use super::*;

mod concurrent;
#[cfg(not(loom))]
mod hooks;
#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod rules;

fn config(targets: &[&'static str], switch_after: u32, fail_back_after: u32) -> FailoverConfig {
    FailoverConfig {
        targets: targets.iter().map(|&it| it.into()).collect(),
        switch_after,
        fail_back_after,
    }
}

fn failover(targets: &[&'static str], switch_after: u32, fail_back_after: u32) -> Failover {
    let config = config(targets, switch_after, fail_back_after);
    Failover::new("venue", config, &Env::manual().0).expect("the config is valid")
}

impl Failover {
    fn calls(&self, outcomes: &str) {
        for letter in outcomes.chars() {
            let outcome = match letter {
                'S' => Outcome::Success,
                'F' => Outcome::Failure,
                _ => Outcome::Ignored,
            };
            self.record(self.begin(), outcome);
        }
    }

    #[cfg(not(loom))]
    fn checks(&self, target: &str, healths: &[bool]) {
        healths.iter().for_each(|&it| self.check(target, it));
    }
}
