mod body;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::{Ready, pending, ready};

use ::http::{Extensions, Method, Request, Response, StatusCode};
use http_body_util::Full;
use proptest::prelude::*;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, service_fn};

use super::*;
use crate::catalogue::whole::assert_exposes;
use crate::catalogue::{Label, Metric};
use crate::meter::{HandleError, Meter};
use crate::red::http::{CLIENT_METRICS, HttpMeasureLayer, Route, SERVER_METRICS, ServerErrors};
use crate::red::{CallResult, Classify};

/// What stands for axum's `MatchedPath`.
#[derive(Clone)]
struct Matched(String);

fn template(extensions: &Extensions) -> Option<&str> {
    extensions.get::<Matched>().map(|it| &*it.0)
}

fn bench() -> Bench {
    let metrics = SERVER_METRICS.into_iter().chain(CLIENT_METRICS);
    Bench::with(Catalogue::new(metrics).unwrap())
}

fn server(bench: &Bench) -> HttpMeasureLayer {
    let layer = HttpMeasureLayer::server(bench.exporter.meter(), template);
    layer.unwrap().with_clock(bench.clock())
}

fn request(method: &str, path: &str, route: Option<&str>) -> Request<u16> {
    let mut request = Request::new(200);
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = path.parse().unwrap();
    if let Some(route) = route {
        request.extensions_mut().insert(Matched(route.to_owned()));
    }
    request
}

/// A service that answers with the status that the request's body says.
fn answers(request: Request<u16>) -> Ready<Result<Response<Full<&'static [u8]>>, Infallible>> {
    let mut response = Response::new(Full::new(&b"quote"[..]));
    *response.status_mut() = StatusCode::from_u16(request.into_body()).unwrap();
    ready(Ok(response))
}

impl Bench {
    fn requests(&self, method: &str, route: &str, code: &str) -> Option<f64> {
        self.of_requests("count", [method, route, code])
    }

    fn of_requests(&self, of: &str, [method, route, code]: [&str; 3]) -> Option<f64> {
        let labels = format!("{{method=\"{method}\",route=\"{route}\",code=\"{code}\"}}");
        self.value(&format!("http_request_duration_seconds_{of}{labels}"))
    }

    /// The label sets of all requests, each with how many there were.
    fn counts(&self) -> BTreeMap<String, f64> {
        let text = self.exporter.render();
        let counts = text
            .lines()
            .filter_map(|it| it.strip_prefix("http_request_duration_seconds_count"));
        let pairs = counts.map(|it| it.rsplit_once(' ').unwrap());
        pairs
            .map(|(labels, count)| (labels.to_owned(), count.parse().unwrap()))
            .collect()
    }

    fn series(&self) -> BTreeSet<String> {
        self.counts().into_keys().collect()
    }

    fn requests_in_flight(&self) -> f64 {
        self.value("http_requests_in_flight").unwrap()
    }
}

#[test]
fn a_request_is_measured_by_method_template_and_exact_status() {
    let bench = bench();
    let mut service = server(&bench).layer(service_fn(answers));
    for (symbol, code) in [("IBM", 200), ("AAPL", 200), ("?", 404), ("IBM", 503)] {
        let path = format!("/api/quotes/{symbol}");
        let request = request("GET", &path, Some("/api/quotes/{symbol}")).map(|_| code);
        let mut call = task::spawn(service.call(request));
        assert_eq!(bench.requests_in_flight(), 1.0);
        bench.advance(30 * MS);
        assert_ready_ok!(call.poll());
    }
    let route = "/api/quotes/{symbol}";
    assert_eq!(bench.requests("GET", route, "200"), Some(2.0));
    assert_eq!(bench.requests("GET", route, "404"), Some(1.0));
    assert_eq!(bench.requests("GET", route, "503"), Some(1.0));
    let sum = bench.of_requests("sum", ["GET", route, "200"]);
    assert_eq!(sum, Some(0.06));
    assert_eq!(bench.series().len(), 3);
    assert_eq!(bench.requests_in_flight(), 0.0);
    assert_eq!(bench.reads(), 8);
}

#[test]
fn a_request_without_a_route_and_a_method_of_nobodys_have_series_of_their_own() {
    let bench = bench();
    let mut service = server(&bench).layer(service_fn(answers));
    for (method, route) in [("GET", None), ("BREW", Some("/pot")), ("GET", Some(""))] {
        let call = service.call(request(method, "/x", route));
        assert_ready_ok!(task::spawn(call).poll());
    }
    assert_eq!(bench.requests("GET", "_unmatched", "200"), Some(2.0));
    assert_eq!(bench.requests("_other", "/pot", "200"), Some(1.0));
}

