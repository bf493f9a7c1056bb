//! What http requests are keyed by, whatever clients write.

use ::http::{HeaderName, Request, Response, StatusCode};
use proptest::prelude::*;
use resilience_core::{BoxError, CircuitBreakerConfig, Keyed, KeyedConfig};
use resilience_tower::http::key::{Header, Routes, Segments};
use resilience_tower::{ByKey, GateLayer, KeyOf};

use tower::{Layer, Service, ServiceExt, service_fn};

use crate::common::env;
use crate::keys::{hostile, request};

proptest! {
    #[test]
    fn keys_by_header_and_path_are_never_empty_and_never_too_long(
        lines in hostile(), path in "/[/a-z%0-9]{0,300}", count in 0..9_usize,
    ) {
        let request = {
            let mut request = request("192.0.2.1", "x-tenant", &lines);
            *request.uri_mut() = path.parse().unwrap();
            request
        };
        let header = Header::new(HeaderName::from_static("x-tenant")).max_len(20);
        if let Some(key) = header.key(&request) {
            prop_assert!((1..=20).contains(&key.len()) && lines.len() == 1);
            prop_assert_eq!(key.trim(), &*key);
        }
        let naive: Vec<_> = path.split('/').filter(|it| !it.is_empty()).take(count).collect();
        let naive = naive.join("/");
        let expected = (1..=128).contains(&naive.len()).then_some(naive);
        let key = Segments::first(count).key(&request).map(String::from);
        prop_assert_eq!(key, expected);
    }
}

#[test]
fn a_header_is_a_key_only_where_it_is_there_once_and_can_be_read() {
    let tenant = Header::new(HeaderName::from_static("x-tenant"));
    let long = "a".repeat(129);
    for (lines, key) in [
        (&[&b"acme"[..]][..], Some("acme")),
        (&[b"  acme\t"], Some("acme")),
        (&[b"ACME"], Some("ACME")),
        (&[b""], None),
        (&[b" \t "], None),
        (&[b"acme", b"acme"], None),
        (&[b"caf\xc3\xa9"], None),
        (&[&long.as_bytes()[1..]], Some(&long[1..])),
        (&[long.as_bytes()], None),
        (&[], None),
    ] {
        let request = request("192.0.2.1", "x-tenant", lines);
        assert_eq!(tenant.key(&request).as_deref(), key, "{lines:?}");
    }
    let request = request("192.0.2.1", "x-tenant", &["AcMe"]);
    let folded = tenant.clone().ignore_case();
    assert_eq!(folded.key(&request).as_deref(), Some("acme"));
    assert_eq!(tenant.max_len(3).key(&request), None);
}

#[test]
fn a_path_is_keyed_by_its_first_segments() {
    for (path, count, key) in [
        ("/", 1, None),
        ("//", 9, None),
        ("*", 1, Some("*")),
        ("/orders", 1, Some("orders")),
        ("/orders/7/fills?x=1", 1, Some("orders")),
        ("/orders/7/fills?x=1", 2, Some("orders/7")),
        ("/orders/7/fills/", 9, Some("orders/7/fills")),
        ("//orders///7", 2, Some("orders/7")),
        ("/orders", 0, None),
    ] {
        let request = Request::get(path).body(()).unwrap();
        let found = Segments::first(count).key(&request).map(String::from);
        assert_eq!(found.as_deref(), key, "{path} {count}");
    }
    let whole = Request::get("/a/b/c/d").body(()).unwrap();
    assert_eq!(Segments::all().key(&whole).as_deref(), Some("a/b/c/d"));
}

#[test]
fn a_path_is_keyed_by_the_first_route_that_it_is_of() {
    let routes = Routes::new(["/orders", "/orders/new", "/orders/{id}", "/"]);
    for (path, key) in [
        ("/orders", Some("/orders")),
        ("/orders/", Some("/orders")),
        ("/orders/new", Some("/orders/new")),
        ("/orders/7", Some("/orders/{id}")),
        ("/orders/7/fills", None),
        ("/ORDERS", None),
        ("/", Some("/")),
        ("/quotes", None),
    ] {
        let request = Request::get(path).body(()).unwrap();
        assert_eq!(routes.key(&request).as_deref(), key, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_30_a_flood_of_made_up_paths_and_names_is_bounded_and_stops_no_open_circuit() {
    let gate = CircuitBreakerConfig {
        consecutive: Some(1),
        ..Default::default()
    };
    let config = KeyedConfig {
        gate,
        max_keys: 20,
        idle: None,
    };
    let paths = Keyed::new("paths", config, &env()).unwrap();
    let down = service_fn(|it: Request<()>| async move {
        let mut response = Response::new(());
        if it.uri().path() == "/down" {
            *response.status_mut() = StatusCode::BAD_GATEWAY;
        }
        Ok::<_, BoxError>(response)
    });
    let by_path = ByKey::new(paths.clone(), Segments::all());
    let mut service = GateLayer::http(by_path).layer(down);
    let mut status = async |path: String| {
        let request = Request::get(path).body(()).unwrap();
        let response = service.ready().await.unwrap().call(request).await;
        response.map(|it| it.status()).ok()
    };
    assert_eq!(status("/down".into()).await, Some(StatusCode::BAD_GATEWAY));
    for n in 0..20_000 {
        assert_eq!(status(format!("/made-up/{n}")).await, Some(StatusCode::OK));
    }
    assert_eq!(paths.snapshot().keys, 20);
    assert_eq!(status("/down".into()).await, None);
}
