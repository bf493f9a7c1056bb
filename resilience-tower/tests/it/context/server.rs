//! What a server's layer takes from its callers.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_callee_of_a_callee_is_told_what_is_left_after_both_hops() {
    let last = Callee::default();
    let second = calling_on(200 * MILLI, client().layer(last.service()));
    let second = second.layer(server(DeadlinesConfig::default()).1);
    let seen = Callee::default();
    let wire = {
        let (seen, second) = (seen.clone(), can_fail(second));
        tower::service_fn(move |request: Request<Body>| {
            seen.0.lock().unwrap().push(request.headers().clone());
            second.clone().oneshot(request)
        })
    };
    let first = calling_on(300 * MILLI, client().layer(wire));
    let first = first.layer(server(DeadlinesConfig::default()).1);

    let response = send(
        &first,
        &[("grpc-timeout", "1S"), ("x-correlation-id", "order-7")],
    )
    .await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["x-correlation-id"], "order-7");
    for (callee, left, grpc) in [(seen, "700", "700000u"), (last, "500", "500000u")] {
        let [sent] = &callee.sent()[..] else {
            panic!("it is called once")
        };
        assert_eq!(sent["x-timeout-ms"], left);
        assert_eq!(sent["grpc-timeout"], grpc);
        assert_eq!(sent["x-correlation-id"], "order-7");
    }
}

async fn late() {
    panic!("it is late");
}

#[tokio::test(start_paused = true)]
async fn what_is_late_already_is_refused_before_the_service_is_called() {
    let (policy, layer) = server(DeadlinesConfig::default());
    let app = Router::new().route("/", get(late));
    let app: Router = app.layer(layer);
    for (name, value) in [("grpc-timeout", "0n"), ("x-timeout-ms", "0")] {
        let response = send(&app, &[(name, value), ("x-request-id", "r-1")]).await;
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        let reason = response.extensions().get::<Rejected>();
        assert!(matches!(reason, Some(Rejected::DeadlinePassed(_))));
        assert_eq!(response.headers()["x-correlation-id"], "r-1");
    }
    assert_eq!((policy.snapshot().late, policy.snapshot().cut), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_malformed_header_is_as_good_as_none() {
    let (_, layer) = server(DeadlinesConfig {
        default: Some(5 * SECOND),
        ..Default::default()
    });
    let app = Router::new().route("/", get(|| async { format!("{:?}", left()) }));
    let app: Router = app.layer(layer);
    for (value, seen) in [
        ("soon", "Some(5s)"),
        ("-1S", "Some(5s)"),
        ("7S", "Some(7s)"),
    ] {
        let response = send(&app, &[("grpc-timeout", value)]).await;
        let body = axum::body::to_bytes(response.into_body(), 1_000).await;
        assert_eq!(body.unwrap(), seen, "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_gets_no_more_than_the_most() {
    let (_, layer) = server(DeadlinesConfig {
        max: Some(2 * SECOND),
        ..Default::default()
    });
    let app = Router::new().route("/", get(pending::<()>)).layer(layer);
    for headers in [
        &[][..],
        &[("x-timeout-ms", "60000")],
        &[("grpc-timeout", "1H")],
    ] {
        let began = Instant::now();
        let response = send(&app, headers).await;
        assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(began.elapsed(), 2 * SECOND);
    }
}

/// Says when it was dropped, and in which call.
struct Guard(Arc<Mutex<Option<(Instant, CallContext)>>>);

impl Drop for Guard {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = Some((Instant::now(), context::current()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_dropped_at_the_deadline_and_in_the_scope_of_its_call() {
    let (policy, layer) = server(DeadlinesConfig::default());
    let dropped = Arc::new(Mutex::new(None));
    let app = {
        let dropped = dropped.clone();
        let handler = move || {
            let guard = Guard(dropped.clone());
            async move {
                pending::<()>().await;
                drop(guard);
            }
        };
        Router::new().route("/", get(handler)).layer(layer)
    };
    let began = Instant::now();
    let mut call = tokio_test::task::spawn(send(
        &app,
        &[("x-timeout-ms", "250"), ("x-correlation-id", "a")],
    ));
    tokio_test::assert_pending!(call.poll());
    advance(249 * MILLI).await;
    tokio_test::assert_pending!(call.poll());
    assert!(dropped.lock().unwrap().is_none());
    advance(MILLI).await;
    let response = tokio_test::assert_ready!(call.poll());
    let (at, context) = dropped.lock().unwrap().take().unwrap();
    assert_eq!(at - began, 250 * MILLI);
    assert_eq!(context.correlation_id, CorrelationId::new("a"));
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    let limit = Elapsed::new(250 * MILLI);
    assert_eq!(response.extensions().get(), Some(&limit));
    assert_eq!((policy.snapshot().late, policy.snapshot().cut), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn over_grpc_the_answer_is_a_status_without_messages() {
    let (_, layer) = server(DeadlinesConfig::default());
    let app = Router::new().route("/", get(pending::<()>)).layer(layer);
    for left in ["0n", "50m"] {
        let kind = ("content-type", "application/grpc+proto");
        let response = send(&app, &[kind, ("grpc-timeout", left)]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/grpc");
        assert_eq!(response.headers()["grpc-status"], "4");
        let body = axum::body::to_bytes(response.into_body(), 1_000).await;
        assert!(body.unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn above_the_share_calls_go_on_to_their_end() {
    let (policy, layer) = server(DeadlinesConfig {
        max_dropped: 0.5,
        ..Default::default()
    });
    let app = Router::new().route("/", get(|| sleep(SECOND))).layer(layer);
    let mut statuses = Vec::new();
    for timeout in ["5000", "100", "100", "0"] {
        let response = send(&app, &[("x-timeout-ms", timeout)]).await;
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [200, 504, 200, 504]);
    let seen = policy.snapshot();
    assert_eq!((seen.late, seen.cut, seen.spared), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_can_fail_ends_with_the_callers_own_error() {
    let (_, layer) = server(DeadlinesConfig::default());
    let hangs = tower::service_fn(|_: Request<Body>| pending::<Result<Response<Body>, BoxError>>());
    let service = layer.layer(hangs);
    let call = |left| service.clone().oneshot(with(&[("x-timeout-ms", left)]));
    assert!(call("0").await.unwrap_err().rejected().is_some());
    let error = call("70").await.unwrap_err();
    assert_eq!(error.elapsed(), Some(&Elapsed::new(70 * MILLI)));
}