#[test]
fn a_hundred_thousand_paths_make_no_more_series_than_the_label_has_room_for() {
    // By mistake, the path itself is taken for the route.
    fn path(extensions: &Extensions) -> Option<&str> {
        template(extensions)
    }
    let bench = bench();
    let layer = HttpMeasureLayer::server(bench.exporter.meter(), path).unwrap();
    let mut service = layer.layer(service_fn(answers));
    for i in 0..100_000_u32 {
        let path = format!("/{:x}", i.wrapping_mul(2_654_435_761));
        let call = service.call(request("GET", &path, Some(&path)));
        assert_ready_ok!(task::spawn(call).poll());
    }
    assert_eq!(bench.series().len(), 101);
    assert_eq!(bench.requests("GET", "_other", "200"), Some(99_900.0));
}

#[test]
fn a_hundred_thousand_unmatched_paths_and_methods_make_two_series() {
    let bench = bench();
    let mut service = server(&bench).layer(service_fn(answers));
    for i in 0..100_000 {
        let method = if i % 2 == 0 { "GET" } else { "X-RANDOM" };
        let request = request(method, &format!("/{i}"), None);
        assert_ready_ok!(task::spawn(service.call(request)).poll());
    }
    assert_eq!(bench.series().len(), 2);
}

#[test]
fn threads_that_ask_at_once_lose_no_request_and_make_no_series_twice() {
    let bench = bench();
    let layer = server(&bench);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut service = layer.layer(service_fn(answers));
            scope.spawn(move || {
                for i in 0..1000 {
                    let route = format!("/{}", i % 10);
                    let request = request("GET", "/", Some(&route)).map(|_| 200 + i % 7);
                    assert_ready_ok!(task::spawn(service.call(request)).poll());
                }
            });
        }
    });
    let counts = bench.counts();
    assert_eq!(counts.len(), 70);
    assert_eq!(counts.values().sum::<f64>(), 4000.0);
    assert_eq!(bench.requests_in_flight(), 0.0);
}

#[test]
fn a_request_without_an_answer_says_why() {
    let bench = bench();
    let error = server(&bench)
        .layer(service_fn(|_: Request<u16>| {
            ready(Err::<Response<()>, _>("reset"))
        }))
        .call(request("GET", "/", Some("/")));
    assert_ready_err!(task::spawn(error).poll());

    let mut hangs = server(&bench).layer(service_fn(|_: Request<u16>| {
        pending::<Result<Response<()>, Infallible>>()
    }));
    let unpolled = hangs.call(request("GET", "/", Some("/")));
    let mut polled = task::spawn(hangs.call(request("GET", "/", Some("/"))));
    assert_pending!(polled.poll());
    assert_eq!(bench.requests_in_flight(), 2.0);
    drop((unpolled, polled));

    let mut panics = server(&bench).layer(service_fn(|request: Request<u16>| {
        assert!(request.method() == Method::GET, "in call");
        async { panic!("in poll") as Result<Response<()>, Infallible> }
    }));
    let in_call = || panics.call(request("POST", "/", Some("/")));
    assert_eq!(panic_of(in_call), Some("in call"));
    let mut call = task::spawn(panics.call(request("GET", "/", Some("/"))));
    assert_eq!(panic_of(|| call.poll()), Some("in poll"));
    drop(call);

    assert_eq!(bench.requests("GET", "/", "_error"), Some(1.0));
    assert_eq!(bench.requests("GET", "/", "_dropped"), Some(2.0));
    assert_eq!(bench.requests("POST", "/", "_panic"), Some(1.0));
    assert_eq!(bench.requests("GET", "/", "_panic"), Some(1.0));
    assert_eq!(bench.requests_in_flight(), 0.0);
}

#[test]
fn what_a_request_held_is_given_back_with_its_answer_though_its_future_is_still_there() {
    let bench = bench();
    let held = Arc::new(());
    let inner = Arc::clone(&held);
    let mut service = server(&bench).layer(service_fn(move |_: Request<u16>| {
        let held = Arc::clone(&inner);
        std::future::poll_fn(move |_| {
            assert!(Arc::strong_count(&held) > 1);
            std::task::Poll::Ready(Ok::<_, Infallible>(Response::new(())))
        })
    }));
    let call = service.call(request("GET", "/", Some("/")));
    assert_eq!(Arc::strong_count(&held), 3);
    let mut call = task::spawn(call);
    assert_ready_ok!(call.poll());
    assert_eq!(Arc::strong_count(&held), 2);
    drop(call);
}

#[test]
fn a_client_measures_into_metrics_of_its_own() {
    let bench = bench();
    let layer = HttpMeasureLayer::client(bench.exporter.meter(), template).unwrap();
    let call = layer.layer(service_fn(answers)).call(request(
        "GET",
        "/quotes/IBM",
        Some("/quotes/{symbol}"),
    ));
    assert_ready_ok!(task::spawn(call).poll());
    let series = "http_client_request_duration_seconds_count{method=\"GET\",route=\"/quotes/{symbol}\",code=\"200\"}";
    assert_eq!(bench.value(series), Some(1.0));
    assert!(bench.series().is_empty());
}

