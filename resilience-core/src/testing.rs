//! What users need for tests of their own: time that is driven, luck that is known, an ear.
//!
//! Time is driven by [`ManualClock`], which
//! [`Env::manual`](crate::Env::manual) hands out, and luck by `Chance::scripted`.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use resilience_core::testing::Recorder;
//! use resilience_core::{Chance, Env, Event, Failover, FailoverConfig, Outcome};
//!
//! let (env, clock) = Env::manual();
//! let heard = Arc::new(Recorder::default());
//! let env = env.with_chance(Chance::scripted([0.5])).with_observer(heard.clone());
//!
//! let targets = vec!["primary".into(), "backup".into()];
//! let config = FailoverConfig { targets, switch_after: 1, ..Default::default() };
//! let venue = Failover::new("venue", config, &env)?;
//! clock.advance(Duration::from_millis(250));
//! venue.record(venue.begin(), Outcome::Failure);
//!
//! let events = heard.take();
//! let [(name, Event::Switched(switch))] = &events[..] else {
//!     panic!("{events:?}")
//! };
//! assert_eq!(name.as_str(), "venue");
//! assert_eq!(switch.at.as_nanos(), 250_000_000);
//! assert!(heard.take().is_empty());
//! # Ok::<(), resilience_core::ConfigError>(())
//! ```

pub use crate::ManualClock;

use crate::sync::Mutex;
use crate::{Event, Name, Observer};

/// Remembers what policies do, in order.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Vec<(Name, Event)>>);

impl Recorder {
    /// Returns what was heard since the last time, oldest first, with the name of the policy.
    #[must_use]
    pub fn take(&self) -> Vec<(Name, Event)> {
        std::mem::take(&mut *self.0.lock())
    }
}

impl Observer for Recorder {
    fn on_event(&self, policy: &Name, event: &Event) {
        self.0.lock().push((policy.clone(), event.clone()));
    }
}

/// Panics at every event, without a message on the terminal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Panicking;

impl Observer for Panicking {
    fn on_event(&self, _: &Name, _: &Event) {
        std::panic::resume_unwind(Box::new("an observer's panic"));
    }
}
