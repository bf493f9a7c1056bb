use std::path::Path;

use super::{Book, BookError};
use crate::{
    broker::{Order, Side, Status},
    venue::testing::order,
};

fn empty() -> Book {
    Book::open("primary", Path::new(":memory:")).unwrap()
}

#[test]
fn a_repeated_order_is_one_execution() {
    let book = empty();
    let first = book.enter(&order("a"), Status::Filled).unwrap();
    let again = book.enter(&order("a"), Status::Filled).unwrap();
    assert_eq!(first, again);
    assert_eq!(first.venue, "primary");
    assert_eq!(book.all().unwrap(), [first]);
}

#[test]
fn a_filled_order_cannot_be_cancelled() {
    let book = empty();
    let filled = book.enter(&order("a"), Status::Filled).unwrap();
    assert_eq!(book.enter(&order("a"), Status::Cancelled).unwrap(), filled);
    assert_eq!(filled.status, Status::Filled);
}

#[test]
fn a_cancelled_order_is_never_filled() {
    let book = empty();
    let cancelled = book.enter(&order("a"), Status::Cancelled).unwrap();
    assert_eq!(book.enter(&order("a"), Status::Filled).unwrap(), cancelled);
    assert_eq!(cancelled.status, Status::Cancelled);
}

#[test]
fn an_id_with_other_contents_is_refused_and_changes_nothing() {
    let book = empty();
    let first = book.enter(&order("a"), Status::Filled).unwrap();
    let others = [
        Order {
            quantity: 11,
            ..order("a")
        },
        Order {
            price: 1,
            ..order("a")
        },
        Order {
            side: Side::Sell,
            ..order("a")
        },
        Order {
            symbol: "MSFT".to_owned(),
            ..order("a")
        },
        Order {
            at: 8,
            ..order("a")
        },
    ];
    for other in others {
        for status in [Status::Filled, Status::Cancelled] {
            let error = book.enter(&other, status).unwrap_err();
            assert!(matches!(error, BookError::Reused(id) if id == "a"));
        }
    }
    assert_eq!(book.all().unwrap(), [first]);
}

#[test]
fn entries_are_listed_in_the_order_in_which_they_were_made() {
    let book = empty();
    for id in ["c", "a", "b", "a"] {
        book.enter(&order(id), Status::Filled).unwrap();
    }
    let ids: Vec<_> = book
        .all()
        .unwrap()
        .into_iter()
        .map(|e| e.client_id)
        .collect();
    assert_eq!(ids, ["c", "a", "b"]);
}

#[test]
fn a_reopened_book_says_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.sqlite");
    let book = Book::open("primary", &path).unwrap();
    let filled = book.enter(&order("a"), Status::Filled).unwrap();
    let cancelled = book.enter(&order("b"), Status::Cancelled).unwrap();
    drop(book);

    let book = Book::open("primary", &path).unwrap();
    assert_eq!(book.all().unwrap(), [filled.clone(), cancelled.clone()]);
    assert_eq!(book.enter(&order("a"), Status::Filled).unwrap(), filled);
    assert_eq!(book.enter(&order("b"), Status::Filled).unwrap(), cancelled);
    assert_eq!(book.lookup("c").unwrap(), None);
}

#[test]
fn a_book_that_cannot_be_opened_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Book::open("primary", &folder.path().join("none/book")).is_err());
    let text = folder.path().join("text");
    std::fs::write(
        &text,
        "this is no database, and long enough that SQLite sees it".repeat(20),
    )
    .unwrap();
    assert!(Book::open("primary", &text).is_err());
}

#[test]
fn threads_that_race_for_one_id_agree_on_what_became_of_it() {
    let book = empty();
    for n in 0..50 {
        let order = order(&format!("order-{n}"));
        let (filled, cancelled) = std::thread::scope(|scope| {
            let filled = scope.spawn(|| book.enter(&order, Status::Filled).unwrap());
            let cancelled = scope.spawn(|| book.enter(&order, Status::Cancelled).unwrap());
            (filled.join().unwrap(), cancelled.join().unwrap())
        });
        assert_eq!(filled, cancelled);
    }
}
