mod feed;
mod measured;
mod orders;
mod quotes;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use admf_metrics::red::http::SERVER_METRICS;
use admf_metrics::{Catalogue, Exporter};
use axum::Router;
use axum::body::{Body, to_bytes};
use clap::Parser;
use http::{HeaderMap, Request, StatusCode};
use resilience_core::{BoxError, Env};
use resilience_tower::{CallContext, TokioClock, context};
use serde_json::Value;
use tower::ServiceExt;

use super::api;
use super::desk::Desk;
use crate::broker::{Execution, Order, Status};
use crate::engine::Live;
use crate::market::{MarketData, Quote};
use crate::ops::Console;
use crate::settings::{Cli, Settings};
use crate::testing::first_dates;
use crate::trader::{Fate, Trader, TraderSummary};
use crate::venue::VenueError;

/// What a request may take in these tests.
const LIMIT: Duration = Duration::from_secs(2);

/// The stack as a script; what is not in it succeeds.
#[derive(Clone, Debug, Default)]
struct Script(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    /// What becomes of the next orders; `None` is filled after a time without end.
    fates: VecDeque<Option<Fate>>,
    /// What becomes of orders in doubt.
    settled: Option<Fate>,
    /// Whether nobody ever says.
    settles_never: bool,
    /// What the next quotes are.
    quotes: VecDeque<Result<Quote, BoxError>>,
    /// How long each of them takes.
    quote_takes: Duration,
    executed: Vec<Order>,
    /// What each of them bore.
    calls: Vec<CallContext>,
}

impl Script {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap()
    }
}

impl Trader for Script {
    async fn execute(&self, order: &Order) -> Fate {
        tokio::task::yield_now().await;
        let fate = {
            let mut lines = self.lines();
            lines.executed.push(order.clone());
            lines.calls.push(context::current());
            lines.fates.pop_front()
        };
        match fate {
            Some(Some(fate)) => fate,
            Some(None) => std::future::pending().await,
            None => filled(order),
        }
    }

    async fn settle(&self, _: &Order, _: u64) -> Fate {
        let (settled, never) = {
            let lines = self.lines();
            (lines.settled.clone(), lines.settles_never)
        };
        if never {
            std::future::pending::<()>().await;
        }
        settled.unwrap_or(Fate::InDoubt)
    }

    fn summary(&self) -> TraderSummary {
        TraderSummary::default()
    }
}

impl MarketData for Script {
    type Error = VenueError<BoxError>;

    async fn quote(&self, symbol: &str, at: u64) -> Result<Quote, Self::Error> {
        let fresh = Quote {
            symbol: symbol.to_owned(),
            price: 100,
            at,
        };
        let (next, takes) = {
            let mut lines = self.lines();
            (lines.quotes.pop_front(), lines.quote_takes)
        };
        tokio::time::sleep(takes).await;
        next.unwrap_or(Ok(fresh)).map_err(VenueError::Transport)
    }
}

fn filled(order: &Order) -> Fate {
    Fate::Filled(Execution {
        client_id: order.client_id.clone(),
        symbol: order.symbol.clone(),
        side: order.side,
        quantity: order.quantity,
        price: order.price,
        status: Status::Filled,
        venue: "primary".to_owned(),
    })
}

/// An API on a script, after the first date of the bars.
struct Served {
    script: Script,
    desk: Arc<Desk<Script>>,
    routes: Router,
    exporter: Exporter,
    env: Env,
    /// What the console says.
    lines: Arc<Mutex<Vec<String>>>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    fn retry_after(&self) -> Option<&str> {
        self.headers.get("retry-after")?.to_str().ok()
    }
}

fn served(flags: &[&str]) -> Served {
    served_live(flags, Live::default())
}

fn served_live(flags: &[&str], live: Live) -> Served {
    let flags = std::iter::once(&"trading-service").chain(flags);
    let settings = Settings::try_from(Cli::try_parse_from(flags).unwrap().args).unwrap();
    let bars = Arc::new(first_dates(3));
    let script = Script::default();
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let console: Console = {
        let lines = Arc::clone(&lines);
        Arc::new(move |line| lines.lock().unwrap().push(line.to_owned()))
    };
    let desk = Desk::new(script.clone(), &settings, bars, live).log(console);
    let desk = Arc::new(desk);
    let env = Env::default().with_clock(Arc::new(TokioClock::default()));
    let exporter = Exporter::local(Catalogue::new(SERVER_METRICS).unwrap());
    let routes = api::routes(Arc::clone(&desk), &env, LIMIT, &exporter).unwrap();
    let served = Served {
        script,
        desk,
        routes,
        exporter,
        env,
        lines,
    };
    served.feed(0);
    served
}

impl Served {
    /// Feeds the date of this number.
    fn feed(&self, date: usize) {
        let day = self.desk.bars().days().nth(date).unwrap();
        self.desk.open_day(&day);
    }

    async fn ask(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.routes.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&body).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, Body::empty()).await
    }

    async fn post(&self, order: &Value) -> Answer {
        self.ask("POST", "/api/orders", order.to_string()).await
    }
}