#[test]
fn a_catalogue_may_bound_routes_by_a_list_and_have_buckets_of_its_own() {
    const REQUESTS: Metric = Metric::histogram("http_request_duration_seconds", "R.", &[1.0])
        .labels(&[
            Label::one_of("route", &["/a"]),
            Label::capped("code", 2),
            Label::one_of("method", &["GET"]),
        ]);
    let bench = Bench::with(Catalogue::new([REQUESTS, SERVER_METRICS[1]]).unwrap());
    let mut service = server(&bench).layer(service_fn(answers));
    for route in ["/b", "/a", "/c", "/a"] {
        let call = service.call(request("GET", "/", Some(route)));
        assert_ready_ok!(task::spawn(call).poll());
    }
    let expected = [
        r#"{route="/a",code="200",method="GET"}"#,
        r#"{route="_other",code="200",method="GET"}"#,
    ];
    assert_eq!(bench.series(), expected.map(str::to_owned).into());
}

#[test]
fn a_catalogue_that_lacks_or_bends_the_metrics_is_refused() {
    const NAME: &str = "http_request_duration_seconds";
    const FOUR: [Label; 4] = [
        Label::capped("method", 9),
        Label::capped("route", 9),
        Label::capped("code", 9),
        Label::capped("host", 9),
    ];
    let [ours, in_flight] = SERVER_METRICS;
    for (metric, expected) in [
        (None, "is not declared in the catalogue"),
        (
            Some(Metric::gauge(NAME, "R.")),
            "is declared as a gauge, not as a histogram",
        ),
        (
            Some(ours.labels(&[])),
            "does not declare the label `method`",
        ),
        (
            Some(ours.labels(&FOUR)),
            "needs a value for the label `host`",
        ),
    ] {
        let bench = Bench::with(Catalogue::new(metric.into_iter().chain([in_flight])).unwrap());
        let error = HttpMeasureLayer::server(bench.exporter.meter(), template).unwrap_err();
        assert_eq!(error.to_string(), format!("metric `{NAME}` {expected}"));
    }
}

#[test]
fn a_status_from_500_on_is_an_error_of_its_class_to_the_rule_for_http() {
    let of = |status| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        ServerErrors.classify(&Ok::<_, Infallible>(response))
    };
    assert_eq!([200, 304, 404, 429].map(of), [CallResult::Success; 4]);
    let expected = ["500", "503", "_other"].map(CallResult::Error);
    assert_eq!([500, 503, 507].map(of), expected);
    let failed = ServerErrors.classify(&Err::<Response<()>, _>("reset"));
    assert_eq!(failed, CallResult::ERROR);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn requests_of_any_kind_are_counted_as_a_plain_map_counts_them(
        requests in proptest::collection::vec((0..12_usize, 0..130_usize, 0..70_u16), 0..200)
    ) {
        let bench = bench();
        let layer = server(&bench);
        let methods = [
            "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "BREW",
            "get", "LINK",
        ];
        let mut model = BTreeMap::<String, f64>::new();
        let (mut routes, mut codes) = (BTreeSet::new(), BTreeSet::new());
        // Each value is admitted in the order in which it first comes, until its label is full.
        let admit = |seen: &mut BTreeSet<String>, value: String, cap: usize| {
            if seen.contains(&value) || seen.len() < cap {
                seen.insert(value.clone());
                return value;
            }
            "_other".to_owned()
        };
        for (method, route, code) in requests {
            let (method, route, code) = (methods[method], format!("/{route}"), 200 + code);
            // Another service each time, by another clone of the layer.
            let mut service = layer.clone().layer(service_fn(answers));
            let request = request(method, "/", Some(&route)).map(|_| code);
            assert_ready_ok!(task::spawn(service.call(request)).poll());
            let method = if methods[..9].contains(&method) { method } else { "_other" };
            let (route, code) = (
                admit(&mut routes, route, 100),
                admit(&mut codes, code.to_string(), 64),
            );
            let labels = format!("{{method=\"{method}\",route=\"{route}\",code=\"{code}\"}}");
            *model.entry(labels).or_default() += 1.0;
        }
        prop_assert_eq!(bench.counts(), model);
    }
}

#[test]
fn every_metric_is_exposed_once_a_request_was_answered_and_none_else() {
    type Make = fn(&Meter, Route) -> Result<HttpMeasureLayer, HandleError>;
    let [server, client]: [Make; 2] = [HttpMeasureLayer::server, HttpMeasureLayer::client];
    for (make, metrics) in [(server, SERVER_METRICS), (client, CLIENT_METRICS)] {
        let bench = Bench::of_everything();
        let layer = make(bench.exporter.meter(), template).unwrap();
        let mut service = layer.layer(service_fn(answers));
        let call = service.call(request("GET", "/x", Some("/x")));
        assert_ready_ok!(task::spawn(call).poll());
        assert_exposes(&bench.exporter, &metrics);
    }
}
