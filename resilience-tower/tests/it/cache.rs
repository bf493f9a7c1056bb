//! Caches as tower middleware.

use std::time::Duration;

use http::{Request, Response};
use resilience_core::cache::Lifetime;
use resilience_core::{BoxError, Cache, CacheConfig, CallError, Outcome, Rejected};
use resilience_tower::http::cache_key;
use resilience_tower::testing::{Probe, Step};
use resilience_tower::{CacheLayer, GateLayer};
use tokio::time::advance;
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready, assert_ready_eq, assert_ready_ok};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::common::{SECOND, Slots, env, timeout};

const DOWN: Step = Step::Fail("down");

/// Fresh for 10 s, stale while one refreshes for 5 s, stale on errors for 20 s.
fn aging() -> CacheConfig {
    CacheConfig {
        ttl: 10 * SECOND,
        stale_while_revalidate: 5 * SECOND,
        stale_if_error: 20 * SECOND,
        ..Default::default()
    }
}

fn cache(config: CacheConfig) -> Cache<u64, u64> {
    Cache::new("quotes", config, &env()).unwrap()
}

/// Requests have the same answer but for their hundreds; those from 900 on none for others.
fn key(request: &u64) -> Option<u64> {
    (*request < 900).then_some(request / 100)
}

/// A layer whose stale answers say by their thousands how old they are.
macro_rules! layer {
    ($cache:expr) => {
        CacheLayer::new($cache.clone(), key)
            .mark(|rescued| rescued.value + 1_000 * rescued.age().unwrap().as_secs())
    };
}

