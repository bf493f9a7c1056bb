//! The time of day, and how long something may take.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Says what time it is, as the length of time since the Unix epoch.
#[derive(Clone)]
pub struct Wall(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Wall {
    /// Goes by a clock of the caller's.
    pub fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns what time it is.
    #[must_use]
    pub fn now(&self) -> Duration {
        (self.0)()
    }
}

/// The machine's clock; the epoch, where that stands before it.
impl Default for Wall {
    #[expect(
        clippy::disallowed_methods,
        reason = "what is dated and signed is so by the time of day"
    )]
    fn default() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            since.unwrap_or_default()
        })
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wall").finish_non_exhaustive()
    }
}

/// When something that may take so long must have ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // Past the end of the clock it is as far as nobody waits.
        let far = now + Duration::from_secs(86_400 * 365);
        Self(now.checked_add(limit).unwrap_or(far))
    }

    pub(super) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub(super) fn at(self) -> Instant {
        self.0
    }
}
