//! Request bodies that are kept while they are sent, to be sent again.

mod layer;
mod state;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use resilience_core::BoxError;

pub use self::layer::{ReplayBodyConfig, ReplayBodyLayer, Replayed};
use self::state::{Next, Place, State};

/// A request's body that is kept while it is sent, up to a number of bytes, so that it can be sent
/// again, by [`replay`](Self::replay).
///
/// Attempts follow one another: once a later one is made, an earlier one reads no further (it gets
/// [`BodyGone`]), and the later one reads what was kept and then the rest of the original, also where
/// the server answered before the earlier one had sent it all. Past the limit nothing is kept any
/// more: the attempt that is under way goes on, and no other can be made. So it is after an error of
/// the original, which ends it.
///
/// What is kept is let go with the last copy, or, once only one is left, as that one reads on.
/// Trailers are kept beside the limit.
pub struct ReplayBody<B> {
    shared: Arc<Shared<B>>,
    place: Place,
    /// Whether it has given its last.
    done: bool,
}

struct Shared<B>(Mutex<State<B>>);

impl<B> Shared<B> {
    fn lock(&self) -> MutexGuard<'_, State<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body is not there any more: a later attempt reads it, or it was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodyGone;

impl fmt::Display for BodyGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request body was taken by a later attempt or was not kept")
    }
}

impl Error for BodyGone {}

impl<B: Body> ReplayBody<B> {
    /// Creates a body of which up to `max_bytes` are kept. One that says itself that it is longer is
    /// not kept at all.
    pub fn new(inner: B, max_bytes: usize) -> Self {
        let state = State::new(inner, max_bytes);
        Self {
            shared: Arc::new(Shared(Mutex::new(state))),
            place: Place::default(),
            done: false,
        }
    }
}

impl<B> ReplayBody<B> {
    /// Returns a copy to be sent in place of this one, unless something that was read was not kept.
    ///
    /// Whoever reads the body now reads no further; a copy that has not begun to still may.
    #[must_use]
    pub fn replay(&self) -> Option<Self> {
        let (number, superseded) = self.shared.lock().copy()?;
        wake(superseded);
        let place = Place {
            number,
            ..Default::default()
        };
        Some(Self {
            shared: self.shared.clone(),
            place,
            done: false,
        })
    }

    /// Says whether [`replay`](Self::replay) would give a copy.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        self.shared.lock().is_replayable()
    }
}

/// Wakes a reader, with no lock held.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// The original body while it is polled, with no lock held. Where that panics, it is lost.
struct Lent<'a, B> {
    shared: &'a Shared<B>,
    inner: Option<B>,
}

impl<B> Drop for Lent<'_, B> {
    fn drop(&mut self) {
        if self.inner.is_some() {
            let waiting = self.shared.lock().lose();
            wake(waiting);
        }
    }
}

type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

impl<B> Body for ReplayBody<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let this = self.get_mut();
        if this.done {
            return Poll::Ready(None);
        }
        let alone = Arc::strong_count(&this.shared) == 1;
        let (next, superseded) = this.shared.lock().next(&mut this.place, alone, cx.waker());
        wake(superseded);
        let polled = match next {
            Next::Kept(piece) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
            Next::Wait => return Poll::Pending,
            Next::Trailers(trailers) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Next::End => Poll::Ready(None),
            Next::Gone => Poll::Ready(Some(Err(BodyGone.into()))),
            Next::Original(inner) => this.poll_original(inner, cx),
        };
        // After an error, trailers or the end nothing comes.
        this.done = match &polled {
            Poll::Ready(Some(Ok(frame))) => frame.is_trailers(),
            Poll::Ready(_) => true,
            Poll::Pending => false,
        };
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.shared.lock().is_at_end(&self.place)
    }

    fn size_hint(&self) -> SizeHint {
        match self.done {
            true => SizeHint::with_exact(0),
            false => self.shared.lock().left(&self.place),
        }
    }
}

impl<B> ReplayBody<B>
where
    B: Body + Unpin,
    B::Error: Into<BoxError>,
{
    /// Polls the original body and keeps what it gives.
    fn poll_original(&self, inner: B, cx: &mut Context<'_>) -> Polled {
        let mut lent = Lent {
            shared: &self.shared,
            inner: Some(inner),
        };
        let inner = lent.inner.as_mut().expect("it was just lent");
        let polled = Pin::new(&mut *inner).poll_frame(cx);
        let polled = polled.map(|frame| {
            frame.map(|result| match result {
                Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
                Err(error) => Err(error.into()),
            })
        });
        let (hint, ended) = (inner.size_hint(), inner.is_end_stream());
        let mut state = self.shared.lock();
        let inner = lent.inner.take();
        let (gone, back) =
            state.take_back(inner, &polled, (hint, ended), self.place.number, cx.waker());
        drop(state);
        wake(back.waiting);
        drop(back.inner);
        match gone {
            true => Poll::Ready(Some(Err(BodyGone.into()))),
            false => polled,
        }
    }
}

impl<B> fmt::Debug for ReplayBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayBody")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
