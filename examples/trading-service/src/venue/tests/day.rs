//! Whole days on paused time, through both venues: what they do to a client that is naive, and that
//! cancel-or-tell is enough for one that is not.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::time;
use tower::{BoxError, Service, ServiceExt, service_fn};

use crate::{
    broker::{Broker, Execution, Order, Status},
    day::{Day, Scenario, VenueName},
    venue::{VenueClient, book::Book, desk::Desk, routes::routes, server::HangUp, testing::order},
};

const BARS: u64 = 12_154;
const ORDERS: u64 = 1_500;

/// A venue without sockets, whose client waits 100 ms for it.
fn venue(
    name: VenueName,
    scenario: Scenario,
) -> VenueClient<
    impl Service<Request<Full<Bytes>>, Response = Response<Bytes>, Error = BoxError, Future: Send>
    + Clone
    + Send
    + Sync,
> {
    let book = Book::open(name.as_str(), Path::new(":memory:")).unwrap();
    let day = Day::new(scenario, 42, BARS);
    let routes = routes(Arc::new(Desk::new(name, day, book)));
    let service = service_fn(move |request: Request<Full<Bytes>>| {
        let answer = answer(routes.clone(), request);
        async { time::timeout(Duration::from_millis(100), answer).await? }
    });
    VenueClient::new(name, SocketAddr::from((Ipv4Addr::LOCALHOST, 9)), service)
}

async fn answer(
    routes: Router,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, BoxError> {
    let response = routes
        .oneshot(request.map(Body::new))
        .await
        .unwrap_or_else(|never: Infallible| match never {});
    if response.extensions().get::<HangUp>().is_some() {
        return Err(HangUp.into());
    }
    let (head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Response::from_parts(head, body))
}

fn orders() -> impl Iterator<Item = Order> {
    (0..ORDERS).map(|n| Order {
        at: n * BARS / ORDERS,
        ..order(&format!("order-{n}"))
    })
}

/// How often each order was filled, at both venues together, once nothing is under way any more.
async fn fills(venues: [&impl Broker; 2]) -> HashMap<String, usize> {
    time::sleep(Duration::from_secs(1)).await;
    let mut fills = HashMap::new();
    for venue in venues {
        let book = until_answered(|at| venue.book(at), BARS).await;
        for execution in book.into_iter().filter(is_filled) {
            *fills.entry(execution.client_id).or_default() += 1;
        }
    }
    fills
}

fn is_filled(execution: &Execution) -> bool {
    execution.status == Status::Filled
}

/// Asks again and again, while the trading clock runs, until there is an answer.
async fn until_answered<T, E, F>(ask: impl Fn(u64) -> F, mut at: u64) -> T
where
    F: Future<Output = Result<T, E>>,
{
    loop {
        match ask(at).await {
            Ok(answer) => return answer,
            Err(_) => at += 25,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_day_makes_a_client_that_goes_elsewhere_unasked_trade_twice() {
    let primary = venue(VenueName::Primary, Scenario::Default);
    let backup = venue(VenueName::Backup, Scenario::Default);
    for order in orders() {
        if primary.submit(&order, order.at).await.is_err() {
            let _ = backup.submit(&order, order.at).await;
        }
    }
    let fills = fills([&primary, &backup]).await;
    let twice = fills.values().filter(|times| **times == 2).count();
    assert!(twice > 36, "{twice} orders were executed twice");
}

#[tokio::test(start_paused = true)]
async fn the_default_day_makes_a_client_that_gives_up_own_what_it_does_not_know() {
    let primary = venue(VenueName::Primary, Scenario::Default);
    let mut failed = Vec::new();
    for order in orders() {
        if primary.submit(&order, order.at).await.is_err() {
            failed.push(order.client_id);
        }
    }
    let backup = venue(VenueName::Backup, Scenario::Default);
    let fills = fills([&primary, &backup]).await;
    let unknown = failed.iter().filter(|id| fills.contains_key(*id)).count();
    assert!(unknown > 36, "{unknown} executions are unknown");
    assert!(unknown < failed.len(), "some failures are real");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_cancels_before_it_goes_elsewhere_trades_each_order_once() {
    for scenario in [Scenario::Default, Scenario::Meltdown, Scenario::Slow] {
        let primary = venue(VenueName::Primary, scenario);
        let backup = venue(VenueName::Backup, scenario);
        for order in orders() {
            if primary.submit(&order, order.at).await.is_ok() {
                continue;
            }
            let told = until_answered(|at| primary.cancel(&order, at), order.at).await;
            if told.status == Status::Cancelled {
                until_answered(|at| backup.submit(&order, at), order.at).await;
            }
        }
        let fills = fills([&primary, &backup]).await;
        assert_eq!(fills.len() as u64, ORDERS, "{scenario}");
        assert!(fills.values().all(|times| *times == 1), "{scenario}");
    }
}
