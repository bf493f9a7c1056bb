//! Middleware that takes a call's context from its caller.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use pin_project::pin_project;
use resilience_core::deadline::Granted;
use resilience_core::{Answer, Ask, Deadlines, Elapsed, Rejected};
use tokio::time::{Instant, Sleep, sleep};
use tower_layer::Layer;
use tower_service::Service;
use tracing::instrument::{Instrument, Instrumented};
use tracing::{Span, info_span};

use super::{ContextHeaders, context_of};
use crate::context::{self, Scoped};
use crate::{CallContext, CorrelationId, Tower};

/// Reads from a request's headers how long its answer is of use and what the call is called, and
/// keeps to both.
///
/// It belongs outermost. Everything inside runs in the [scope](crate::context::scope) of the call,
/// whose context the request carries in its extensions too, and in a span `call` of `tracing`, of
/// level info and target `resilience`, with the field `correlation_id`. An id that is missing, or not
/// fit to be one, is replaced by a [random](CorrelationId::random) one. Responses say it in the header
/// that it is read from first.
///
/// A call that comes too late is refused, and one that is not answered by its deadline is dropped at
/// that moment; both are 504 with the reason in the extensions, or over gRPC the status 4,
/// `DEADLINE_EXCEEDED`. Both are counted by the policy, which also says how much time calls get that
/// ask for none or for too much. The deadline is that of the response, not of its body.
///
/// ```
/// use std::time::Duration;
/// use axum::{Router, routing::get};
/// use resilience_core::{Deadlines, DeadlinesConfig, Env};
/// use resilience_tower::http::ServerContextLayer;
///
/// let config = DeadlinesConfig { max: Some(Duration::from_secs(10)), ..Default::default() };
/// let deadlines = Deadlines::new("quotes", config, &Env::default())?;
/// let app: Router = Router::new()
///     .route("/quotes", get(|| async { "AAPL 187.15" }))
///     .layer(ServerContextLayer::new(deadlines));
/// # Ok::<(), resilience_core::ConfigError>(())
/// ```
///
/// # Errors
///
/// Where the service can fail, a call that comes too late ends with [`Rejected`], nothing was done;
/// and one that is dropped with [`Elapsed`]: it may have taken effect.
///
/// # Cancel safety
///
/// Dropping the future drops the call, as the deadline does, at that moment.
#[derive(Clone, Debug)]
pub struct ServerContextLayer {
    deadlines: Deadlines,
    headers: Arc<ContextHeaders>,
}

impl ServerContextLayer {
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
}

impl<S> Layer<S> for ServerContextLayer {
    type Service = ServerContext<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let layer = self.clone();
        ServerContext { inner, layer }
    }
}

/// A server that keeps to the deadlines and correlation ids of its callers.
#[derive(Clone, Debug)]
pub struct ServerContext<S> {
    inner: S,
    layer: ServerContextLayer,
}

impl<S, Req, Res> Service<Request<Req>> for ServerContext<S>
where
    S: Service<Request<Req>, Response = Response<Res>>,
    Result<Response<Res>, S::Error>: Answer<Rejected, Tower> + Answer<Elapsed, Tower>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ServerContextFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut req: Request<Req>) -> Self::Future {
        let ServerContextLayer { deadlines, headers } = &self.layer;
        let came = context_of(&req);
        let id = came
            .correlation_id
            .or_else(|| headers.correlation_id(req.headers()))
            .unwrap_or_else(CorrelationId::random);
        let mut ask = Ask::default();
        ask.deadline = came.deadline;
        let is_grpc = is_grpc(req.headers());
        let state = match deadlines.begin(headers.left(req.headers()), &ask) {
            Err(reason) => State::Refused(Some(reason)),
            Ok(granted) => {
                let context = CallContext {
                    deadline: granted.map(|it| it.deadline),
                    correlation_id: Some(id.clone()),
                };
                req.extensions_mut().insert(context.clone());
                let span = info_span!(target: "resilience", "call", correlation_id = %id);
                let call = || span.in_scope(|| self.inner.call(req));
                let call = context::within(context.clone(), call);
                State::called(context, call, span, granted, deadlines)
            }
        };
        ServerContextFuture {
            state,
            id,
            headers: headers.clone(),
            is_grpc,
        }
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"))
}

