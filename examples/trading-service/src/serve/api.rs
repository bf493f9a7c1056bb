//! The routes of the API, and the layers around them.

use std::sync::Arc;
use std::time::Duration;

use admf_metrics::{Counter, Exporter};
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::future::join_all;
use http::StatusCode;
use resilience_core::{ConfigError, Env, RateLimiter, RateLimiterConfig, Timeout, TimeoutConfig};
use resilience_tower::{GateLayer, TimeoutLayer};
use serde_json::{Value, json};

use super::answer;
use super::check;
use super::desk::{Desk, Upstream};
use crate::ops::API_REQUESTS;

/// An order is far smaller.
const MAX_BODY: usize = 16 << 10;

/// Requests per second that the API takes, and at once after a quiet time.
const PERMITS: u32 = 200;
const BURST: u32 = 400;

struct Api<U> {
    desk: Arc<Desk<U>>,
    env: Env,
}

/// Gives the routes, behind a limit on the rate and one on the time of a request.
pub(super) fn routes<U: Upstream>(
    desk: Arc<Desk<U>>,
    env: &Env,
    limit: Duration,
    exporter: &Exporter,
) -> Result<Router, ConfigError> {
    let rate = RateLimiterConfig {
        permits: PERMITS,
        per: Duration::from_secs(1),
        burst: Some(BURST),
        ..RateLimiterConfig::default()
    };
    let rate = RateLimiter::new("api", rate, env)?;
    let limit = Timeout::new("api", TimeoutConfig { timeout: limit }, env)?;
    let api = Arc::new(Api {
        desk,
        env: env.clone(),
    });
    // The last layer is the outermost.
    Ok(Router::new()
        .route("/api/quotes", get(quotes::<U>))
        .route("/api/quotes/{symbol}", get(quote::<U>))
        .route("/api/orders", post(place::<U>))
        .route("/api/orders/{client_id}", get(order::<U>))
        .fallback(async || answer::problem(StatusCode::NOT_FOUND, "path: is unknown"))
        .method_not_allowed_fallback(async || {
            answer::problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "method: is not one of this path",
            )
        })
        .with_state(api)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::new(limit))
        .layer(GateLayer::new(rate))
        .layer(map_response(async |response: Response| {
            answer::explain(response)
        }))
        .layer(from_fn_with_state(Requests::new(exporter), count)))
}

async fn quotes<U: Upstream>(State(api): State<Arc<Api<U>>>) -> Response {
    let symbols = &api.desk.bars().symbols;
    let told = join_all(symbols.iter().map(|symbol| api.desk.quote(symbol))).await;
    let mut quotes = Vec::new();
    let mut refusal = None;
    for (symbol, told) in symbols.iter().zip(told) {
        match told {
            Ok(told) => quotes.push(answer::quote(&told)),
            Err(error) => {
                let line = answer::why_no_quote(symbol, &error);
                quotes.push(json!({ "symbol": symbol, "error": line }));
                refusal.get_or_insert((symbol, error));
            }
        }
    }
    let some = quotes.iter().any(|quote| quote.get("price").is_some());
    match refusal {
        Some((symbol, error)) if !some => answer::no_quote(symbol, &error),
        _ => Json(json!({ "quotes": Value::from(quotes) })).into_response(),
    }
}

async fn quote<U: Upstream>(
    State(api): State<Arc<Api<U>>>,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let Path(symbol) = match path {
        Ok(symbol) => symbol,
        Err(error) => return misspelt(&error),
    };
    if api.desk.symbol(&symbol).is_none() {
        return answer::unknown("symbol", &symbol);
    }
    match api.desk.quote(&symbol).await {
        Ok(told) => Json(answer::quote(&told)).into_response(),
        Err(error) => answer::no_quote(&symbol, &error),
    }
}

async fn place<U: Upstream>(
    State(api): State<Arc<Api<U>>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            let line = format!("body: {}", error.body_text());
            return answer::problem(error.status(), &line);
        }
    };
    let order = match check::order(&body, &api.desk.bars().symbols) {
        Ok(order) => order,
        Err(bad) => return answer::bad_order(bad),
    };
    match api.desk.place(order.clone()).await {
        Ok(fate) => answer::order(&order, Some(&fate), &api.env),
        Err(refused) => answer::not_taken(&refused, &order, &api.desk.limits()),
    }
}

async fn order<U: Upstream>(
    State(api): State<Arc<Api<U>>>,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let Path(client_id) = match path {
        Ok(client_id) => client_id,
        Err(error) => return misspelt(&error),
    };
    match api.desk.find(&client_id) {
        Some((order, fate)) => answer::order(&order, fate.as_ref(), &api.env),
        None => answer::unknown("client_id", &client_id),
    }
}

fn misspelt(error: &PathRejection) -> Response {
    answer::problem(error.status(), &format!("path: {}", error.body_text()))
}

/// The counters of requests, by route and class of status.
#[derive(Clone)]
struct Requests(Arc<Vec<(&'static str, u16, Counter)>>);

impl Requests {
    fn new(exporter: &Exporter) -> Self {
        let routes = ["quotes", "quote", "orders", "order"];
        let classes = [(2, "2xx"), (4, "4xx"), (5, "5xx")];
        let each = routes.iter().flat_map(|route| {
            classes.iter().map(move |(class, status)| {
                let labels = [("route", *route), ("status", *status)];
                let counter = exporter.counter(&API_REQUESTS, &labels);
                let counter = counter.expect("the catalogue declares it with these labels");
                (*route, *class, counter)
            })
        });
        Self(Arc::new(each.collect()))
    }
}

async fn count(
    State(Requests(counters)): State<Requests>,
    request: Request,
    next: Next,
) -> Response {
    let route = match request.uri().path() {
        "/api/quotes" => "quotes",
        "/api/orders" => "orders",
        path if path.starts_with("/api/quotes/") => "quote",
        path if path.starts_with("/api/orders/") => "order",
        _ => "",
    };
    let response = next.run(request).await;
    let class = response.status().as_u16() / 100;
    if let Some((_, _, counter)) = counters
        .iter()
        .find(|(of, status, _)| (*of, *status) == (route, class))
    {
        counter.increment(1);
    }
    response
}
