use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::task::{Context, Poll};

use resilience_tower::testing::contract::{self, Case};
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{Layer, Service, ServiceBuilder, service_fn};

use super::*;
use crate::red::{CallResult, MeasureLayer, MeasuredFuture};

/// Futures have names: nothing is boxed.
type Answer = MeasuredFuture<Ready<Result<u32, &'static str>>, crate::red::Errors>;

#[test]
fn each_answer_ends_a_call_by_the_rule() {
    let bench = Bench::new();
    let rule = |result: &Result<u32, &'static str>| match result {
        Ok(_) => CallResult::Success,
        Err(error) if error.starts_with("limit") => CallResult::Rejected,
        Err(error) => CallResult::Error(error),
    };
    let layer = MeasureLayer::new(bench.operation(&["timeout"])).classify(rule);
    let mut service = layer.layer(service_fn(ready::<Result<u32, &'static str>>));
    for answer in [Ok(1), Err("timeout"), Err("limit of 5"), Ok(2)] {
        let mut call = task::spawn(service.call(answer));
        bench.advance(10 * MS);
        assert_eq!(assert_ready!(call.poll()), answer);
    }
    assert_eq!(bench.ends(), [2.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(bench.duration("sum", "success"), 0.02);
    assert_eq!(bench.errors("timeout"), Some(1.0));
    assert_eq!(bench.reads(), 8);
}

#[test]
fn by_default_an_err_is_an_error() {
    let bench = Bench::new();
    let layer = MeasureLayer::new(bench.operation(&[]));
    let mut service = layer.layer(service_fn(ready::<Result<u32, &'static str>>));
    let call: Answer = service.call(Err("down"));
    assert_eq!(assert_ready!(task::spawn(call).poll()), Err("down"));
    assert_eq!(bench.ends(), [0.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_call_dropped_before_its_first_poll_or_while_pending_is_dropped() {
    let bench = Bench::new();
    let layer = MeasureLayer::new(bench.operation(&[]));
    let mut service = layer.layer(service_fn(|()| pending::<Result<(), Infallible>>()));
    let unpolled = service.call(());
    let mut polled = task::spawn(service.call(()));
    assert_pending!(polled.poll());
    assert_eq!(bench.in_flight(), 2.0);
    bench.advance(5 * MS);
    drop(unpolled);
    bench.advance(10 * MS);
    drop(polled);
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 0.0, 2.0]);
    assert_eq!(bench.duration("sum", "dropped"), 0.02);
    assert_eq!(bench.in_flight(), 0.0);
}

#[test]
fn a_panic_in_call_or_in_poll_is_counted_once_and_goes_on() {
    let bench = Bench::new();
    let layer = MeasureLayer::new(bench.operation(&[]));
    let mut service = layer.layer(service_fn(|at_once: bool| {
        assert!(!at_once, "in call");
        async { panic!("in poll") as Result<(), Infallible> }
    }));
    assert_eq!(panic_of(|| service.call(true)), Some("in call"));
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 1.0, 0.0]);
    let mut call = task::spawn(service.call(false));
    assert_eq!(panic_of(|| call.poll()), Some("in poll"));
    drop(call);
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 2.0, 0.0]);
    assert_eq!(bench.in_flight(), 0.0);
}

#[test]
fn services_of_one_layer_and_their_clones_share_the_series() {
    let bench = Bench::new();
    let layer = MeasureLayer::new(bench.operation(&[]));
    let service = || layer.layer(service_fn(|()| ready(Ok::<_, Infallible>(()))));
    let one = service();
    for mut service in [one.clone(), one, service()] {
        assert_ready_ok!(task::spawn(service.call(())).poll());
    }
    assert_eq!(bench.ends(), [3.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn waiting_to_be_ready_is_no_part_of_a_call_and_an_error_of_it_is_no_call() {
    struct Broken;
    impl Service<()> for Broken {
        type Response = ();
        type Error = &'static str;
        type Future = Ready<Result<(), &'static str>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Err("closed"))
        }
        fn call(&mut self, (): ()) -> Self::Future {
            unreachable!("it is never ready")
        }
    }
    let bench = Bench::new();
    let mut service = MeasureLayer::new(bench.operation(&[])).layer(Broken);
    let ready = task::spawn(()).enter(|cx, _| service.poll_ready(cx));
    assert_eq!(ready, Poll::Ready(Err("closed")));
    assert_eq!(bench.ends(), [0.0; 5]);
    assert_eq!(bench.reads(), 0);
}

#[test]
fn stacked_with_itself_each_level_counts_what_it_sees() {
    let bench = Bench::new();
    let inner = Operation::new(bench.exporter.meter(), "inner").unwrap();
    let mut service = ServiceBuilder::new()
        .layer(MeasureLayer::new(bench.operation(&[])))
        .map_err(|_: &'static str| "lifted")
        .map_result(|result: Result<(), &'static str>| result.or(Ok(())))
        .layer(MeasureLayer::new(inner))
        .service_fn(|()| ready(Err::<(), _>("down")));
    assert_ready_ok!(task::spawn(service.call(())).poll());
    assert_eq!(bench.ends(), [1.0, 0.0, 0.0, 0.0, 0.0]);
    let inner = "admf_call_duration_seconds_count{operation=\"inner\",result=\"error\"}";
    assert_eq!(bench.value(inner), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_contract_of_all_layers() {
    let case = || Case::new(MeasureLayer::new(Bench::new().operation(&[])));
    contract::check(&case).await.unwrap();
}