#[tokio::test(start_paused = true)]
async fn a_hit_asks_the_inner_service_for_nothing_not_even_whether_it_is_ready() {
    let (cache, probe) = (cache(aging()), Probe::default());
    let mut quotes = layer!(cache).layer(probe.clone());
    assert_eq!(quotes.ready().await.unwrap().call(1).await.unwrap(), 1);
    probe.set_pending(true);
    let ready = assert_ready!(spawn(quotes.ready()).poll()).is_ok();
    assert!(ready);
    let mut hit = spawn(quotes.call(2));
    assert_eq!(assert_ready_ok!(hit.poll()), 1);
    let mut miss = spawn(quotes.call(101));
    assert_pending!(miss.poll());
    probe.set_pending(false);
    assert!(miss.is_woken());
    assert_eq!(assert_ready_ok!(miss.poll()), 101);
    assert_eq!(probe.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn failures_refusals_and_time_limits_get_the_stale_answer_of_their_key_until_it_is_too_old() {
    let slots = Slots::new(1, SECOND, &env());
    let cache = cache(aging());
    let probe = Probe::new([Step::Answer, DOWN, Step::Wait]);
    let mut quotes = ServiceBuilder::new()
        .layer(layer!(cache))
        .layer(timeout(SECOND))
        .layer(GateLayer::new(slots.clone()))
        .service(probe.clone());
    assert_eq!(quotes.ready().await.unwrap().call(1).await.unwrap(), 1);
    advance(20 * SECOND).await;
    let down = quotes.call(2).await.unwrap();
    assert_eq!(down, 20_001, "the call failed");
    let late = quotes.call(3).await.unwrap();
    assert_eq!(late, 21_001, "the call took too long");
    slots.shut(true);
    let refused = quotes.call(4).await.unwrap();
    assert_eq!(refused, 21_001, "the call was refused");
    let error = quotes.call(101).await.unwrap_err();
    assert!(error.rejected().is_some(), "never that of another key");
    advance(9 * SECOND).await;
    assert!(quotes.call(1).await.is_err());
    assert_eq!((probe.calls(), cache.snapshot().stale_if_error), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn trap_38_all_who_wait_for_one_call_wake_and_have_its_answer() {
    for keeps in [Duration::ZERO, SECOND] {
        let cache = cache(CacheConfig {
            ttl: keeps,
            ..Default::default()
        });
        let probe = Probe::new([Step::Wait]);
        let mut quotes = layer!(cache).layer(probe.clone());
        let mut calls: Vec<_> = (0..50).map(|number| spawn(quotes.call(number))).collect();
        for call in &mut calls {
            assert_pending!(call.poll());
        }
        probe.release();
        assert!(calls[0].is_woken());
        assert!(calls[1..].iter().all(|call| !call.is_woken()));
        assert_eq!(assert_ready_ok!(calls[0].poll()), 0);
        for call in &mut calls[1..] {
            assert!(call.is_woken());
            assert_eq!(assert_ready_ok!(call.poll()), 0);
        }
        assert_eq!((probe.calls(), probe.most_polls()), (1, 2));
        assert_eq!(cache.snapshot().coalesced, 49);
    }
}

#[tokio::test(start_paused = true)]
async fn when_the_caller_goes_away_the_next_makes_the_call_by_his_own_request() {
    let cache = cache(aging());
    let probe = Probe::new([Step::Wait, Step::Wait]);
    let mut quotes = layer!(cache).layer(probe.clone());
    let [mut first, mut second, mut third] = [1, 2, 3].map(|req| spawn(quotes.call(req)));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    assert_pending!(third.poll());
    drop(first);
    assert!(second.is_woken() && !third.is_woken());
    assert_eq!(
        probe.in_flight(),
        0,
        "its call went before the other was told"
    );
    assert_pending!(second.poll());
    assert_eq!(probe.calls(), 2);
    probe.release();
    assert_eq!(assert_ready_ok!(second.poll()), 2);
    assert_eq!(assert_ready_ok!(third.poll()), 2);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_its_own_callers_alone() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    for step in [Step::PanicInCall, Step::PanicInPoll] {
        let cache = cache(aging());
        let mut quotes = layer!(cache).layer(Probe::new([step]));
        let [mut first, mut second] = [1, 2].map(|req| spawn(quotes.call(req)));
        assert_pending!(second.poll());
        assert!(catch_unwind(AssertUnwindSafe(|| first.poll())).is_err());
        drop(first);
        assert!(second.is_woken());
        assert_eq!(assert_ready_ok!(second.poll()), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_call_that_fails_are_refused_without_one_of_their_own() {
    let cache = cache(aging());
    let probe = Probe::new([DOWN, Step::Refuse]);
    let mut quotes = layer!(cache).layer(probe.clone());
    for refused in [false, true] {
        let [mut first, mut second] = [1, 2].map(|req| spawn(quotes.call(req)));
        assert_pending!(second.poll());
        let own = assert_ready!(first.poll()).unwrap_err();
        let told = assert_ready!(second.poll()).unwrap_err();
        assert_eq!(own.rejected().is_some(), refused);
        match refused {
            true => assert_eq!(told.rejected(), own.rejected()),
            false => assert!(matches!(told.rejected(), Some(Rejected::FlightFailed(_)))),
        }
    }
    assert_eq!(probe.calls(), 1, "of a refusal nothing is sent");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_kept_is_not_shared_and_all_who_waited_call_at_once() {
    let cache = cache(aging());
    let rule = |result: &Result<u64, BoxError>| match result {
        Ok(201) => Outcome::Ignored,
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Failure,
    };
    for request in [1, 201] {
        let layer = layer!(cache).keep(|value| (*value != 1).then(Lifetime::default));
        let probe = Probe::new([Step::Answer, Step::Wait, Step::Wait]);
        let mut quotes = layer.classify(rule).layer(probe.clone());
        let [mut first, mut second, mut third] =
            [request, request + 1, request + 2].map(|req| spawn(quotes.call(req)));
        assert_pending!(second.poll());
        assert_pending!(third.poll());
        assert_eq!(assert_ready_ok!(first.poll()), request);
        assert_pending!(second.poll());
        assert_pending!(third.poll());
        assert_eq!((probe.calls(), probe.in_flight()), (3, 2));
        probe.release();
        assert_eq!(assert_ready_ok!(second.poll()), request + 1);
    }
    assert_eq!(cache.snapshot().entries, 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_key_passes_through() {
    let cache = cache(aging());
    let probe = Probe::default();
    let mut quotes = layer!(cache).layer(probe.clone());
    for _ in 0..2 {
        assert_eq!(quotes.call(901).await.unwrap(), 901);
    }
    let seen = cache.snapshot();
    assert_eq!((probe.calls(), seen.misses, seen.entries), (2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_is_served_at_once_and_refreshed_in_the_background() {
    let cache = cache(aging());
    let probe = Probe::new([Step::Answer, Step::Wait]);
    let mut quotes = layer!(cache).layer(probe.clone());
    let mut refresher = spawn(quotes.refresher());
    assert_pending!(refresher.poll());
    assert_eq!(quotes.call(1).await.unwrap(), 1);
    advance(10 * SECOND).await;
    for request in [2, 3] {
        let mut call = spawn(quotes.call(request));
        assert_eq!(assert_ready_ok!(call.poll()), 10_001);
    }
    assert_eq!(probe.calls(), 1, "the layer itself calls nothing");
    assert!(refresher.is_woken());
    assert_pending!(refresher.poll());
    assert_eq!(probe.calls(), 2);
    probe.release();
    assert!(refresher.is_woken());
    assert_pending!(refresher.poll());
    assert_eq!(
        quotes.call(4).await.unwrap(),
        2,
        "that of the queued request"
    );
    assert_eq!((probe.calls(), cache.snapshot().refreshes_ok), (2, 1));
    let clone = quotes.clone();
    drop(quotes);
    assert!(!refresher.is_woken());
    drop(clone);
    assert!(refresher.is_woken(), "it ends with the last service");
    assert_ready_eq!(refresher.poll(), ());
}

#[tokio::test(start_paused = true)]
async fn where_nothing_refreshes_in_the_background_one_request_does_and_others_get_the_stale_one() {
    // Never spawned, spawned and gone, with no room.
    for how in 0..3 {
        let cache = cache(aging());
        let probe = Probe::new([Step::Answer, Step::Wait, DOWN]);
        let layer = layer!(cache).max_queued(if how == 2 { 0 } else { 64 });
        let mut quotes = layer.layer(probe.clone());
        let mut refresher = spawn(quotes.refresher());
        if how > 0 {
            assert_pending!(refresher.poll());
        }
        if how == 1 {
            drop(refresher);
        }
        assert_eq!(quotes.call(1).await.unwrap(), 1);
        advance(10 * SECOND).await;
        let mut refreshes = spawn(quotes.call(2));
        assert_pending!(refreshes.poll());
        assert_eq!(quotes.call(3).await.unwrap(), 10_001);
        probe.release();
        assert_eq!(assert_ready_ok!(refreshes.poll()), 2);
        advance(10 * SECOND).await;
        assert_eq!(
            quotes.call(4).await.unwrap(),
            10_002,
            "a refresh that fails"
        );
        assert_eq!(cache.snapshot().refreshes_failed, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_makes_the_request_refresh_and_a_refresher_that_ends_lets_go_of_its_keys() {
    let cache = cache(aging());
    let probe = Probe::default();
    let mut quotes = layer!(cache).max_queued(1).layer(probe.clone());
    let mut refresher = spawn(quotes.refresher());
    assert_pending!(refresher.poll());
    for request in [1, 101] {
        quotes.call(request).await.unwrap();
    }
    advance(10 * SECOND).await;
    assert_eq!(quotes.call(2).await.unwrap(), 10_001, "queued");
    assert_eq!(
        quotes.call(102).await.unwrap(),
        102,
        "no room: refreshed in line"
    );
    assert_eq!(probe.calls(), 3);
    drop(refresher);
    assert_eq!(quotes.call(3).await.unwrap(), 3, "refreshed in line");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_waits_too_long_is_overtaken_by_who_needs_the_answer() {
    let cache = cache(aging());
    let probe = Probe::default();
    let mut quotes = layer!(cache).layer(probe.clone());
    let mut refresher = spawn(quotes.refresher());
    assert_pending!(refresher.poll());
    quotes.call(1).await.unwrap();
    advance(10 * SECOND).await;
    assert_eq!(quotes.call(2).await.unwrap(), 10_001);
    advance(5 * SECOND).await;
    assert_eq!(
        quotes.call(3).await.unwrap(),
        3,
        "nobody hangs on the queue"
    );
    assert_pending!(refresher.poll());
    assert_eq!(probe.calls(), 2, "what was queued is over");
}

#[tokio::test(start_paused = true)]
async fn two_refreshers_work_side_by_side_and_one_that_goes_wakes_the_other() {
    let cache = cache(aging());
    let probe = Probe::default();
    let mut quotes = layer!(cache).layer(probe.clone());
    let [mut first, mut second] = [(); 2].map(|()| spawn(quotes.refresher()));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    quotes.call(1).await.unwrap();
    advance(10 * SECOND).await;
    quotes.call(1).await.unwrap();
    assert!(first.is_woken() && !second.is_woken());
    drop(first);
    assert!(second.is_woken());
    assert_pending!(second.poll());
    assert_eq!((probe.calls(), cache.snapshot().refreshes_ok), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failed_background_refresh_leaves_the_stale_answer_and_counts_no_rescue() {
    let cache = cache(aging());
    let probe = Probe::new([Step::Answer, DOWN]);
    let mut quotes = layer!(cache).layer(probe.clone());
    let mut refresher = spawn(quotes.refresher());
    assert_pending!(refresher.poll());
    quotes.call(1).await.unwrap();
    advance(10 * SECOND).await;
    quotes.call(1).await.unwrap();
    assert_pending!(refresher.poll());
    let seen = cache.snapshot();
    assert_eq!((seen.refreshes_failed, seen.stale_if_error), (1, 0));
    assert_eq!(quotes.call(1).await.unwrap(), 10_001);
}

#[tokio::test(start_paused = true)]
async fn over_http_headers_say_how_long_and_a_stale_answer_says_its_age() {
    let cache = Cache::new("quotes", CacheConfig::default(), &env()).unwrap();
    let mut status = [200, 503].into_iter();
    let mut quotes = CacheLayer::http(cache, cache_key).layer(tower::service_fn({
        let status = std::sync::Arc::new(std::sync::Mutex::new(move || status.next().unwrap()));
        move |_: Request<()>| {
            let status = (status.lock().unwrap())();
            let response = Response::builder()
                .status(status)
                .header("cache-control", "max-age=5, stale-if-error=60");
            std::future::ready(Ok::<_, BoxError>(response.body("AAPL 187.15").unwrap()))
        }
    }));
    let get = || Request::get("/quotes/AAPL").body(()).unwrap();
    for _ in 0..2 {
        let response = quotes.call(get()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.headers().get("age").is_none());
    }
    advance(7 * SECOND).await;
    let response = quotes.call(get()).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), *response.body()),
        (200, "AAPL 187.15")
    );
    assert_eq!(response.headers()["age"], "7");
}
