//! Every layer of the crate keeps the contract.

use std::borrow::Cow;
use std::time::Duration;

use ::http::{Request, Response};
use resilience_core::{
    Bulkhead, BulkheadConfig, Cache, CacheConfig, CircuitBreaker, Deadlines, DeadlinesConfig, Env,
    Failover, FailoverConfig, Fallback, FallbackConfig, Keyed, KeyedConfig, RateLimiter,
    RateLimiterConfig,
};
use resilience_tower::http::{
    ClientContextLayer, IdempotencyKeyLayer, PassOnLayer, ReplayBody, ReplayBodyLayer,
    ServerContextLayer,
};
use resilience_tower::testing::Probe;
use resilience_tower::testing::contract::{self, Case};
use resilience_tower::{
    BulkheadLayer, BulkheadQueueLayer, ByKey, CacheLayer, CircuitBreakerLayer, FailoverLayer,
    FallbackLayer, GateLayer, Keyless, QueueLayer, RateLimiterLayer, RateLimiterQueueLayer,
    Resilience, ResilienceConfig, RetryLayer,
};
use tower::ServiceExt;
use tower::util::{MapRequest, MapResponse};
use tower_layer::{Layer, layer_fn};

use crate::common::{SECOND, Slots, env, in_a_row, retry, timeout};

/// Makes a test of each check.
macro_rules! checks {
    ($case:expr; $($name:ident: $check:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            contract::$check(&|| $case).await.unwrap();
        }
    )+};
}

/// Puts a layer through every check, and builds it without a runtime.
macro_rules! contract {
    ($($name:ident: $case:expr;)+) => {$(
        mod $name {
            use super::*;

            checks! { $case;
                trap_17_the_instance_that_was_ready_is_called: the_instance_that_was_ready_is_called;
                a_refusal_answers_at_once: a_refusal_answers_while_the_inner_service_is_pending;
                trap_06_a_dropped_call_gives_everything_back:
                    a_call_dropped_at_any_await_point_gives_everything_back;
                trap_31_an_idle_ready_clone_starves_nobody: an_idle_ready_clone_holds_nothing;
                trap_37_a_wait_is_polled_at_most_twice: a_wait_is_polled_at_most_twice;
                trap_07_a_panic_settles_the_permit: an_inner_panic_gives_everything_back;
                a_sent_answer_outlives_a_refusal: the_answer_of_a_sent_attempt_outlives_a_refusal;
                trap_39_nothing_spawns: it_spawns_nothing;
                it_works_over_a_buffer: it_works_over_a_buffer;
            }

            #[tokio::test(start_paused = true)]
            async fn all_at_once() {
                contract::check(&|| $case).await.unwrap();
            }

            #[test]
            fn trap_40_needs_no_runtime_at_construction() {
                let layer = $case.into_layer();
                drop(layer.layer(Probe::default()));
            }
        }
    )+};
}

/// A breaker that lets the failures of the checks pass.
fn breaker() -> CircuitBreaker {
    in_a_row(9, &env())
}

fn slots() -> Slots {
    Slots::new(4, 5 * SECOND, &env())
}

fn slots_case<L>(slots: Slots, layer: L) -> Case<L> {
    let watched = slots.clone();
    Case::new(layer)
        .idle(move || watched.is_idle())
        .refuse(move |refuse| slots.shut(refuse))
}

fn bulkhead(max_waiting: u32) -> Bulkhead {
    let config = BulkheadConfig {
        max_in_flight: 2,
        max_waiting,
        ..Default::default()
    };
    Bulkhead::new("venue", config, &env()).unwrap()
}

fn bulkhead_case<L>(bulkhead: Bulkhead, layer: L) -> Case<L> {
    Case::new(layer).idle(move || {
        let seen = bulkhead.snapshot();
        seen.in_flight == 0 && seen.waiting == 0
    })
}

fn failover(env: &Env) -> Failover {
    let targets = vec!["primary".into(), "backup".into()];
    let config = FailoverConfig {
        targets,
        switch_after: 1,
        ..Default::default()
    };
    Failover::new("venue", config, env).unwrap()
}

fn cache(ttl: Duration) -> Cache<u64, u64> {
    let config = CacheConfig {
        ttl,
        ..Default::default()
    };
    Cache::new("quotes", config, &env()).unwrap()
}

