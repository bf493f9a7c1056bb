//! Resilience policies as tower middleware.

mod clock;
mod oneshot;
mod rule;

pub mod gate;
#[cfg(feature = "http")]
pub mod http;
pub mod queue;
pub mod retry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod timeout;

pub use crate::clock::TokioClock;
pub use crate::gate::{GateLayer, Gated};
pub use crate::oneshot::Oneshot;
pub use crate::queue::{QueueLayer, Queued};
pub use crate::retry::{Repeat, Retried, RetryLayer};
pub use crate::rule::{Failures, Tower};
pub use crate::timeout::{Timed, TimeoutLayer};
