//! The time of an engine.

use std::time::Duration;

/// Goes on by what the caller's clock goes forward. Where that is set back, time stands still for one step: what is
/// pending or firing has lasted as long as before. A step that is longer than the longest counts as that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    /// What the caller's clock said last, and what time that was.
    last: Option<(Duration, Duration)>,
}

impl Clock {
    pub(super) fn turn(&mut self, now: Duration, longest: Option<Duration>) -> Duration {
        let time = self.last.map_or(now, |(said, time)| {
            let step = now.saturating_sub(said);
            time.saturating_add(longest.map_or(step, |longest| step.min(longest)))
        });
        self.last = Some((now, time));
        time
    }
}
