//! A quote is the venue's, or that of a moment ago, or the last good one.

use super::*;
use crate::day::Fault;

#[tokio::test(start_paused = true)]
async fn a_quote_is_asked_again_where_it_failed() {
    let bench = Bench::new();
    bench.primary.price("IBM", 100);
    bench.primary.script([Fault::DropReply, Fault::Refuse]);
    assert_eq!(bench.stack.quote("IBM", 1).await.unwrap().price, 100);
}

#[tokio::test(start_paused = true)]
async fn a_quote_takes_what_its_venue_takes_and_silent_venues_no_longer_than_the_limit() {
    let bench = Bench::new();
    bench.primary.price("IBM", 100);
    bench.primary.weather(Fault::SlowAfter(ms(30)));
    let asked = tokio::time::Instant::now();
    bench.stack.quote("IBM", 1).await.unwrap();
    assert_eq!(asked.elapsed(), ms(30), "no policy waits where all is well");

    bench.primary.weather(Fault::BlackHole);
    bench.backup.weather(Fault::BlackHole);
    let asked = tokio::time::Instant::now();
    assert!(bench.stack.quote("MSFT", 1).await.is_err());
    assert!(asked.elapsed() <= Times::new(ORDER).quote);
}

#[tokio::test(start_paused = true)]
async fn the_last_good_quote_answers_for_venues_that_are_down() {
    let bench = Bench::new();
    bench.primary.price("IBM", 100);
    assert_eq!(bench.stack.quote("IBM", 1).await.unwrap().price, 100);
    bench.primary.price("IBM", 101);
    pass(ms(5)).await;
    bench.primary.weather(Fault::BlackHole);
    bench.backup.weather(Fault::Refuse);
    let kept = bench.stack.quote("IBM", 2).await.unwrap();
    assert_eq!((kept.price, kept.at), (100, 1));
    assert!(
        bench.stack.quote("MSFT", 2).await.is_err(),
        "it is of this symbol only"
    );
}

#[tokio::test(start_paused = true)]
async fn quotes_come_from_the_backup_after_a_failover() {
    let bench = Bench::new();
    bench.backup.price("IBM", 200);
    bench.primary.weather(Fault::Refuse);
    for id in ["a", "b", "c"] {
        bench.execute(id).await;
    }
    assert_eq!(bench.stack.quote("IBM", 1).await.unwrap().price, 200);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_symbol_is_not_remembered_as_a_good_answer() {
    let bench = Bench::new();
    assert!(bench.stack.quote("IBM", 1).await.is_err());
    assert_eq!(
        bench.primary.reached("IBM"),
        1,
        "asking again would not help"
    );
    bench.primary.price("IBM", 100);
    assert_eq!(bench.stack.quote("IBM", 1).await.unwrap().price, 100);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_who_ask_at_once_share_one_question() {
    let bench = Bench::new();
    bench.primary.price("IBM", 100);
    bench.primary.weather(Fault::SlowAfter(ms(2)));
    let asked = (0..100).map(|_| bench.stack.quote("IBM", 1));
    for told in join_all(asked).await {
        assert_eq!(told.unwrap().price, 100);
    }
    assert_eq!(bench.primary.reached("IBM"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_quote_is_asked_for_again_after_its_moment() {
    let bench = Bench::new();
    bench.primary.price("IBM", 100);
    assert_eq!(bench.stack.quote("IBM", 1).await.unwrap().price, 100);
    bench.primary.price("IBM", 101);
    pass(ms(4)).await;
    assert_eq!(bench.stack.quote("IBM", 1).await.unwrap().price, 100);
    pass(ms(1)).await;
    assert_eq!(bench.stack.quote("IBM", 1).await.unwrap().price, 101);
    assert_eq!(bench.primary.reached("IBM"), 2);
}
