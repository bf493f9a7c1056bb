//! The background work of a cache.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;
use resilience_core::{Answer, Classify, Rejected};
use tower_service::Service;

use super::future::{Flight, ResponseFuture};
use super::queue::{Queue, Worker};
use crate::{Oneshot, Tower};

/// Refreshes stale answers in the background, one at a time; spawn it. From
/// [`Cached::refresher`](super::Cached::refresher).
///
/// Put a time limit inside the cache: an answer that hangs holds up those behind it. What has waited
/// so long that its old answer is of no use is fetched by who asks for it instead.
///
/// # Cancel safety
///
/// Dropped, or ended by a panic of the inner service, it lets the requests refresh for themselves.
#[pin_project]
#[must_use = "it refreshes nothing unless it is spawned"]
pub struct Refresher<S: Service<Req>, Req, F> {
    inner: S,
    waiting: Worker<(Req, F)>,
    #[pin]
    call: Option<ResponseFuture<S, Req, F>>,
}

impl<S: Service<Req>, Req, F> Refresher<S, Req, F> {
    pub(super) const fn new(inner: S, queue: Arc<Queue<(Req, F)>>) -> Self {
        Self {
            inner,
            waiting: Worker::new(queue),
            call: None,
        }
    }
}

impl<S, Req, K, V, R> Future for Refresher<S, Req, Flight<K, V, R>>
where
    S: Service<Req, Response = V> + Clone,
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    R: Classify<Req, Result<V, S::Error>>,
    Result<V, S::Error>: Answer<Rejected, Tower>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            if let Some(call) = this.call.as_mut().as_pin_mut() {
                // Whom the answer concerns has been told, and the cache counts what failed.
                let _ = ready!(call.poll(cx));
                this.call.set(None);
            }
            let Some((req, flight)) = ready!(this.waiting.poll_next(cx)) else {
                return Poll::Ready(());
            };
            if flight.start() {
                let call = Oneshot::waiting(this.inner.clone(), req);
                this.call.set(Some(ResponseFuture::waiting(call, flight)));
            }
        }
    }
}

impl<S: Service<Req>, Req, F> fmt::Debug for Refresher<S, Req, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").finish_non_exhaustive()
    }
}
