use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use resilience_core::{BoxError, BulkheadFull, Name, Rejected};
use tower::buffer::Buffer;
use tower::buffer::future::ResponseFuture as BufferFuture;
use tower_service::Service;

/// An inner service that does as it is told and watches how it is used. Clones share what they
/// watch, but each must be made ready itself.
#[derive(Clone, Debug)]
pub struct Probe(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Direct(Direct),
    Buffered(Buffered),
}

#[derive(Debug)]
struct Buffered {
    shared: Shared,
    buffer: Buffer<u64, ProbeFuture>,
    ready: bool,
}

#[derive(Debug)]
struct Direct {
    shared: Shared,
    ready: bool,
    yielded: bool,
}

/// What one call of a [`Probe`] does. A call that nothing was said of answers with its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Answers with its request.
    Answer,
    /// Answers when it is [released](Probe::release).
    Wait,
    /// Fails with this error.
    Fail(&'static str),
    /// Ends with a refusal: nothing is sent.
    Refuse,
    /// Panics when called.
    PanicInCall,
    /// Panics when its future is polled.
    PanicInPoll,
}

#[derive(Clone, Debug, Default)]
struct Shared(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    steps: VecDeque<Step>,
    pending: bool,
    yields: bool,
    released: bool,
    wakers: Vec<Waker>,
    calls: usize,
    in_flight: usize,
    most_polls: usize,
    called_unready: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Default for Probe {
    fn default() -> Self {
        Self::new([])
    }
}

impl Probe {
    /// Creates a service that is ready and whose calls do `steps`, one after the other.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let shared = Shared::default();
        shared.lock().steps.extend(steps);
        Self(Kind::Direct(Direct::new(shared)))
    }

    /// Makes every wait, for readiness and for an answer, be pending once.
    #[must_use]
    pub fn yielding(self) -> Self {
        self.shared().lock().yields = true;
        self
    }

    /// Puts a buffer with `bound` places before the service. Needs a runtime.
    #[must_use]
    pub fn buffered(self, bound: usize) -> Self {
        let shared = self.shared().clone();
        let buffer = Buffer::new(self, bound);
        Self(Kind::Buffered(Buffered {
            shared,
            buffer,
            ready: false,
        }))
    }

    /// Makes the service pending, or ready again.
    pub fn set_pending(&self, pending: bool) {
        self.shared().lock().pending = pending;
        if !pending {
            self.shared().wake();
        }
    }

    /// Lets the calls that [wait](Step::Wait) answer.
    pub fn release(&self) {
        self.shared().lock().released = true;
        self.shared().wake();
    }

    /// Returns the number of calls.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared().lock().calls
    }

    /// Returns the number of calls whose futures are alive.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared().lock().in_flight
    }

    /// Returns how often the future was polled that was polled most.
    #[must_use]
    pub fn most_polls(&self) -> usize {
        self.shared().lock().most_polls
    }

    /// Says whether an instance was called that had not been made ready.
    #[must_use]
    pub fn was_called_unready(&self) -> bool {
        self.shared().lock().called_unready
    }

    fn shared(&self) -> &Shared {
        match &self.0 {
            Kind::Direct(it) => &it.shared,
            Kind::Buffered(it) => &it.shared,
        }
    }
}

impl Direct {
    fn new(shared: Shared) -> Self {
        Self {
            shared,
            ready: false,
            yielded: false,
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut seen = self.shared.lock();
        if seen.pending {
            seen.wakers.push(cx.waker().clone());
            return Poll::Pending;
        }
        if seen.yields && !self.ready && !self.yielded {
            self.yielded = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.yielded = false;
        self.ready = true;
        Poll::Ready(())
    }

    fn call(&mut self, req: u64) -> ProbeFuture {
        let mut seen = self.shared.lock();
        seen.called_unready |= !self.ready;
        self.ready = false;
        let step = seen.steps.pop_front().unwrap_or(Step::Answer);
        if step == Step::PanicInCall {
            drop(seen);
            quiet_panic();
        }
        seen.calls += usize::from(step != Step::Refuse);
        seen.in_flight += 1;
        let shared = self.shared.clone();
        let yielded = !seen.yields;
        ProbeFuture {
            inner: Inner::Direct(Flight {
                shared,
                step,
                req,
                polls: 0,
                yielded,
            }),
        }
    }
}

impl Buffered {
    fn call(&mut self, req: u64) -> ProbeFuture {
        let inner = match std::mem::take(&mut self.ready) {
            true => Inner::Buffered(Box::pin(self.buffer.call(req))),
            // A buffer would panic.
            false => {
                self.shared.lock().called_unready = true;
                Inner::Unready
            }
        };
        ProbeFuture { inner }
    }
}

impl Clone for Buffered {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            buffer: self.buffer.clone(),
            ready: false,
        }
    }
}

/// Panics without a message on the terminal.
fn quiet_panic() -> ! {
    resume_unwind(Box::new("the panic of a probe"))
}

impl Clone for Direct {
    fn clone(&self) -> Self {
        Self::new(self.shared.clone())
    }
}

impl Service<u64> for Probe {
    type Response = u64;
    type Error = BoxError;
    type Future = ProbeFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match &mut self.0 {
            Kind::Direct(it) => it.poll_ready(cx).map(Ok),
            Kind::Buffered(it) => {
                let ready = it.buffer.poll_ready(cx);
                it.ready = matches!(ready, Poll::Ready(Ok(())));
                ready
            }
        }
    }

    fn call(&mut self, req: u64) -> ProbeFuture {
        match &mut self.0 {
            Kind::Direct(it) => it.call(req),
            Kind::Buffered(it) => it.call(req),
        }
    }
}

/// Response future of [`Probe`].
#[derive(Debug)]
pub struct ProbeFuture {
    inner: Inner,
}

enum Inner {
    Direct(Flight),
    Buffered(Pin<Box<BufferFuture<ProbeFuture>>>),
    Unready,
}

/// A call under way.
struct Flight {
    shared: Shared,
    step: Step,
    req: u64,
    polls: usize,
    yielded: bool,
}

impl Future for ProbeFuture {
    type Output = Result<u64, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().inner {
            Inner::Direct(it) => it.poll(cx),
            Inner::Buffered(it) => it.as_mut().poll(cx),
            Inner::Unready => Poll::Ready(Err("called though it was not ready".into())),
        }
    }
}

impl Flight {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<u64, BoxError>> {
        let mut seen = self.shared.lock();
        self.polls += 1;
        seen.most_polls = seen.most_polls.max(self.polls);
        if !self.yielded {
            self.yielded = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.step {
            Step::Wait if !seen.released => {
                seen.wakers.push(cx.waker().clone());
                Poll::Pending
            }
            Step::Answer | Step::Wait => Poll::Ready(Ok(self.req)),
            Step::Fail(text) => Poll::Ready(Err(text.into())),
            Step::Refuse => {
                let full = BulkheadFull::new(Name::from("probe"), 0, 0);
                Poll::Ready(Err(Rejected::from(full).into()))
            }
            Step::PanicInCall | Step::PanicInPoll => {
                drop(seen);
                quiet_panic()
            }
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.shared.lock().in_flight -= 1;
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct(_) => "Direct",
            Self::Buffered(_) => "Buffered",
            Self::Unready => "Unready",
        })
    }
}
