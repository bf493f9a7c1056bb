//! What a measured call allocates: nothing.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use admf_metrics::red::http::{HttpMeasureLayer, SERVER_METRICS};
use admf_metrics::red::{self, CallResult, MeasureLayer, Methods, MethodsConfig, Operation};
use admf_metrics::{Catalogue, Meter};
use allocation_counter::measure;
use http::{Extensions, Request, Response};
use tower::{Layer, Service, service_fn};

/// A recorder that keeps nothing, so that what is counted is ours.
fn meter() -> Meter {
    let metrics = red::METRICS.into_iter().chain(SERVER_METRICS);
    Meter::on(Catalogue::new(metrics).unwrap(), metrics::NoopRecorder)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[track_caller]
fn allocates_nothing(code: impl FnOnce()) {
    let counted = measure(code);
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
}

#[test]
fn the_counter_counts() {
    let counted = measure(|| drop(std::hint::black_box(Box::new(7))));
    assert_eq!(counted.count_total, 1);
}

#[test]
fn a_call_of_an_operation_allocates_nothing_from_the_first_on_however_it_ends() {
    let op = Operation::with_classes(&meter(), "op", &["timeout"]).unwrap();
    allocates_nothing(|| {
        for _ in 0..1000 {
            let _ = op.call(|| Ok::<_, ()>(1));
            let _ = op.call(|| Err::<(), _>(1));
            op.call_by(|_: &u8| CallResult::Error("timeout"), || 1);
            assert!(poll(pin!(op.run(ready(Ok::<_, ()>(1))))).is_ready());
            assert!(poll(pin!(op.run(std::future::pending::<Result<(), ()>>()))).is_pending());
        }
    });
}

#[test]
fn a_call_of_a_measured_service_allocates_nothing() {
    let op = Operation::new(&meter(), "op").unwrap();
    let inner = service_fn(|order: u64| ready(Ok::<_, Infallible>(order)));
    let mut service = MeasureLayer::new(op).layer(inner);
    allocates_nothing(|| {
        for order in 0..1000 {
            assert!(poll(pin!(service.call(order))).is_ready());
            drop(service.call(order));
        }
    });
}

#[test]
fn a_method_allocates_nothing_listed_or_not() {
    let config = MethodsConfig {
        monitored_methods: vec!["op".into()],
        ..Default::default()
    };
    let methods = Methods::new(&meter(), &config, &[]).unwrap();
    allocates_nothing(|| {
        for _ in 0..1000 {
            let _ = methods.call("op", || Ok::<_, ()>(1));
            let _ = methods.call("quote", || Ok::<_, ()>(1));
            assert!(poll(pin!(methods.run("quote", ready(Ok::<_, ()>(1))))).is_ready());
        }
    });
}

#[derive(Clone, Copy)]
struct Matched(&'static str);

fn template(extensions: &Extensions) -> Option<&str> {
    extensions.get::<Matched>().map(|it| it.0)
}

fn answers(_: Request<()>) -> Ready<Result<Response<()>, Infallible>> {
    ready(Ok(Response::new(())))
}

fn requests(count: usize, route: impl Fn(usize) -> &'static str) -> Vec<Request<()>> {
    let one = |i| {
        let request = Request::post("/api/orders").extension(Matched(route(i)));
        request.body(()).unwrap()
    };
    (0..count).map(one).collect()
}

#[test]
fn a_request_like_an_earlier_one_allocates_nothing() {
    let layer = HttpMeasureLayer::server(&meter(), template).unwrap();
    let mut service = layer.clone().layer(service_fn(answers));
    let routes = ["/api/orders", "/api/quotes", "/api/quotes/{symbol}"];
    let mut send = |requests: Vec<_>| {
        for request in requests {
            assert!(poll(pin!(service.call(request))).is_ready());
        }
    };
    send(requests(3, |i| routes[i]));
    let again = requests(1000, |i| routes[i % 3]);
    allocates_nothing(|| send(again));
}

#[test]
fn a_request_past_the_bound_on_routes_allocates_nothing() {
    let layer = HttpMeasureLayer::server(&meter(), template).unwrap();
    let mut service = layer.layer(service_fn(answers));
    let path = |i: usize| &*format!("/{i}").leak();
    for request in requests(200, path) {
        assert!(poll(pin!(service.call(request))).is_ready());
    }
    let flood = requests(1000, |i| path(1000 + i));
    allocates_nothing(|| {
        for request in flood {
            assert!(poll(pin!(service.call(request))).is_ready());
        }
    });
}
