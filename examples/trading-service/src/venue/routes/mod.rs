//! What a venue answers, and what it does instead on a bad day.

mod problem;

use std::{
    collections::{HashMap, hash_map::Entry},
    future,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tokio::{task, time};

use self::problem::Problem;
use super::{book::Book, server::HangUp};
use crate::{
    broker::{Order, Status},
    day::{Day, Fault, Request, VenueName},
    market::Quote,
};

/// The header that tells the trading clock.
pub(super) const AT: &str = "x-at";

/// Answers for one venue.
#[derive(Debug)]
pub(super) struct Desk {
    name: VenueName,
    day: Day,
    book: Book,
    quotes: Mutex<HashMap<String, Quote>>,
    seen: Mutex<HashMap<(Request, String), Seen>>,
}

/// How often a request was seen at the last position of the trading clock that it came with.
///
/// Counted anew at each position: how often a client tried at one bar, which may be a matter of
/// timing, then has no part in the faults of the next.
#[derive(Clone, Copy, Debug)]
struct Seen {
    at: u64,
    times: u32,
}

impl Desk {
    pub(super) fn new(name: VenueName, day: Day, book: Book) -> Self {
        Self {
            name,
            day,
            book,
            quotes: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Does `work` and answers, or does what the day has in store for this request.
    async fn answer(
        self: Arc<Self>,
        request: Request,
        key: &str,
        at: u64,
        work: impl FnOnce(&Self) -> Result<Response, Problem> + Send + 'static,
    ) -> Response {
        let attempt = self.attempt(request, key, at);
        let fault = self.day.fault(self.name, request, key, at, attempt);
        match fault {
            Fault::Refuse => Problem::down().into_response(),
            Fault::RateLimited(retry_after) => Problem::rate_limited(retry_after),
            // Ends when the client closes the connection: the server then drops this future.
            Fault::BlackHole => future::pending().await,
            // A task of its own: what the venue has begun it does, whether or not somebody waits.
            _ => detached(self.carry_out(fault, work))
                .await
                .unwrap_or_else(|_| Problem::failed().into_response()),
        }
    }

    async fn carry_out(
        self: Arc<Self>,
        fault: Fault,
        work: impl FnOnce(&Self) -> Result<Response, Problem> + Send + 'static,
    ) -> Response {
        if let Fault::SlowBefore(delay) = fault {
            time::sleep(delay).await;
        }
        let answer = task::spawn_blocking(move || work(&self).into_response())
            .await
            .unwrap_or_else(|_| Problem::failed().into_response());
        match fault {
            Fault::FailAfter => Problem::failed().into_response(),
            Fault::DropReply => HangUp::response(),
            Fault::SlowAfter(delay) => {
                time::sleep(delay).await;
                answer
            }
            _ => answer,
        }
    }

    fn attempt(&self, request: Request, key: &str, at: u64) -> u32 {
        let mut seen = self.seen.lock().expect("nothing panics while it counts");
        let seen = seen
            .entry((request, key.to_owned()))
            .or_insert(Seen { at, times: 0 });
        if seen.at != at {
            *seen = Seen { at, times: 0 };
        }
        seen.times = seen.times.saturating_add(1);
        seen.times
    }

    /// Takes a price from the feed; an older one than is known changes nothing.
    fn feed(&self, quote: Quote) {
        let mut quotes = self.quotes.lock().expect("nothing panics while it feeds");
        match quotes.entry(quote.symbol.clone()) {
            Entry::Occupied(mut known) if known.get().at <= quote.at => {
                known.insert(quote);
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(unknown) => {
                unknown.insert(quote);
            }
        }
    }

    fn quote(&self, symbol: &str) -> Option<Quote> {
        let quotes = self.quotes.lock().expect("nothing panics while it feeds");
        quotes.get(symbol).cloned()
    }
}

/// Gives the venue's routes.
pub(super) fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/orders", post(submit))
        .route("/orders/{client_id}", get(lookup).delete(cancel))
        .route("/book", get(book))
        .route("/quotes/{symbol}", get(quote).put(feed))
        .route("/health", get(health))
        .with_state(desk)
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
    let tick: Tick = parse("quote", &body)?;
    name("symbol", &symbol, 16)?;
    at_least_1("price", tick.price)?;
    desk.feed(Quote {
        symbol,
        price: tick.price,
        at: tick.at,
    });
    Ok(StatusCode::NO_CONTENT)
}

async fn health(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Answer {
    let at = required_clock(&headers)?;
    let work = |_: &Desk| Ok("up\n".into_response());
    Ok(desk.answer(Request::Health, "", at, work).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tick {
    price: i64,
    at: u64,
}

fn order(body: &[u8]) -> Result<Order, Problem> {
    let order: Order = parse("order", body)?;
    name("client_id", &order.client_id, 64)?;
    name("symbol", &order.symbol, 16)?;
    at_least_1("quantity", order.quantity.into())?;
    at_least_1("price", order.price)?;
    if i64::try_from(order.at).is_err() {
        let (max, at) = (i64::MAX, order.at);
        return Err(Problem::bad(format_args!(
            "at: must be at most {max}, not {at}"
        )));
    }
    Ok(order)
}

fn parse<'a, T: Deserialize<'a>>(what: &str, body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format_args!("{what}: {error}")))
}

/// Refuses what could not stand in a path and a header as it is.
fn name(field: &str, text: &str, max: usize) -> Result<(), Problem> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    if (1..=max).contains(&text.len()) && text.bytes().all(is_plain) {
        return Ok(());
    }
    Err(Problem::bad(format_args!(
        "{field}: must be 1 to {max} of A-Z a-z 0-9 . _ : -, not {text:?}"
    )))
}

fn at_least_1(field: &str, number: i64) -> Result<(), Problem> {
    if number >= 1 {
        return Ok(());
    }
    Err(Problem::bad(format_args!(
        "{field}: must be at least 1, not {number}"
    )))
}

fn required_clock(headers: &HeaderMap) -> Result<u64, Problem> {
    clock(headers)?.ok_or_else(|| {
        Problem::bad(format_args!(
            "{AT}: the header must tell the trading clock, the number of the bar"
        ))
    })
}

fn clock(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(AT) else {
        return Ok(None);
    };
    let at = value.to_str().ok().and_then(|text| text.parse().ok());
    at.map(Some).ok_or_else(|| {
        Problem::bad(format_args!(
            "{AT}: must be the number of a bar, not {value:?}"
        ))
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a binary has a runtime, and a client that goes away must not undo what was begun"
)]
fn detached<F>(work: F) -> task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(work)
}