/// Response future of [`ServerContext`].
#[pin_project]
pub struct ServerContextFuture<F> {
    #[pin]
    state: State<F>,
    id: CorrelationId,
    headers: Arc<ContextHeaders>,
    is_grpc: bool,
}

#[pin_project(project = StateProj)]
enum State<F> {
    /// Under way, with a timer from the first wait on where there is a deadline.
    Called {
        #[pin]
        call: Scoped<Instrumented<F>>,
        #[pin]
        timer: Option<Sleep>,
        limit: Option<Limit>,
    },
    /// Too late to be made, and not yet said so.
    Refused(Option<Rejected>),
    /// Answered or cut: the call is dropped at that moment.
    Done,
}

struct Limit {
    deadlines: Deadlines,
    left: Duration,
    /// Since when so much was left.
    since: Instant,
}

impl<F: Future> State<F> {
    fn called(
        context: CallContext,
        call: F,
        span: Span,
        granted: Option<Granted>,
        deadlines: &Deadlines,
    ) -> Self {
        let limit = granted.map(|granted| Limit {
            deadlines: deadlines.clone(),
            left: granted.left,
            since: crate::clock::now(),
        });
        Self::Called {
            call: context::scope(context, call.instrument(span)),
            timer: None,
            limit,
        }
    }
}

impl<F, B, E> Future for ServerContextFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    Result<Response<B>, E>: Answer<Rejected, Tower> + Answer<Elapsed, Tower>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (mut result, is_late) = match this.state.as_mut().project() {
            StateProj::Called { call, timer, limit } => match call.poll(cx) {
                Poll::Ready(result) => (result, false),
                Poll::Pending => {
                    let left = ready!(poll_limit(timer, limit, cx));
                    (Answer::answer(Elapsed::new(left)), true)
                }
            },
            StateProj::Refused(reason) => {
                let reason = reason.take().expect("it is refused once");
                (Answer::answer(reason), true)
            }
            StateProj::Done => panic!("polled after completion"),
        };
        this.state.set(State::Done);
        if let Ok(response) = &mut result {
            if is_late && *this.is_grpc {
                say_deadline_exceeded(response);
            }
            let headers = response.headers_mut();
            this.headers.write_correlation_id(this.id, headers);
        }
        Poll::Ready(result)
    }
}

/// Waits for the moment at which the call is to be cut; returns how much time it had.
fn poll_limit(
    mut timer: Pin<&mut Option<Sleep>>,
    limit: &mut Option<Limit>,
    cx: &mut Context<'_>,
) -> Poll<Duration> {
    let Some(Limit {
        deadlines,
        left,
        since,
    }) = limit
    else {
        return Poll::Pending;
    };
    if timer.is_none() {
        let rest = left.saturating_sub(since.elapsed());
        timer.set(Some(sleep(rest)));
    }
    let armed = timer.as_mut().as_pin_mut().expect("it was just armed");
    ready!(armed.poll(cx));
    if deadlines.try_cut() {
        return Poll::Ready(*left);
    }
    // Too many were: this one goes on to its end.
    *limit = None;
    timer.set(None);
    Poll::Pending
}

/// Makes a response one of gRPC without messages: the status is all there is to say.
fn say_deadline_exceeded<B>(response: &mut Response<B>) {
    *response.status_mut() = StatusCode::OK;
    for (name, value) in [
        ("content-type", "application/grpc"),
        ("grpc-status", "4"),
        ("grpc-message", "the deadline has passed"),
    ] {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
}

impl<F> fmt::Debug for ServerContextFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerContextFuture")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
