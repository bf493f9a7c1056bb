//! Which deadline a call gets, and how many calls may be dropped.

use std::time::Duration;

use super::DeadlinesConfig;
use crate::window::{Window, WindowConfig};
use crate::{ConfigError, Deadline, Outcome, Time};

/// How far back the share of the dropped calls looks.
const LATELY: Duration = Duration::from_secs(10);

/// Returns the deadline at `now` of a call that came with `asked`.
pub(super) fn clip(
    config: &DeadlinesConfig,
    asked: Option<Deadline>,
    now: Time,
) -> Option<Deadline> {
    let own = match asked {
        Some(_) => config.max,
        None => config.without(),
    };
    let own = own.map(|it| Deadline::within(it, now));
    Deadline::earliest(asked.into_iter().chain(own))
}

/// How many calls there were lately, and how many of them were dropped.
#[derive(Debug)]
pub(super) struct Share {
    /// Each call is a success in it, and each that was dropped a failure too.
    window: Window,
}

impl Share {
    pub(super) fn new(created: Time) -> Result<Self, ConfigError> {
        let window = Window::new(&WindowConfig::time(LATELY), None, created)?;
        Ok(Self { window })
    }

    /// Counts a call.
    pub(super) fn came(&mut self, now: Time) {
        self.window.record(Outcome::Success, Duration::ZERO, now);
    }

    /// Says whether a call may be dropped where the share `most` of them may, and counts it then.
    pub(super) fn try_drop(&mut self, most: f64, now: Time) -> bool {
        let totals = self.window.totals(now);
        let came = totals.calls - totals.failures;
        let dropped = totals.failures + 1;
        // The quotient, and not the product: 0.1 of 30 is 3, and `0.1 * 30.0` is more.
        let may = dropped as f64 / came as f64 <= most;
        if may {
            self.window.record(Outcome::Failure, Duration::ZERO, now);
        }
        may
    }
}
