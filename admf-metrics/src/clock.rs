//! Where scrapes get the time. The machine's clock is read here and nowhere else.

use std::time::{Duration, Instant};

/// Returns a clock that tells the time since it was made.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that the lint names"
)]
pub(crate) fn system() -> impl Fn() -> Duration + Send + Sync + 'static {
    let origin = Instant::now();
    move || origin.elapsed()
}
