//! The routes of the API, and the layers around them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use admf_metrics::Exporter;
use admf_metrics::red::http::HttpMeasureLayer;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Path, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::future::join_all;
use http::{Extensions, StatusCode};
use resilience_core::{
    ConfigError, Deadlines, DeadlinesConfig, Env, Keyed, KeyedConfig, RateLimiter,
    RateLimiterConfig, Timeout, TimeoutConfig,
};
use resilience_tower::http::ServerContextLayer;
use resilience_tower::http::key::Client;
use resilience_tower::{ByKey, GateLayer, TimeoutLayer};
use serde_json::{Value, json};

use super::answer;
use super::check;
use super::desk::{Desk, Upstream};

/// An order is far smaller.
const MAX_BODY: usize = 16 << 10;

/// Requests per second that the API takes, and at once after a quiet time.
const PERMITS: u32 = 200;
const BURST: u32 = 400;

/// The part of them that one client gets: no client takes the rate from all others.
const CLIENT_PERMITS: u32 = PERMITS / 2;
const CLIENT_BURST: u32 = BURST / 2;
/// Clients that are told apart at once; those above it share one rate.
const MAX_CLIENTS: usize = 10_000;
/// Time after which a client who does not ask is forgotten: by far enough to have its burst again.
const CLIENT_IDLE: Duration = Duration::from_secs(600);

struct Api<U> {
    desk: Arc<Desk<U>>,
    env: Env,
}

/// Gives the routes, behind a limit on each client's rate, one on that of all, and one on the time
/// of a request; measured as their clients see them.
pub(super) fn routes<U: Upstream>(
    desk: Arc<Desk<U>>,
    env: &Env,
    limit: Duration,
    exporter: &Exporter,
) -> Result<Router, ConfigError> {
    let total = RateLimiter::new("api", rate(PERMITS, BURST), env)?;
    let clients = KeyedConfig {
        gate: rate(CLIENT_PERMITS, CLIENT_BURST),
        max_keys: MAX_CLIENTS,
        idle: Some(CLIENT_IDLE),
    };
    let clients = ByKey::new(Keyed::new("client", clients, env)?, Client::new(peer));
    let deadlines = DeadlinesConfig {
        max: Some(limit),
        ..DeadlinesConfig::default()
    };
    let deadlines = Deadlines::new("api", deadlines, env)?;
    let limit = Timeout::new("api", TimeoutConfig { timeout: limit }, env)?;
    let measured = HttpMeasureLayer::server(exporter.meter(), template)
        .expect("the catalogue declares what is measured");
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
        .layer(GateLayer::new(total).rate_limit_headers())
        // Outside of the total: what one client asks too much takes nothing from the others.
        .layer(GateLayer::new(clients).rate_limit_headers())
        // What a client says of its deadline and of the name of its call goes on to the venues.
        .layer(ServerContextLayer::new(deadlines))
        .layer(map_response(async |response: Response| {
            answer::explain(response)
        }))
        .layer(measured))
}

fn rate(permits: u32, burst: u32) -> RateLimiterConfig {
    RateLimiterConfig {
        permits,
        per: Duration::from_secs(1),
        burst: Some(burst),
        ..RateLimiterConfig::default()
    }
}

/// Finds the address that a request came from, as the server left it.
fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.ip())
}

/// Finds the template of the route that a request took.
fn template(extensions: &Extensions) -> Option<&str> {
    extensions.get::<MatchedPath>().map(MatchedPath::as_str)
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