fn fallback() -> Fallback<u64> {
    Fallback::new("quotes", FallbackConfig::default(), &env()).unwrap()
}

fn deadlines() -> Deadlines {
    let config = DeadlinesConfig {
        max: Some(300 * SECOND),
        ..Default::default()
    };
    Deadlines::new("orders", config, &env()).unwrap()
}

/// Makes of a layer over http one over requests that are numbers.
fn over_http<S>(
    layer: impl Layer<HttpProbe, Service = S> + Clone,
) -> impl Layer<Probe, Service = MapRequest<S, fn(u64) -> Request<u64>>> {
    layer_fn(move |probe: Probe| {
        let into_body: fn(Request<u64>) -> u64 = Request::into_body;
        let into_response: fn(u64) -> Response<u64> = Response::new;
        let probe = MapResponse::new(MapRequest::new(probe, into_body), into_response);
        MapRequest::new(layer.layer(probe), Request::new as fn(u64) -> Request<u64>)
    })
}

type HttpProbe = MapResponse<MapRequest<Probe, fn(Request<u64>) -> u64>, fn(u64) -> Response<u64>>;

fn slots_by_key(max_waiting: u32) -> Keyed<Bulkhead> {
    let gate = BulkheadConfig {
        max_in_flight: 2,
        max_waiting,
        ..Default::default()
    };
    let config = KeyedConfig {
        gate,
        ..Default::default()
    };
    Keyed::new("venue", config, &env()).unwrap()
}

type Key = for<'r> fn(&'r u64) -> Option<Cow<'r, str>>;

fn by_key(keyed: &Keyed<Bulkhead>) -> ByKey<Bulkhead, Key> {
    ByKey::new(keyed.clone(), |_| Some("XNYS".into()))
}

fn by_key_case<L>(keyed: &Keyed<Bulkhead>, layer: L) -> Case<L> {
    let keyed = keyed.clone();
    Case::new(layer).idle(move || {
        let mut seen = keyed.list().into_iter().map(|(_, it)| it.snapshot());
        seen.all(|it| it.in_flight + it.waiting == 0)
    })
}

