use std::sync::Arc;
#[cfg(not(loom))]
use std::time::Duration;

use super::*;
use crate::ManualClock;

mod concurrent;
#[cfg(not(loom))]
mod kinds;
#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod record;
#[cfg(not(loom))]
mod rules;

#[cfg(not(loom))]
const SECOND: Duration = Duration::from_secs(1);

fn recovery(config: RecoveryConfig) -> (Recovery, Arc<ManualClock>) {
    let (env, clock) = Env::manual();
    let recovery = Recovery::new("app", config, &env).expect("the config is valid");
    (recovery, clock)
}

fn failure(component: &'static str) -> Incident {
    let component = component.into();
    let kind = ErrorKind::ComponentFailure { component };
    Incident::new("whatever", kind, "it is gone")
}

#[cfg(not(loom))]
impl RecoveryRun {
    /// Lets the time of the next step pass and tells how it went: `+` or `-`.
    fn steps(&mut self, clock: &ManualClock, letters: &str) -> Vec<Step> {
        let step = |letter| {
            let step = self.next_step().expect("it has not ended");
            clock.advance(step.wait);
            self.told(match letter {
                '+' => Ok(()),
                _ => Err(format!("{:?} failed", step.act).into()),
            });
            step
        };
        letters.chars().map(step).collect()
    }
}
