//! What a venue can be asked.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use resilience_core::{Deadlines, DeadlinesConfig};
use resilience_tower::http::ServerContextLayer;

use super::{
    check::{clock, order, price, required_clock},
    desk::Desk,
    problem::Problem,
};
use crate::{broker::Status, day::Request};

/// Gives the venue's routes, behind what drops work that nobody waits for any more.
pub(super) fn routes(desk: Arc<Desk>) -> Router {
    let deadlines = Deadlines::get_or_new("venue", DeadlinesConfig::default(), &desk.env)
        .expect("the default holds to every rule");
    Router::new()
        .route("/orders", post(submit))
        .route("/orders/{client_id}", get(lookup).delete(cancel))
        .route("/book", get(book))
        .route("/quotes/{symbol}", get(quote).put(feed))
        .route("/health", get(health))
        .with_state(desk)
        .layer(ServerContextLayer::new(deadlines))
}

type Answer = Result<Response, Problem>;

async fn submit(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Answer {
    let order = order(&body)?;
    let at = clock(&headers)?.unwrap_or(order.at);
    let key = order.client_id.clone();
    let work =
        move |desk: &Desk| Ok(Json(desk.book.enter(&order, Status::Filled)?).into_response());
    Ok(desk.answer(Request::Submit, &key, at, work).await)
}

async fn cancel(
    State(desk): State<Arc<Desk>>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let order = order(&body)?;
    if order.client_id != client_id {
        let found = order.client_id;
        return Err(Problem::bad(format_args!(
            "client_id: must be the {client_id:?} of the path, not {found:?}"
        )));
    }
    let at = clock(&headers)?.unwrap_or(order.at);
    let work =
        move |desk: &Desk| Ok(Json(desk.book.enter(&order, Status::Cancelled)?).into_response());
    Ok(desk.answer(Request::Cancel, &client_id, at, work).await)
}

async fn lookup(
    State(desk): State<Arc<Desk>>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let at = required_clock(&headers)?;
    let key = client_id.clone();
    let work = move |desk: &Desk| match desk.book.lookup(&client_id)? {
        Some(execution) => Ok(Json(execution).into_response()),
        None => Err(Problem::unknown("client_id", &client_id)),
    };
    Ok(desk.answer(Request::Lookup, &key, at, work).await)
}

async fn book(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Answer {
    let at = required_clock(&headers)?;
    let work = |desk: &Desk| Ok(Json(desk.book.all()?).into_response());
    Ok(desk.answer(Request::Book, "", at, work).await)
}

async fn quote(
    State(desk): State<Arc<Desk>>,
    Path(symbol): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let at = required_clock(&headers)?;
    let key = symbol.clone();
    let work = move |desk: &Desk| match desk.quote(&symbol) {
        Some(quote) => Ok(Json(quote).into_response()),
        None => Err(Problem::unknown("symbol", &symbol)),
    };
    Ok(desk.answer(Request::Quote, &key, at, work).await)
}

/// Takes a price: the exchange telling the venue, so no fault of the venue's hangs on it.
async fn feed(
    State(desk): State<Arc<Desk>>,
    Path(symbol): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    desk.feed(price(symbol, &body)?);
    Ok(StatusCode::NO_CONTENT)
}

async fn health(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Answer {
    let at = required_clock(&headers)?;
    let work = |_: &Desk| Ok("up\n".into_response());
    Ok(desk.answer(Request::Health, "", at, work).await)
}
