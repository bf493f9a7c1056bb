//! A service that is ready a few times, and then never again.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use resilience_core::BoxError;
use tower::Service;

/// Fails every call with `"down"`, and once it has been ready so often says that it is closed.
#[derive(Clone, Debug)]
pub(crate) struct Dying(Arc<AtomicU32>);

impl Dying {
    pub(crate) fn after(ready: u32) -> Self {
        Self(Arc::new(AtomicU32::new(ready)))
    }
}

impl Service<u64> for Dying {
    type Response = u64;
    type Error = BoxError;
    type Future = Ready<Result<u64, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let left = |left: u32| left.checked_sub(1);
        let alive = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left);
        Poll::Ready(alive.map(drop).map_err(|_| "closed".into()))
    }

    fn call(&mut self, _: u64) -> Self::Future {
        ready(Err("down".into()))
    }
}
