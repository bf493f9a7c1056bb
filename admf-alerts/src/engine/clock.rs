//! The time of an engine.

use std::time::Duration;

/// The caller's clock as long as that goes forward. Where it is set back, time stands still for one step and goes on
/// from there as the caller's does: what is pending or firing has lasted as long as before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    ahead: Duration,
    last: Duration,
}

impl Clock {
    pub(super) fn turn(&mut self, now: Duration) -> Duration {
        if now.saturating_add(self.ahead) < self.last {
            self.ahead = self.last.saturating_sub(now);
        }
        self.last = now.saturating_add(self.ahead);
        self.last
    }
}
