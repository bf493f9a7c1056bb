use std::sync::Mutex;

use admf_alerts::Samples;
use admf_metrics::Exporter;
use axum::body::{Body, to_bytes};
use resilience_core::{
    Ask, Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, CircuitState, Keyed,
    KeyedConfig, Outcome,
};
use tower::ServiceExt;

use super::*;
use crate::ops::catalogue;

const SECRET: &str = "a-secret-of-the-operators";
const NEAR: &str = "127.0.0.1:4711";
const FAR: &str = "192.0.2.7:4711";

/// Policies behind the routes, and what the console says.
struct Bench {
    routes: Router,
    place: Place,
    lines: Arc<Mutex<Vec<String>>>,
    exporter: Exporter,
    circuit: CircuitBreaker,
    venues: Keyed<CircuitBreaker>,
    _slots: Bulkhead,
}

fn bench(token: Option<&str>, address: &str) -> Bench {
    let (env, _clock) = Env::manual();
    let circuit = CircuitBreakerConfig::default();
    let keyed = KeyedConfig {
        gate: circuit.clone(),
        max_keys: 4,
        idle: None,
    };
    let exporter = Exporter::local(catalogue::catalogue().unwrap());
    let lines = Arc::<Mutex<Vec<String>>>::default();
    let console: Console = {
        let lines = Arc::clone(&lines);
        Arc::new(move |line| lines.lock().unwrap().push(line.to_owned()))
    };
    let circuit = CircuitBreaker::new("primary", circuit, &env).unwrap();
    let venues = Keyed::new("venue", keyed, &env).unwrap();
    let slots = Bulkhead::new("primary", BulkheadConfig::default(), &env).unwrap();
    let place = Place::default();
    let token = token.map(|it| Token::new(it).unwrap());
    let address = address.parse().unwrap();
    let routes = routes(
        token,
        address,
        place.clone(),
        exporter.meter().clone(),
        console,
    );
    let operated = Operated { env, file: None };
    assert!(place.set(operated).is_ok());
    Bench {
        routes,
        place,
        lines,
        exporter,
        circuit,
        venues,
        _slots: slots,
    }
}

