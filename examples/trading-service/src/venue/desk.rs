//! What a venue does with a request, and what instead on a bad day.

use std::{
    collections::{HashMap, hash_map::Entry},
    future,
    sync::{Arc, Mutex},
};

use axum::response::{IntoResponse, Response};
use resilience_core::{Deadline, Env};
use resilience_tower::{TokioClock, context};
use tokio::{task, time};

use super::{book::Book, problem::Problem, server::HangUp};
use crate::{
    day::{Day, Fault, Request, VenueName},
    market::Quote,
};

/// Answers for one venue.
#[derive(Debug)]
pub(super) struct Desk {
    name: VenueName,
    day: Day,
    pub(super) book: Book,
    /// By whose clock deadlines pass.
    pub(super) env: Env,
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
            env: Env::default().with_clock(Arc::new(TokioClock::default())),
            quotes: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Does `work` and answers, or does what the day has in store for this request.
    pub(super) async fn answer(
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
            _ => detached(self.carry_out(fault, context::current().deadline, work))
                .await
                .unwrap_or_else(|_| Problem::failed().into_response()),
        }
    }

    async fn carry_out(
        self: Arc<Self>,
        fault: Fault,
        deadline: Option<Deadline>,
        work: impl FnOnce(&Self) -> Result<Response, Problem> + Send + 'static,
    ) -> Response {
        if let Fault::SlowBefore(delay) = fault {
            time::sleep(delay).await;
            // Not begun, and of no use any more to who asked for it.
            if deadline.is_some_and(|deadline| deadline.has_passed(self.env.now())) {
                return Problem::late().into_response();
            }
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
    pub(super) fn feed(&self, quote: Quote) {
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

    pub(super) fn quote(&self, symbol: &str) -> Option<Quote> {
        let quotes = self.quotes.lock().expect("nothing panics while it feeds");
        quotes.get(symbol).cloned()
    }
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
