use http_body_util::{BodyExt, Channel, Empty};
use tokio_test::assert_ready;

use super::*;

#[test]
fn until_the_body_ends_a_request_is_in_flight_and_its_time_goes_on() {
    let bench = bench();
    let (mut sender, body) = Channel::<&'static [u8], Infallible>::new(4);
    let mut body = Some(body);
    let service = service_fn(move |_: Request<u16>| {
        ready(Ok::<_, Infallible>(Response::new(body.take().unwrap())))
    });
    let mut service = server(&bench).until_body_end().layer(service);
    let mut call = task::spawn(service.call(request("GET", "/", Some("/"))));
    bench.advance(10 * MS);
    let response = assert_ready_ok!(call.poll());
    assert_eq!(bench.requests_in_flight(), 1.0);
    bench.advance(90 * MS);
    sender.try_send(http_body::Frame::data(b"a")).unwrap();
    drop(sender);
    assert_ready_ok!(task::spawn(response.into_body().collect()).poll());
    let sum = bench.of_requests("sum", ["GET", "/", "200"]);
    assert_eq!(sum, Some(0.1));
    assert_eq!(bench.requests_in_flight(), 0.0);
}

#[test]
fn a_body_given_up_is_dropped_one_that_fails_is_an_error_and_one_nobody_reads_has_its_status() {
    let bench = bench();
    let (_sender, pending) = Channel::<&'static [u8], &'static str>::new(1);
    let (failing, fails) = Channel::<&'static [u8], &'static str>::new(1);
    failing.abort("reset");
    let (_sender, unread) = Channel::<&'static [u8], &'static str>::new(1);
    let mut bodies = vec![unread, fails, pending];
    let mut next = move || ready(Ok::<_, Infallible>(Response::new(bodies.pop().unwrap())));
    let service = service_fn(move |_: Request<u16>| next());
    let mut service = server(&bench).until_body_end().layer(service);
    let mut answer = || {
        let call = service.call(request("GET", "/", Some("/")));
        assert_ready_ok!(task::spawn(call).poll()).into_body()
    };

    let mut pending = task::spawn(answer().collect());
    assert_pending!(pending.poll());
    drop(pending);
    assert_eq!(bench.requests("GET", "/", "_dropped"), Some(1.0));
    assert_ready!(task::spawn(answer().collect()).poll()).unwrap_err();
    assert_eq!(bench.requests("GET", "/", "_error"), Some(1.0));
    drop(answer());
    assert_eq!(bench.requests("GET", "/", "200"), Some(1.0));
    assert_eq!(bench.requests_in_flight(), 0.0);
}

#[test]
fn a_body_that_is_empty_or_as_long_as_declared_ends_its_request_though_it_is_still_held() {
    let bench = bench();
    let layer = server(&bench).until_body_end();
    let empty = service_fn(|_: Request<u16>| {
        ready(Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new())))
    });
    let call = layer.layer(empty).call(request("GET", "/", Some("/empty")));
    let _held = assert_ready_ok!(task::spawn(call).poll());
    assert_eq!(bench.requests("GET", "/empty", "200"), Some(1.0));

    let (mut sender, body) = Channel::<&'static [u8], Infallible>::new(4);
    let mut body = Some(body);
    let long = service_fn(move |_: Request<u16>| {
        let response = Response::builder().header("content-length", "3");
        ready(Ok::<_, Infallible>(
            response.body(body.take().unwrap()).unwrap(),
        ))
    });
    let call = layer.layer(long).call(request("GET", "/", Some("/long")));
    let mut body = assert_ready_ok!(task::spawn(call).poll()).into_body();
    sender.try_send(http_body::Frame::data(b"ab")).unwrap();
    sender.try_send(http_body::Frame::data(b"c")).unwrap();
    assert_ready!(task::spawn(body.frame()).poll())
        .unwrap()
        .unwrap();
    assert_eq!(bench.requests("GET", "/long", "200"), None);
    assert_ready!(task::spawn(body.frame()).poll())
        .unwrap()
        .unwrap();
    assert_eq!(bench.requests("GET", "/long", "200"), Some(1.0));
    assert_eq!(bench.requests_in_flight(), 0.0);
}