impl Bench {
    async fn ask_as(
        &self,
        peer: &str,
        header: Option<(&str, &str)>,
        request: &str,
    ) -> (u16, Value) {
        let (method, path) = request.split_once(' ').unwrap();
        let peer = ConnectInfo(peer.parse::<SocketAddr>().unwrap());
        let request = Request::builder().method(method).uri(path).extension(peer);
        let request = header
            .into_iter()
            .fold(request, |it, (name, value)| it.header(name, value));
        let request = request.body(Body::empty()).unwrap();
        let answer = self.routes.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn ask(&self, request: &str) -> (u16, Value) {
        self.ask_as(NEAR, None, request).await
    }

    /// Asks for what is refused, and returns why.
    async fn refused(&self, status: u16, request: &str) -> String {
        let (told, body) = self.ask(request).await;
        assert_eq!(told, status, "{request}: {body}");
        body["error"].as_str().unwrap().to_owned()
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }

    fn counted(&self, action: &str, result: &str) -> Option<f64> {
        let samples = Samples::parse(&self.exporter.render()).unwrap();
        let labels = [("action", action), ("result", result)];
        samples.value("admin_actions_total", &labels)
    }
}

#[tokio::test]
async fn policies_are_listed_with_what_they_go_by_and_what_they_know() {
    let bench = bench(None, NEAR);
    let permit = bench.venues.permit("XNYS", &Ask::default()).unwrap();
    permit.record(Outcome::Success);
    let (status, body) = bench.ask("GET /admin/policies").await;
    let policies = body["policies"].as_array().unwrap();
    assert_eq!((status, policies.len()), (200, 3));
    assert_eq!(policies[0]["kind"], "circuit_breaker");
    assert_eq!(policies[0]["snapshot"]["state"], "closed");
    let (_, body) = bench.ask("GET /admin/policies/bulkhead/primary").await;
    assert_eq!(body["snapshot"]["in_flight"], 0);
    let keyed = "/admin/policies/keyed_circuit_breaker/venue";
    let (_, body) = bench.ask(&format!("GET {keyed}")).await;
    assert_eq!(body["keys"], json!(["XNYS"]));
    let (_, body) = bench.ask(&format!("GET {keyed}/keys/XNYS")).await;
    assert_eq!(body["policies"][0]["name"], "venue[XNYS]");
    assert!(bench.lines().is_empty(), "who looks changes nothing");
}

#[tokio::test]
async fn a_circuit_is_operated_and_each_act_is_one_line_and_is_counted() {
    let bench = bench(None, NEAR);
    let path = "/admin/policies/circuit_breaker/primary";
    for (action, before, state) in [
        ("isolate", "closed", CircuitState::Isolated),
        ("disable", "isolated", CircuitState::Disabled),
        ("shadow", "disabled", CircuitState::Shadow),
        ("reset", "shadow", CircuitState::Closed),
    ] {
        let (status, body) = bench.ask(&format!("POST {path}/{action}")).await;
        assert_eq!((status, bench.circuit.state()), (200, state));
        assert_eq!(body["circuits"][0]["is"], state.as_str());
        let lines = bench.lines();
        let expected = format!(
            r#" by=loopback {NEAR} "{action}" "circuit_breaker" "primary": done, primary was {before}, is {}"#,
            state.as_str()
        );
        assert!(
            lines.len() == 1 && lines[0].starts_with("admin: at="),
            "{lines:?}"
        );
        assert!(lines[0].ends_with(&expected), "{lines:?}");
        assert_eq!(bench.counted(action, "done"), Some(1.0));
    }
}

#[tokio::test]
async fn one_key_of_a_keyed_policy_is_operated_alone() {
    let bench = bench(None, NEAR);
    for key in ["XNYS", "X/LON"] {
        let _ = bench.venues.gate(key);
    }
    let path = "/admin/policies/keyed_circuit_breaker/venue/keys";
    let (status, _) = bench.ask(&format!("POST {path}/X%2FLON/isolate")).await;
    assert_eq!(status, 200);
    let state = |key| bench.venues.get(key).unwrap().state();
    assert_eq!(
        (state("XNYS"), state("X/LON")),
        (CircuitState::Closed, CircuitState::Isolated)
    );
    let line = bench
        .refused(404, &format!("POST {path}/XPAR/isolate"))
        .await;
    assert_eq!(
        line,
        r#"key: keyed_circuit_breaker venue keeps nothing for "XPAR""#
    );
    assert_eq!(
        bench.venues.keys().len(),
        2,
        "who asks for a key makes none"
    );
    assert_eq!(bench.lines().len(), 2);
}

#[tokio::test]
async fn what_there_is_not_is_said_by_its_name() {
    let bench = bench(None, NEAR);
    let policies = "/admin/policies";
    for (status, request, line) in [
        (
            404,
            "GET {}/breaker/primary",
            r#"kind: must be one of bulkhead, circuit_breaker, keyed_circuit_breaker, got "breaker""#,
        ),
        (
            404,
            "GET {}/circuit_breaker/x",
            r#"name: must be one of primary, got "x""#,
        ),
        (
            404,
            "POST {}/circuit_breaker/primary/open",
            r#"action: must be one of isolate, reset, disable, shadow, got "open""#,
        ),
        (
            409,
            "POST {}/bulkhead/primary/reset",
            r#"kind: must be circuit_breaker for "reset", is bulkhead"#,
        ),
        (
            405,
            "GET {}/circuit_breaker/primary/reset",
            "method: GET is not one of this path",
        ),
        (405, "DELETE {}", "method: DELETE is not one of this path"),
        (404, "GET /admin/nothing", "path: is unknown"),
        (
            409,
            "POST {}/reload",
            "reload: there is no file, --policies names one",
        ),
    ] {
        let said = bench
            .refused(status, &request.replace("{}", policies))
            .await;
        assert_eq!(said, line, "{request}");
    }
    assert_eq!(bench.counted("reload", "refused"), Some(1.0));
    let lines = bench.lines();
    for tried in [
        r#"by=loopback 127.0.0.1:4711 GET "/admin/policies/circuit_breaker/primary/reset": refused, method: GET"#,
        r#"DELETE "/admin/policies": refused, method: DELETE is not"#,
        r#"GET "/admin/nothing": refused, path: is unknown"#,
    ] {
        let told = lines.iter().filter(|line| line.contains(tried)).count();
        assert_eq!(told, 1, "{tried} is not in {lines:?}");
    }
    assert_eq!(bench.counted("other", "refused"), Some(4.0));
}

#[tokio::test]
async fn without_a_token_only_the_loopback_may_and_only_where_nobody_else_can_ask() {
    let isolate = "POST /admin/policies/circuit_breaker/primary/isolate";
    let origin = ("origin", "http://192.0.2.7");
    for (address, peer, header) in [
        ("0.0.0.0:8081", NEAR, None),
        ("192.0.2.1:8081", FAR, None),
        (NEAR, FAR, None),
        (NEAR, NEAR, Some(origin)),
    ] {
        let bench = bench(None, address);
        for request in [isolate, "GET /admin/policies", "GET /admin/nothing"] {
            let (status, body) = bench.ask_as(peer, header, request).await;
            assert_eq!(status, 403, "{address} {peer}: {body}");
        }
        assert_eq!(bench.circuit.state(), CircuitState::Closed);
        let lines = bench.lines();
        assert!(
            lines.len() == 1 && lines[0].contains("by=nobody"),
            "{lines:?}"
        );
        assert_eq!(bench.counted("other", "refused"), Some(1.0));
    }
    let bench = bench(None, "[::1]:8081");
    let (status, _) = bench.ask_as("[::ffff:127.0.0.1]:9", None, isolate).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn with_a_token_it_must_be_shown_from_wherever_one_asks_and_is_never_told() {
    let bench = bench(Some(SECRET), "0.0.0.0:8081");
    let isolate = "POST /admin/policies/circuit_breaker/primary/isolate";
    let shown = [
        "Bearer ".to_owned(),
        format!("Bearer {SECRET}x"),
        format!("Bearer {}", &SECRET[1..]),
        format!("Basic {SECRET}"),
        SECRET.to_owned(),
    ];
    for shown in shown.iter().map(Some).chain([None]) {
        let header = shown.map(|it| ("authorization", it.as_str()));
        let (status, body) = bench.ask_as(NEAR, header, isolate).await;
        assert_eq!(status, 401, "{shown:?}");
        assert!(!body.to_string().contains(&SECRET[1..]));
    }
    assert_eq!(bench.circuit.state(), CircuitState::Closed);
    let header = ("authorization", "bearer a-secret-of-the-operators");
    let (status, _) = bench.ask_as(FAR, Some(header), isolate).await;
    assert_eq!(
        (status, bench.circuit.state()),
        (200, CircuitState::Isolated)
    );
    let lines = bench.lines();
    assert_eq!(lines.len(), 7);
    assert!(lines[6].contains(&format!("by=token {FAR} ")), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains(&SECRET[1..])));
    let debug = format!("{:?}", Token::new(SECRET).unwrap());
    assert_eq!(debug, "Token(..)");
}

#[tokio::test]
async fn a_service_that_is_starting_says_so() {
    let bench = bench(None, NEAR);
    let place = Place::default();
    let exporter = bench.exporter.clone();
    let address = NEAR.parse().unwrap();
    let routes = routes(
        None,
        address,
        place,
        exporter.meter().clone(),
        Arc::new(|_| {}),
    );
    let starting = Bench { routes, ..bench };
    assert!(starting.place.get().is_some());
    let said = starting.refused(503, "GET /admin/policies").await;
    assert_eq!(
        said,
        "policies: the service is starting, there are none yet"
    );
}

#[tokio::test]
async fn policies_are_reloaded_from_their_file_or_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policies.toml");
    let write = |probes: u32| {
        let text = format!("[circuit_breaker.primary]\nprobes = {probes}\n");
        std::fs::write(&path, text).unwrap();
    };
    let (env, _clock) = Env::manual();
    let config = CircuitBreakerConfig::default();
    let circuit = CircuitBreaker::new("primary", config, &env).unwrap();
    write(3);
    let file = Policies::load(&path, &env).unwrap();
    let operated = Operated {
        env,
        file: Some((path.clone(), file)),
    };
    circuit.isolate();
    write(7);
    let done = act::reload(&operated).unwrap();
    assert_eq!(done.line, "changed circuit_breaker.primary");
    write(0);
    let problem = act::reload(&operated).unwrap_err();
    assert_eq!(problem.status.as_u16(), 422);
    assert!(
        problem.line.contains("`probes` must be"),
        "{}",
        problem.line
    );
    assert_eq!(circuit.config().probes, 7);
    assert_eq!(
        circuit.state(),
        CircuitState::Isolated,
        "what it learned stays"
    );
}

#[test]
fn a_token_must_be_fit_to_be_a_secret() {
    for bad in [
        "",
        "short",
        "fifteen-letters",
        "with a blank in it",
        "\u{e4}bcdefghijklmnopq",
    ] {
        assert!(Token::new(bad).is_err(), "{bad:?}");
    }
    assert!(Token::new(&"x".repeat(256)).is_ok() && Token::new(&"x".repeat(257)).is_err());
}
