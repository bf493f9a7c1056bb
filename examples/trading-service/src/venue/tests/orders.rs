//! Orders over real HTTP, in calm weather.

use crate::{
    broker::{Broker, Order, Status},
    day::Scenario,
    market::{MarketData, Quote},
    venue::{
        VenueError,
        testing::{Server, order},
    },
};

#[tokio::test]
async fn a_repeated_id_is_one_execution() {
    let server = Server::start(Scenario::Calm).await;
    let client = server.client();
    let first = client.submit(&order("a"), 1).await.unwrap();
    let again = client.submit(&order("a"), 2).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(first.status, Status::Filled);
    assert_eq!(first.venue, client.name());
    assert_eq!(client.book(3).await.unwrap(), [first]);
}

#[tokio::test]
async fn orders_that_race_with_one_id_are_one_execution() {
    let server = Server::start(Scenario::Calm).await;
    let client = server.client();
    let order = order("a");
    let (one, two, three) = tokio::join!(
        client.submit(&order, 1),
        client.submit(&order, 1),
        client.submit(&order, 1)
    );
    let one = one.unwrap();
    assert_eq!(two.unwrap(), one);
    assert_eq!(three.unwrap(), one);
    assert_eq!(client.book(3).await.unwrap(), [one]);
}

#[tokio::test]
async fn an_id_reused_with_other_contents_is_a_conflict() {
    let server = Server::start(Scenario::Calm).await;
    let client = server.client();
    let first = client.submit(&order("a"), 1).await.unwrap();
    let other = Order {
        quantity: 11,
        ..order("a")
    };
    for answer in [
        client.submit(&other, 1).await,
        client.cancel(&other, 1).await,
    ] {
        let error = answer.unwrap_err().to_string();
        assert_eq!(
            error,
            "the venue answered 409 Conflict: client_id: \"a\" belongs to an order with other \
             contents"
        );
    }
    assert_eq!(client.book(1).await.unwrap(), [first]);
}

#[tokio::test]
async fn a_lookup_tells_what_became_of_an_order() {
    let server = Server::start(Scenario::Calm).await;
    let client = server.client();
    assert_eq!(client.lookup("a", 1).await.unwrap(), None);
    let filled = client.submit(&order("a"), 1).await.unwrap();
    assert_eq!(client.lookup("a", 1).await.unwrap(), Some(filled));
    assert_eq!(client.lookup("a/b?c#d% ü", 1).await.unwrap(), None);
}

#[tokio::test]
async fn cancelling_a_filled_order_tells_that_it_was_filled() {
    let server = Server::start(Scenario::Calm).await;
    let client = server.client();
    let filled = client.submit(&order("a"), 1).await.unwrap();
    assert_eq!(client.cancel(&order("a"), 1).await.unwrap(), filled);
    assert_eq!(client.book(1).await.unwrap(), [filled]);
}

#[tokio::test]
async fn an_order_that_arrives_after_its_cancellation_is_not_executed() {
    let server = Server::start(Scenario::Calm).await;
    let client = server.client();
    let cancelled = client.cancel(&order("a"), 1).await.unwrap();
    assert_eq!(cancelled.status, Status::Cancelled);
    assert_eq!(client.submit(&order("a"), 2).await.unwrap(), cancelled);
    assert_eq!(client.cancel(&order("a"), 2).await.unwrap(), cancelled);
    assert_eq!(client.lookup("a", 2).await.unwrap(), Some(cancelled));
}

#[tokio::test]
async fn a_restarted_venue_knows_its_book() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book.sqlite");
    let server = Server::with_book(Scenario::Calm, &book).await;
    let filled = server.client().submit(&order("a"), 1).await.unwrap();
    let cancelled = server.client().cancel(&order("b"), 1).await.unwrap();
    drop(server);

    let server = Server::with_book(Scenario::Calm, &book).await;
    let client = server.client();
    assert_eq!(client.submit(&order("a"), 2).await.unwrap(), filled);
    assert_eq!(client.submit(&order("b"), 2).await.unwrap(), cancelled);
    assert_eq!(client.book(2).await.unwrap(), [filled, cancelled]);
}

#[tokio::test]
async fn a_quote_is_the_latest_price_of_the_feed() {
    let server = Server::start(Scenario::Calm).await;
    let client = server.client();
    let quote = |price, at| Quote {
        symbol: "IBM".to_owned(),
        price,
        at,
    };
    let unknown = client.quote("IBM", 1).await.unwrap_err();
    assert!(matches!(unknown, VenueError::Status { status, .. } if status == 404));
    client.feed(&quote(100, 1)).await.unwrap();
    client.feed(&quote(102, 3)).await.unwrap();
    client.feed(&quote(101, 2)).await.unwrap();
    assert_eq!(client.quote("IBM", 3).await.unwrap(), quote(102, 3));
    assert!(client.quote("MSFT", 3).await.is_err());
}

#[tokio::test]
async fn a_calm_venue_is_well() {
    let server = Server::start(Scenario::Calm).await;
    server.client().health(1).await.unwrap();
}
