//! Every order comes to one end, and is executed at most once.

use tokio::time::Instant;

use super::*;
use crate::day::Fault;

const LATE: Duration = Duration::from_millis(150);

/// Everything that can happen to a request.
const FAULTS: [Fault; 8] = [
    Fault::None,
    Fault::Refuse,
    Fault::FailAfter,
    Fault::DropReply,
    Fault::SlowBefore(LATE),
    Fault::SlowAfter(LATE),
    Fault::RateLimited(Duration::from_millis(10)),
    Fault::BlackHole,
];

#[tokio::test(start_paused = true)]
async fn an_order_on_a_calm_day_is_sent_once_to_the_primary() {
    let bench = Bench::new();
    let fate = bench.execute("a").await;
    assert_eq!(filled_at(&fate), Some("primary"));
    assert_eq!(
        (bench.primary.reached("a"), bench.backup.reached("a")),
        (1, 0)
    );
    assert_eq!(bench.stack.summary(), TraderSummary::default());
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_to_three_requests_the_order_is_filled_once_and_known_to_be() {
    for first in FAULTS {
        for second in FAULTS {
            for third in FAULTS {
                let bench = Bench::new();
                bench.primary.script([first, second, third]);
                let fate = bench.execute("a").await;
                let told: Vec<_> = filled_at(&fate).into_iter().collect();
                assert_eq!(
                    told.len(),
                    1,
                    "{fate:?} after {first:?}, {second:?}, {third:?}"
                );
                assert_eq!(told, bench.filled("a"), "{first:?}, {second:?}, {third:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_is_repeated_where_it_was() {
    let bench = Bench::new();
    bench.primary.script([Fault::Refuse, Fault::Refuse]);
    let fate = bench.execute("a").await;
    assert_eq!(filled_at(&fate), Some("primary"));
    assert_eq!(
        (bench.primary.reached("a"), bench.backup.reached("a")),
        (3, 0)
    );
    assert_eq!(bench.stack.summary().retries, 2);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_waited_for_to_the_millisecond_and_moves_nobody() {
    let bench = Bench::new();
    bench.primary.script([Fault::RateLimited(ms(30)); 3]);
    let begun = Instant::now();
    assert_eq!(filled_at(&bench.execute("a").await), Some("primary"));
    let took = begun.elapsed();
    assert!((ms(90)..ms(150)).contains(&took), "{took:?}");
    assert_eq!(
        (bench.active().as_str(), bench.stack.summary().breaker_trips),
        ("primary", 0)
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_in_doubt_is_asked_about_before_it_is_repeated() {
    let bench = Bench::new();
    bench.primary.script([Fault::DropReply]);
    assert_eq!(filled_at(&bench.execute("a").await), Some("primary"));
    // The order, and the question: it was not sent again.
    assert_eq!(
        (bench.primary.reached("a"), bench.stack.summary().retries),
        (2, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_goes_elsewhere_only_once_it_is_cancelled_for_good() {
    let bench = Bench::new();
    // It is still on its way when the venue is asked, and arrives after it was cancelled.
    let slow = Fault::SlowBefore(ms(900));
    bench
        .primary
        .script([slow, Fault::None, Fault::BlackHole, Fault::Refuse]);
    let fate = bench.execute("a").await;
    assert_eq!(filled_at(&fate), Some("backup"));
    assert_eq!(bench.primary.in_the_end("a"), Some(Status::Cancelled));
    assert_eq!(bench.filled("a"), ["backup"]);
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_venue_falls_silent_stays_in_doubt_and_goes_nowhere_else() {
    let bench = Bench::new();
    bench.primary.weather(Fault::BlackHole);
    let begun = Instant::now();
    assert_eq!(bench.execute("a").await, Fate::InDoubt);
    assert!(begun.elapsed() < ORDER, "{:?}", begun.elapsed());
    assert_eq!(bench.backup.reached("a"), 0);

    let silent = bench.stack.settle(&order("a"), 8).await;
    assert_eq!(silent, Fate::InDoubt);
    bench.primary.weather(Fault::None);
    pass(ms(500)).await;
    assert_eq!(bench.stack.settle(&order("a"), 9).await, Fate::Cancelled);
    assert!(bench.filled("a").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_order_that_was_filled_before_the_venue_fell_silent_is_found_later() {
    let bench = Bench::new();
    bench.primary.script([Fault::DropReply]);
    bench.primary.weather(Fault::BlackHole);
    assert_eq!(bench.execute("a").await, Fate::InDoubt);
    bench.primary.weather(Fault::None);
    pass(ms(500)).await;
    let fate = bench.stack.settle(&order("a"), 8).await;
    assert_eq!(filled_at(&fate), Some("primary"));
    assert_eq!(bench.filled("a"), ["primary"]);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_both_venues_refuse_to_the_end_is_cancelled() {
    let bench = Bench::new();
    bench.primary.weather(Fault::Refuse);
    bench.backup.weather(Fault::Refuse);
    assert_eq!(bench.execute("a").await, Fate::Cancelled);
    assert!(bench.primary.reached("a") > 1 && bench.backup.reached("a") > 1);
    assert!(bench.filled("a").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_order_is_refused_unsent_where_every_circuit_is_open() {
    let bench = Bench::new();
    bench
        .stack
        .inner
        .venues
        .iter()
        .for_each(|venue| venue.breaker.isolate());
    assert_eq!(bench.execute("a").await, Fate::RefusedUnsent);
    assert_eq!(
        (bench.primary.reached("a"), bench.backup.reached("a")),
        (0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_waits_for_a_venue_that_comes_back_in_time() {
    let bench = Bench::new();
    bench
        .stack
        .inner
        .venues
        .iter()
        .for_each(|venue| venue.breaker.isolate());
    let back = async {
        pass(ms(60)).await;
        bench.stack.inner.venues[1].breaker.reset();
    };
    let (fate, ()) = tokio::join!(bench.execute("a"), back);
    assert_eq!(filled_at(&fate), Some("backup"));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_cancelled_at_one_venue_waits_for_the_other_alone() {
    let bench = Bench::new();
    bench.primary.script([Fault::BlackHole, Fault::BlackHole]);
    let backup = &bench.stack.inner.venues[1].breaker;
    backup.isolate();
    let back = async {
        pass(ms(230)).await;
        backup.reset();
    };
    let (fate, ()) = tokio::join!(bench.execute("a"), back);
    assert_eq!(filled_at(&fate), Some("backup"));
    // The order, the question that hung as well, and the one that cancelled it.
    assert_eq!(bench.primary.reached("a"), 3);
}

#[tokio::test(start_paused = true)]
async fn venues_that_nobody_listens_at_leave_no_doubt() {
    let bench = Bench::new();
    bench.primary.listens(false);
    assert_eq!(filled_at(&bench.execute("a").await), Some("backup"));
    bench.backup.listens(false);
    let fate = bench.execute("b").await;
    assert!(
        matches!(fate, Fate::Cancelled | Fate::RefusedUnsent),
        "{fate:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_that_breaks_a_rule_is_cancelled_at_once() {
    let bench = Bench::new();
    let invalid = Order {
        quantity: 0,
        ..order("a")
    };
    assert_eq!(bench.stack.execute(&invalid).await, Fate::Cancelled);
    assert_eq!(
        (bench.primary.reached("a"), bench.backup.reached("a")),
        (1, 1)
    );
    assert_eq!(bench.active(), "primary");
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_time_is_up_at_any_moment_has_the_fate_that_is_certain() {
    for left in 1..150 {
        let bench = Bench::new();
        bench
            .primary
            .script([Fault::RateLimited(ms(20)), Fault::SlowAfter(ms(40))]);
        let limit = resilience_core::TimeoutConfig { timeout: ms(left) };
        bench.stack.inner.policies.order.reconfigure(limit).unwrap();
        let fate = bench.execute("a").await;
        let filled = bench.filled("a");
        match &fate {
            Fate::Filled(told) => assert_eq!(filled, [told.venue.as_str()]),
            Fate::InDoubt => {}
            // There is no time to wait for the primary, and so it went to the backup at once.
            _ => assert!(filled.is_empty(), "{fate:?} after {left} ms"),
        }
        if left >= 60 {
            assert_eq!(filled_at(&fate), Some("primary"), "{left} ms");
        }
    }
}