contract! {
    server_context: Case::new(over_http(ServerContextLayer::new(deadlines())));
    client_context: Case::new(over_http(ClientContextLayer::new(deadlines())));
    gate: { let slots = slots(); slots_case(slots.clone(), GateLayer::new(slots)) };
    circuit_breaker: {
        let breaker = breaker();
        let operator = breaker.clone();
        Case::new(CircuitBreakerLayer::new(breaker)).refuse(move |refuse| match refuse {
            true => operator.isolate(),
            false => operator.reset(),
        })
    };
    rate_limiter: {
        let config = RateLimiterConfig { permits: 100, per: SECOND, ..Default::default() };
        Case::new(RateLimiterLayer::new(RateLimiter::new("venue", config, &env()).unwrap()))
    };
    rate_limiter_queue: {
        let config = RateLimiterConfig { permits: 100, per: SECOND, ..Default::default() };
        Case::new(RateLimiterQueueLayer::new(RateLimiter::new("venue", config, &env()).unwrap()))
    };
    bulkhead: {
        let bulkhead = bulkhead(0);
        bulkhead_case(bulkhead.clone(), BulkheadLayer::new(bulkhead))
    };
    bulkhead_queue: {
        let bulkhead = bulkhead(9);
        bulkhead_case(bulkhead.clone(), BulkheadQueueLayer::new(bulkhead))
    };
    tuple_of_gates: {
        let slots = slots();
        slots_case(slots.clone(), GateLayer::new((breaker(), slots, breaker())))
    };
    queue: { let slots = slots(); slots_case(slots.clone(), QueueLayer::new(slots)) };
    gate_until_body_end: {
        let slots = slots();
        let body = GateLayer::new(slots.clone()).until_body_end();
        slots_case(slots, layer_fn(move |probe: Probe| {
                body.layer(probe.map_response(|it| ::http::Response::new(it.to_string())))
                .map_response(drop)
        }))
    };
    queue_until_body_end: {
        let slots = slots();
        let body = QueueLayer::new(slots.clone()).until_body_end();
        slots_case(slots, layer_fn(move |probe: Probe| {
                body.layer(probe.map_response(|it| ::http::Response::new(it.to_string())))
                .map_response(drop)
        }))
    };
    gate_by_key: { let keyed = slots_by_key(0); by_key_case(&keyed, GateLayer::new(by_key(&keyed))) };
    queue_by_key: { let keyed = slots_by_key(9); by_key_case(&keyed, QueueLayer::new(by_key(&keyed))) };
    gate_by_key_for_which_a_request_has_none: {
        let keyed = slots_by_key(0);
        let none = ByKey::with(keyed.clone(), |_: &u64| None).keyless(Keyless::Pass);
        by_key_case(&keyed, GateLayer::new(none))
    };
    rate_limit_headers: {
        let config = RateLimiterConfig { permits: 100, per: SECOND, ..Default::default() };
        let limiter = RateLimiter::new("venue", config, &env()).unwrap();
        let told = GateLayer::new(limiter).rate_limit_headers();
        Case::new(layer_fn(move |probe: Probe| {
            use tower_layer::Layer;
            told.layer(probe.map_response(::http::Response::new))
        }))
    };
    time_limit: Case::new(timeout(300 * SECOND));
    retry_layer: Case::new(RetryLayer::<u64>::new(retry(&env())));
    retry_that_tells_its_attempts: Case::new(layer_fn(|probe: Probe| {
        RetryLayer::<u64>::new(retry(&env()))
            .tell_attempts()
            .layer(probe.map_response(::http::Response::new))
    }));
    answers_that_pass_on_that_a_retry_gave_up: Case::new(layer_fn(|probe: Probe| {
        use tower_layer::Layer;
        PassOnLayer.layer(probe.map_response(::http::Response::new))
            .map_response(::http::Response::into_body)
    }));
    idempotency_keys_and_replayed_bodies: Case::new(layer_fn(|probe: Probe| {
        use tower_layer::Layer;
        let number = |it: ::http::Request<ReplayBody<String>>| it.uri().path()[1..].parse::<u64>();
        // The layers' futures are the inner ones, and this one is dropped with its answer.
        let probe = probe.map_response(std::convert::identity);
        let inner = probe.map_request(move |it| number(it).unwrap());
        let replayed = ReplayBodyLayer::default().layer(inner);
        IdempotencyKeyLayer::new().layer(replayed).map_request(|it: u64| {
            let builder = ::http::Request::post(format!("/{it}"));
            builder.body(String::new()).unwrap()
        })
    }));
    retry_around_a_gate: {
        let slots = slots();
        let retry = RetryLayer::<u64>::new(retry(&env()));
        let gate = GateLayer::new(slots.clone());
        slots_case(slots, tower_layer::Stack::new(gate, retry))
    };
    client_of_the_factory: {
        let config = ResilienceConfig { total_timeout: 300 * SECOND, ..Default::default() };
        let resilience = Resilience::new(config, &env()).unwrap();
        Case::new(resilience.market_data::<u64>("venue").unwrap())
    };
    fallback_layer: Case::new(FallbackLayer::new(fallback(), |_: &u64| "all"));
    cache_layer_that_is_passed_by: {
        Case::new(CacheLayer::new(cache(SECOND), |_: &u64| None))
    };
    cache_layer_that_shares: {
        Case::new(CacheLayer::new(cache(Duration::ZERO), |key: &u64| Some(*key)))
    };
    failover_layer: {
        let failover = FailoverLayer::new(failover(&env()));
        Case::new(layer_fn(move |probe: Probe| {
                failover.layer([probe.clone(), probe])
        }))
    };
    five_policies: {
        let slots = slots();
        let target = (GateLayer::new((breaker(), slots.clone())), timeout(30 * SECOND));
        let (failover, env) = (FailoverLayer::new(failover(&env())), env());
        let outer = (timeout(300 * SECOND), RetryLayer::<u64>::new(retry(&env)));
        let fallback = FallbackLayer::new(fallback(), |_: &u64| "all");
        slots_case(slots, layer_fn(move |probe: Probe| {
                let target = target.layer(probe);
            let targets = failover.layer([target.clone(), target]);
            fallback.layer(outer.layer(targets))
        }))
    };
}
