#![doc = include_str!("../../docs/correlation.md")]

mod correlation;
mod report;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use pin_project::pin_project;
use resilience_core::Deadline;
use tokio::task::futures::TaskLocalFuture;
use tokio::task_local;

pub use self::correlation::CorrelationId;
pub use self::report::Report;

task_local! {
    static CURRENT: CallContext;
}

/// Whether there ever was a context: a process that uses none does not look for it in each layer.
static EVER_SET: AtomicBool = AtomicBool::new(false);

/// What travels with a call from service to service: how long its answer is of use, and what it is
/// called wherever it leaves a trace.
///
/// Within a task it is the [`current`] one; a request of `http` can carry it in its extensions.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Deadline, Env};
/// use resilience_tower::{CallContext, CorrelationId, context};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let env = Env::default();
/// let call = CallContext {
///     deadline: Some(Deadline::within(Duration::from_secs(3), env.now())),
///     correlation_id: Some(CorrelationId::random()),
/// };
/// let seen = context::scope(call.clone(), async { context::current() }).await;
/// assert_eq!(seen, call);
/// assert_eq!(context::current(), CallContext::default());
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CallContext {
    /// When the answer stops being of use, on the clock of the policies.
    pub deadline: Option<Deadline>,
    /// What the call is called.
    pub correlation_id: Option<CorrelationId>,
}

/// A request that can carry a [`CallContext`].
///
/// For a type of your own that carries none, `impl Carries for MyRequest {}` will do.
#[diagnostic::on_unimplemented(
    message = "`http::Failures` does not know whether a `{Self}` carries a deadline",
    note = "send `http::Request<B>`, or write `impl Carries for {Self} {{}}`"
)]
pub trait Carries {
    /// Returns what the request carries. Default: nothing.
    fn context(&self) -> Option<&CallContext> {
        None
    }
}

impl Carries for () {}

/// Returns the context of the call that the running task works for; outside of one, an empty one.
#[must_use]
pub fn current() -> CallContext {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Returns the deadline of the current context.
#[inline]
pub(crate) fn current_deadline() -> Option<Deadline> {
    // Relaxed: whoever runs in a scope runs after its beginning, which set it.
    match EVER_SET.load(Ordering::Relaxed) {
        true => look_for_deadline(),
        false => None,
    }
}

#[inline(never)]
fn look_for_deadline() -> Option<Deadline> {
    CURRENT.try_with(|it| it.deadline).ok().flatten()
}

/// Makes `context` the current one while `future` runs, and while it is dropped.
///
/// Within another scope it takes the place of that one's context whole: what shall stay of it, such as
/// the deadline, is taken over by `..context::current()`.
///
/// A service is called before its future runs, and layers look at the deadline then: call it inside,
/// as in `scope(context, async { service.ready().await?.call(request).await })`. A task that is
/// spawned inside has no context unless it is given one.
pub fn scope<F: Future>(context: CallContext, future: F) -> Scoped<F> {
    EVER_SET.store(true, Ordering::Relaxed);
    Scoped(CURRENT.scope(context, future))
}

/// Makes `context` the current one while `work` is done.
pub fn within<T>(context: CallContext, work: impl FnOnce() -> T) -> T {
    EVER_SET.store(true, Ordering::Relaxed);
    CURRENT.sync_scope(context, work)
}

/// Future of [`scope`].
#[pin_project]
pub struct Scoped<F>(#[pin] TaskLocalFuture<CallContext, F>);

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().0.poll(cx)
    }
}

impl<F> fmt::Debug for Scoped<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoped").finish_non_exhaustive()
    }
}
