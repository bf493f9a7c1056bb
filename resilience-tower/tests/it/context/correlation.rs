//! Scopes, correlation ids and where they show.

use resilience_tower::context::Report;
use resilience_tower::http::ContextHeaders;
use resilience_tower::{GateLayer, TraceObserver};
use tokio::task::JoinSet;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, info, span};
use tracing_subscriber::layer::{Context, Layer as LogLayer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use super::*;
use crate::common::fragile;

#[tokio::test(start_paused = true)]
async fn a_context_ends_with_its_scope_and_is_not_that_of_a_task_spawned_within() {
    let call = |id: &str| CallContext {
        correlation_id: CorrelationId::new(id),
        ..Default::default()
    };
    let id = || context::current().correlation_id.map(|it| it.to_string());
    let seen = context::scope(call("a"), async {
        let inner = context::scope(call("b"), async { id() }).await;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { id() });
        let spawned = tasks.join_next().await.unwrap().unwrap();
        tasks.spawn(context::scope(context::current(), async move { id() }));
        let given = tasks.join_next().await.unwrap().unwrap();
        (id(), inner, spawned, given)
    });
    let [a, b] = ["a", "b"].map(|it| Some(it.to_owned()));
    assert_eq!(seen.await, (a.clone(), b, None, a));
    assert_eq!(id(), None);
    assert_eq!(context::within(call("c"), id), Some("c".to_owned()));
    assert_eq!(id(), None);
}

#[tokio::test(start_paused = true)]
async fn an_id_from_outside_is_kept_only_if_it_is_fit_and_else_replaced() {
    let (_, layer) = server(DeadlinesConfig::default());
    let handler = || async { context::current().correlation_id.unwrap().to_string() };
    let app: Router = Router::new().route("/", get(handler)).layer(layer);
    let id = async |headers: &[(&'static str, &str)]| {
        let response = send(&app, headers).await;
        let said = response.headers()["x-correlation-id"].clone();
        let body = axum::body::to_bytes(response.into_body(), 1_000).await;
        assert_eq!(body.unwrap(), said.as_bytes());
        said.to_str().unwrap().to_owned()
    };
    assert_eq!(id(&[("x-correlation-id", "order-7")]).await, "order-7");
    assert_eq!(id(&[("x-request-id", "r-1")]).await, "r-1");
    let long = "x".repeat(129);
    for unfit in ["", "a b", &long] {
        let made = id(&[("x-correlation-id", unfit)]).await;
        assert_eq!(made.len(), 32, "{unfit:?}");
    }
    assert_ne!(id(&[]).await, id(&[]).await);
}

#[tokio::test(start_paused = true)]
async fn the_headers_have_the_names_that_they_are_given() {
    let headers = || ContextHeaders {
        timeout_ms: ::http::HeaderName::from_static("x-left"),
        correlation_ids: vec![::http::HeaderName::from_static("x-trace")],
    };
    let callee = Callee::default();
    let app = calling_on(SECOND, client().headers(headers()).layer(callee.service()));
    let app = app.layer(server(DeadlinesConfig::default()).1.headers(headers()));
    let response = send(&app, &[("x-left", "3000"), ("x-trace", "t")]).await;
    assert_eq!(response.headers()["x-trace"], "t");
    let sent = callee.sent();
    assert_eq!(sent[0]["x-left"], "2000");
    assert_eq!(sent[0]["x-trace"], "t");
    assert!(!sent[0].contains_key("x-correlation-id"));
}

/// Remembers what is logged, each line with the correlation ids of its spans and fields.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<Line>>>);

/// A message and its correlation ids.
type Line = (String, Vec<String>);

#[derive(Default)]
struct Fields {
    message: String,
    id: Option<String>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "correlation_id" => self.id = Some(format!("{value:?}").replace('"', "")),
            _ => {}
        }
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> LogLayer<S> for Log {
    fn on_new_span(&self, attrs: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attrs.record(&mut fields);
        let span = context.span(id).unwrap();
        span.extensions_mut().insert(fields);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut ids: Vec<_> = fields.id.into_iter().collect();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Fields { id: Some(id), .. }) = span.extensions().get() {
                ids.push(format!("{}:{id}", span.name()));
            }
        }
        self.0.lock().unwrap().push((fields.message, ids));
    }
}

#[tokio::test(start_paused = true)]
async fn spans_events_and_reports_of_both_hops_bear_the_same_id() {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber);

    let breaker = fragile(&env().with_observer(Arc::new(TraceObserver)));
    let down = GateLayer::http(breaker).layer(failing(&env()));
    let handler = move || {
        let down = down.clone();
        async move {
            let _ = down.clone().oneshot(with(&[])).await;
            let error = down.oneshot(with(&[])).await.unwrap_err();
            info!("{}", Report::new(&*error));
        }
    };
    let second: Router = Router::new().route("/", get(handler));
    let second = second.layer(server(DeadlinesConfig::default()).1);
    let second = can_fail(second);
    let first = calling_on(Duration::ZERO, client().layer(second));
    let first = first.layer(server(DeadlinesConfig::default()).1);

    // As a server does, in a task of its own.
    let response = send(&first, &[("x-correlation-id", "order-7")]).await;
    assert_eq!(response.headers()["x-correlation-id"], "order-7");
    let lines = log.0.lock().unwrap().clone();
    let [(moved, of_event), (report, of_line)] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(moved, "circuit moved");
    let span = "call:order-7".to_owned();
    assert_eq!(
        of_event[..],
        ["order-7".to_owned(), span.clone(), span.clone()]
    );
    assert_eq!(of_line[..], [span.clone(), span]);
    assert!(
        report.starts_with("call rejected by venue: circuit open"),
        "{report}"
    );
    assert!(report.ends_with(" correlation_id=order-7"), "{report}");
}
