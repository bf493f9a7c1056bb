//! Polling by hand, with wakes that are counted.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use resilience_core::BoxError;
use tokio::task::yield_now;
use tokio::time::advance;
use tower_service::Service;

use super::{Breach, Subject};

/// How far time moves between polls: many times before anything of ours ends by itself.
pub(super) const TICK: Duration = Duration::from_millis(20);
/// How often something is polled before it is taken for hung.
const PATIENCE: usize = 20_000;

/// A waker that counts.
#[derive(Debug, Default)]
pub(super) struct Wakes(AtomicUsize);

impl Wakes {
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future that is polled by hand.
pub(super) struct Driven<F> {
    future: Pin<Box<F>>,
    pub(super) wakes: Arc<Wakes>,
}

impl<F: Future> Driven<F> {
    pub(super) fn new(future: F) -> Self {
        Self {
            future: Box::pin(future),
            wakes: Arc::default(),
        }
    }

    pub(super) fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(self.wakes.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// Polls it to its end while time passes.
    pub(super) async fn finish(mut self) -> Result<F::Output, Breach> {
        for _ in 0..PATIENCE {
            if let Poll::Ready(output) = self.poll() {
                return Ok(output);
            }
            tick().await;
        }
        Err(Breach("a call never ends".into()))
    }
}

/// Lets other tasks run, and a little time pass.
pub(super) async fn tick() {
    yield_now().await;
    advance(TICK).await;
}

/// Polls whether a service is ready.
pub(super) fn poll_ready<S: Service<u64>>(
    service: &mut S,
    wakes: &Arc<Wakes>,
) -> Poll<Result<(), S::Error>> {
    let waker = Waker::from(wakes.clone());
    service.poll_ready(&mut Context::from_waker(&waker))
}

/// Makes a service ready while time passes.
pub(super) async fn ready<S: Service<u64, Error = BoxError>>(
    service: &mut S,
) -> Result<(), Breach> {
    let wakes = Arc::default();
    for _ in 0..PATIENCE {
        match poll_ready(service, &wakes) {
            Poll::Ready(Ok(())) => return Ok(()),
            Poll::Ready(Err(error)) => return Err(Breach(format!("not ready: {error}"))),
            Poll::Pending => tick().await,
        }
    }
    Err(Breach("a service is never ready".into()))
}

/// Makes a service ready and calls it.
pub(super) async fn call<L: Subject>(
    service: &mut L::Made,
    req: u64,
) -> Result<Driven<L::Future>, Breach> {
    ready(service).await?;
    Ok(Driven::new(service.call(req)))
}
