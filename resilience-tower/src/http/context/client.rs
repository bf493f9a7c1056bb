//! Middleware that gives a call's context to the callee.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Request;
use pin_project::pin_project;
use resilience_core::{Answer, Ask, Deadlines, Rejected};
use tower_layer::Layer;
use tower_service::Service;

use super::{ContextHeaders, context_of};
use crate::Tower;

/// Writes what is left to a call, and its correlation id, into the headers of its requests.
///
/// The call is that of the [`CallContext`](crate::CallContext) in the request's extensions, and the
/// [current](crate::context::current) one. It belongs innermost, so that each attempt is told what is
/// left then; the policy's own limits, where it has some, clip that further, as to what one attempt
/// may take. A header that is there already is not made longer. A call without an id gets none here,
/// where each attempt would get another.
///
/// ```
/// use std::time::Duration;
/// use http::Request;
/// use resilience_core::{BoxError, Deadlines, DeadlinesConfig, Env};
/// use resilience_tower::{CallContext, CorrelationId, context, http::ClientContextLayer};
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let attempt = DeadlinesConfig { max: Some(Duration::from_secs(2)), ..Default::default() };
/// let mut venue = ServiceBuilder::new()
///     .layer(ClientContextLayer::new(Deadlines::new("venue", attempt, &Env::default())?))
///     .service_fn(|sent: Request<()>| async move { Ok::<_, BoxError>(sent) });
///
/// let call = CallContext { correlation_id: CorrelationId::new("order-7"), ..Default::default() };
/// let sent = context::scope(call, async {
///     venue.ready().await?.call(Request::new(())).await
/// });
/// let sent = sent.await?;
/// assert_eq!(sent.headers()["x-correlation-id"], "order-7");
/// assert_eq!(sent.headers()["x-timeout-ms"], "2000");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// A call whose deadline has passed ends with [`Rejected`]: nothing was sent.
///
/// # Cancel safety
///
/// Dropping the future drops the call.
#[derive(Clone, Debug)]
pub struct ClientContextLayer {
    deadlines: Deadlines,
    headers: Arc<ContextHeaders>,
}

impl ClientContextLayer {
    /// Creates a layer with headers of the default names.
    #[must_use]
    pub fn new(deadlines: Deadlines) -> Self {
        let headers = Arc::default();
        Self { deadlines, headers }
    }

    /// Replaces the names of the headers.
    #[must_use]
    pub fn headers(self, headers: ContextHeaders) -> Self {
        let headers = Arc::new(headers);
        Self { headers, ..self }
    }

    /// Writes the context into the headers.
    fn write<B>(&self, req: &mut Request<B>) -> Result<(), Rejected> {
        let context = context_of(req);
        let mut ask = Ask::default();
        ask.deadline = context.deadline;
        let headers = req.headers_mut();
        let granted = self.deadlines.begin(self.headers.left(headers), &ask)?;
        if let Some(granted) = granted {
            self.headers.write_left(granted.left, headers);
        }
        if let Some(id) = context.correlation_id {
            self.headers.write_correlation_id(&id, headers);
        }
        Ok(())
    }
}

impl<S> Layer<S> for ClientContextLayer {
    type Service = ClientContext<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let layer = self.clone();
        ClientContext { inner, layer }
    }
}

/// A client that tells its callees what is left to a call, and what it is called.
#[derive(Clone, Debug)]
pub struct ClientContext<S> {
    inner: S,
    layer: ClientContextLayer,
}

impl<S, B> Service<Request<B>> for ClientContext<S>
where
    S: Service<Request<B>>,
    Result<S::Response, S::Error>: Answer<Rejected, Tower>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ClientContextFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut req: Request<B>) -> Self::Future {
        let state = match self.layer.write(&mut req) {
            Ok(()) => State::Called(self.inner.call(req)),
            Err(reason) => State::Refused(Some(reason)),
        };
        ClientContextFuture { state }
    }
}

/// Response future of [`ClientContext`].
#[pin_project]
pub struct ClientContextFuture<F> {
    #[pin]
    state: State<F>,
}

#[pin_project(project = StateProj)]
enum State<F> {
    /// Sent.
    Called(#[pin] F),
    /// Too late to be sent, and not yet said so.
    Refused(Option<Rejected>),
    /// Answered: the call is dropped as soon as it has its answer.
    Done,
}

impl<F: Future> Future for ClientContextFuture<F>
where
    F::Output: Answer<Rejected, Tower>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        let answer = match state.as_mut().project() {
            StateProj::Called(future) => ready!(future.poll(cx)),
            StateProj::Refused(reason) => {
                Answer::answer(reason.take().expect("it is refused once"))
            }
            StateProj::Done => panic!("polled after completion"),
        };
        state.set(State::Done);
        Poll::Ready(answer)
    }
}

impl<F> fmt::Debug for ClientContextFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientContextFuture")
            .finish_non_exhaustive()
    }
}
