//! An order's deadline and its correlation id go wherever it goes.

use super::*;
use crate::day::Fault;

/// Calls as for somebody who waits so long.
async fn within<T>(bench: &Bench, left: Duration, work: impl Future<Output = T>) -> T {
    let deadline = Deadline::within(left, bench.stack.env().now());
    let call = CallContext {
        deadline: Some(deadline),
        correlation_id: CorrelationId::new("asked-7"),
    };
    context::scope(call, work).await
}

#[tokio::test(start_paused = true)]
async fn venues_are_told_what_is_left_of_an_attempt_and_then_of_the_order() {
    let bench = Bench::new();
    bench.primary.weather(Fault::BlackHole);
    bench.backup.weather(Fault::BlackHole);
    let fate = within(&bench, ms(350), bench.execute("a")).await;
    assert_eq!(fate, Fate::InDoubt);
    let told: Vec<_> = bench.primary.told();
    assert!(told.iter().all(|(_, id)| id.as_deref() == Some("asked-7")));
    let left: Vec<_> = told.iter().filter_map(|(left, _)| *left).collect();
    assert_eq!((told.len(), left[0]), (left.len(), 100));
    assert!(left.iter().all(|left| *left <= 100));
    let last = left.last().copied().unwrap();
    assert!(
        last < 100,
        "the last attempt has what the order has: {left:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_that_nobody_named_goes_by_its_client_id() {
    let bench = Bench::new();
    bench.execute("order-7").await;
    assert_eq!(
        bench.primary.told(),
        [(Some(100), Some("order-7".to_owned()))]
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_is_given_up_at_the_deadline_of_whoever_asked() {
    let bench = Bench::new();
    bench.primary.weather(Fault::BlackHole);
    bench.backup.weather(Fault::BlackHole);
    let began = tokio::time::Instant::now();
    let fate = within(&bench, ms(200), bench.execute("a")).await;
    assert_eq!(fate, Fate::InDoubt);
    assert!(began.elapsed() <= ms(201), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_leaves_less_than_an_attempt_has_nothing_sent_and_trips_no_circuit() {
    let bench = Bench::new();
    bench.primary.weather(Fault::SlowAfter(ms(5)));
    for _ in 0..20 {
        let fate = within(&bench, ms(99), bench.execute("a")).await;
        assert_eq!(fate, Fate::RefusedUnsent);
        // The answer to a question is of use to others too.
        let _ = within(&bench, ms(1), bench.stack.quote("IBM", 1)).await;
    }
    assert_eq!(bench.primary.reached("a"), 0);
    assert_eq!(bench.stack.summary().breaker_trips, 0);
    assert!(
        bench
            .primary
            .told()
            .iter()
            .all(|(left, _)| *left == Some(100))
    );
}
