//! How long calls waited their turn, as histograms.

use resilience_core::distributed_rate_limiter::StoreAnswer;
use resilience_core::{
    Bulkhead, BulkheadConfig, DistributedRateLimiter, DistributedRateLimiterConfig, Keyed,
    KeyedConfig, Queue, RateLimiter, RateLimiterConfig,
};

use super::*;
use crate::meter::TOTALS_STAY;

const MILLI: Duration = Duration::from_millis(1);

fn ten_a_second() -> RateLimiterConfig {
    RateLimiterConfig {
        permits: 10,
        per: SECOND,
        burst: Some(1),
        max_wait: Some(SECOND),
        ..Default::default()
    }
}

/// Lets `calls` wait for one permit each, and admits them as they come.
fn queue(bench: &Bench, limiter: &RateLimiter, calls: usize) {
    limiter.try_acquire(&Ask::default()).unwrap();
    let enqueue = || limiter.enqueue(&Ask::default()).unwrap();
    let turns: Vec<_> = std::iter::repeat_with(enqueue).take(calls).collect();
    for turn in turns {
        bench.clock.advance(100 * MILLI);
        came(turn);
    }
    bench.clock.advance(SECOND);
}

/// Fetches what has come.
fn came<T: resilience_core::Turn + Unpin>(mut turn: T) -> T::Ticket {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(&mut turn).poll(&mut context) {
        std::task::Poll::Ready(Ok(ticket)) => ticket,
        _ => panic!("its turn has not come"),
    }
}

/// Lets one call wait for a policy of each kind that has a queue, all of this name.
pub(super) fn wait_for_each_kind(bench: &Bench, name: &'static str) {
    let limiter = RateLimiter::new(name, ten_a_second(), &bench.env).unwrap();
    queue(bench, &limiter, 1);

    let config = BulkheadConfig {
        max_in_flight: 1,
        max_waiting: 1,
        ..Default::default()
    };
    let bulkhead = Bulkhead::new(name, config, &bench.env).unwrap();
    let held = bulkhead.permit(&Ask::default()).unwrap();
    let turn = bulkhead.enqueue(&Ask::default()).unwrap();
    bench.clock.advance(20 * MILLI);
    held.record(Outcome::Success);
    came(turn);

    let config = DistributedRateLimiterConfig::new(100, SECOND);
    let shared = DistributedRateLimiter::new(name, config, &bench.env).unwrap();
    let turn = shared.enqueue(&Ask::default()).unwrap();
    let request = shared.next_request().unwrap();
    bench.clock.advance(3 * MILLI);
    let answer = StoreAnswer {
        granted: request.want(),
        retry_after: Duration::ZERO,
    };
    shared.granted(&request, answer);
    came(turn);
}

impl Scrape {
    /// Returns how many waits were counted, and their milliseconds in all.
    fn waits(&self, of: &str, name: &str) -> Option<(f64, f64)> {
        let part = |part| self.named(&format!("{of}_wait_seconds_{part}"), name);
        Some((part("count")?, (part("sum")? * 1e3).round()))
    }

    fn within(&self, of: &str, name: &str, le: &str) -> Option<f64> {
        let labels = [("name", name), ("le", le)];
        self.get(&format!("{of}_wait_seconds_bucket"), &labels)
    }
}

#[test]
fn waits_for_permits_are_counted_in_buckets_and_calls_that_did_not_wait_are_not() {
    let bench = Bench::new();
    let limiter = RateLimiter::new("venue", ten_a_second(), &bench.env).unwrap();
    limiter.try_acquire(&Ask::default()).unwrap();
    let scrape = bench.scrape();
    assert_eq!(
        scrape.named("rate_limiter_allowed_total", "venue"),
        Some(1.0)
    );
    assert_eq!(scrape.waits("rate_limiter", "venue"), None, "nobody waited");
    bench.clock.advance(SECOND);
    queue(&bench, &limiter, 3);
    let given_up = [(); 2].map(|()| limiter.enqueue(&Ask::default()).unwrap());
    drop(given_up);
    let scrape = bench.scrape();
    assert_eq!(
        scrape.named("rate_limiter_allowed_total", "venue"),
        Some(5.0)
    );
    assert_eq!(scrape.waits("rate_limiter", "venue"), Some((3.0, 600.0)));
    let within = |le| scrape.within("rate_limiter", "venue", le);
    assert_eq!(
        ["0.05", "0.1", "0.25", "0.5", "+Inf"].map(within),
        [0.0, 1.0, 2.0, 3.0, 3.0].map(Some)
    );
}

#[test]
fn policies_of_different_kinds_and_one_name_have_their_own_waits() {
    let bench = Bench::new();
    wait_for_each_kind(&bench, "venue");
    let scrape = bench.scrape();
    for (of, millis) in [
        ("rate_limiter", 100.0),
        ("bulkhead", 20.0),
        ("distributed_rate_limiter", 3.0),
    ] {
        assert_eq!(scrape.waits(of, "venue"), Some((1.0, millis)), "{of}");
    }
}

#[test]
fn the_waits_of_a_limiter_by_key_are_shown_by_key_as_long_as_keys_are_few_and_then_together() {
    let bench = Bench::new();
    let config = KeyedConfig {
        gate: ten_a_second(),
        max_keys: 2 * SHOWN_KEYS,
        idle: None,
    };
    let venues = Keyed::new("venue", config, &bench.env).unwrap();
    for i in 0..SHOWN_KEYS + 4 {
        queue(&bench, &venues.gate(&format!("V{i:02}")), 1);
    }
    let scrape = bench.scrape();
    let waits = |key: &str| scrape.waits("rate_limiter", &format!("venue[{key}]"));
    assert_eq!([waits("V00"), waits("V15")], [Some((1.0, 100.0)); 2]);
    assert_eq!([waits("V16"), waits("_other")], [None, Some((4.0, 400.0))]);
}

#[test]
fn waits_go_with_the_name_of_their_policy() {
    let bench = Bench::new();
    let limiter = RateLimiter::new("venue", ten_a_second(), &bench.env).unwrap();
    queue(&bench, &limiter, 1);
    drop(limiter);
    assert_eq!(
        bench.scrape().waits("rate_limiter", "venue"),
        Some((1.0, 100.0))
    );
    bench.clock.advance(TOTALS_STAY);
    assert_eq!(bench.scrape().waits("rate_limiter", "venue"), None);
    let limiter = RateLimiter::new("venue", ten_a_second(), &bench.env).unwrap();
    queue(&bench, &limiter, 2);
    assert_eq!(
        bench.scrape().waits("rate_limiter", "venue"),
        Some((2.0, 300.0))
    );
}
