use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use admf_metrics::http::Token;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::alertmanager_file::{add, parse};
use crate::channel::io::Wall;
use crate::service::ServiceConfig;
use crate::{Engine, Rule};

const NOW: Duration = Duration::from_secs(1_700_000_000);

const YML: &str = "
route:
  receiver: rest
  group_by: [alertname]
  routes: [{receiver: page, matchers: [severity=critical]}]
receivers:
- name: rest
- name: page
  slack_configs: [{api_url: 'https://hooks.example/PLANTED', channel: x}]
  webhook_configs: [{url: 'https://me:PLANTED@example/PLANTED', http_config: {authorization: {credentials: PLANTED}}}]
";

/// A service whose clock stands still.
struct Place {
    service: AlertService,
    _folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let setup = parse("alertmanager.yml", YML, None).expect("it is sound");
        let log = folder.path().join("log");
        let second = format!(
            "receivers: [{{name: rest, file_configs: [{{path: {}}}]}}]",
            log.display()
        );
        let setup = add(setup, "admf.yml", &second, None).expect("it is sound");
        let mut config = ServiceConfig::new(folder.path().join("alerts.redb"), setup);
        config.shared.wall = Wall::new(|| NOW);
        let service = AlertService::open(config).expect("it is sound");
        Self {
            service,
            _folder: folder,
        }
    }

    fn api(&self) -> Router {
        Api::new(self.service.clone()).router()
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, text) = ask(self.api(), method, path, body.to_string()).await;
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn post_alerts(&self, names: &[&str]) {
        let alerts = names
            .iter()
            .map(|it| json!({ "labels": { "alertname": it } }));
        let alerts = alerts.collect();
        assert_eq!(
            self.ask("POST", "/api/v2/alerts", alerts).await,
            (200, Value::Null)
        );
    }
}

async fn ask(router: Router, method: &str, path: &str, body: String) -> (u16, String) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json");
    answer(router, request.body(Body::from(body)).expect("it is sound")).await
}

async fn answer(router: Router, request: Request<Body>) -> (u16, String) {
    let response = router.oneshot(request).await.expect("routes always answer");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("it is whole");
    (
        status,
        String::from_utf8(body.to_bytes().into()).expect("it is a text"),
    )
}

#[tokio::test]
async fn without_the_token_only_health_and_readiness_are_shown() {
    let place = Place::new();
    let token = Token::new("0123456789abcdef").expect("it is one");
    let api = Api::new(place.service.clone()).token(token).router();
    for path in [
        "/api/v2/alerts",
        "/api/v2/status",
        "/api/v1/rules",
        "/api/admf/v1/status",
        "/nope",
        "/-/reload",
    ] {
        let (status, body) = ask(api.clone(), "GET", path, String::new()).await;
        assert_eq!(status, 401, "{path}");
        assert!(body.contains("authorization: must be Bearer"), "{body}");
        let shown = Request::get(path).header("authorization", "Bearer 0123456789abcdef");
        let shown = shown.body(Body::empty()).expect("it is sound");
        assert_ne!(answer(api.clone(), shown).await.0, 401, "{path}");
    }
    assert_eq!(
        ask(api.clone(), "GET", "/-/healthy", String::new()).await,
        (200, "OK".to_owned())
    );
    assert_eq!(ask(api, "GET", "/-/ready", String::new()).await.0, 503);
}

#[tokio::test]
async fn it_is_ready_while_people_are_told_and_says_why_it_is_not() {
    let place = Place::new();
    let ready = || ask(place.api(), "GET", "/-/ready", String::new());
    assert_eq!(ready().await, (503, "starting".to_owned()));
    place.service.stand_by();
    assert_eq!(ready().await, (503, "standing by".to_owned()));
    place
        .service
        .run(async { assert_eq!(ready().await, (200, "OK".to_owned())) })
        .await;
    assert_eq!(ready().await, (503, "stopped".to_owned()));
}

#[tokio::test]
async fn a_reload_that_fails_is_500_with_its_reason_in_one_line() {
    let place = Place::new();
    let nothing = ask(place.api(), "POST", "/-/reload", String::new()).await;
    assert_eq!(
        nothing,
        (
            500,
            "failed to reload config: there is nothing to read again\n".to_owned()
        )
    );
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let reload = move || match count.fetch_add(1, Ordering::Relaxed) {
        0 => Err("alertmanager.yml:3: route: is wrong\nand more".to_owned()),
        _ => Ok(()),
    };
    let api = Api::new(place.service.clone()).reload(reload).router();
    let refused = ask(api.clone(), "POST", "/-/reload", String::new()).await;
    let line = "failed to reload config: alertmanager.yml:3: route: is wrong\n";
    assert_eq!(refused, (500, line.to_owned()));
    assert_eq!(
        ask(api.clone(), "PUT", "/-/reload", String::new()).await,
        (200, String::new())
    );
    assert_eq!(ask(api, "GET", "/-/reload", String::new()).await.0, 405);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn bodies_are_bounded_and_say_that_they_are_json() {
    let place = Place::new();
    let large = " ".repeat(BODY + 1);
    let (status, _) = ask(place.api(), "POST", "/api/v2/alerts", large).await;
    assert_eq!(status, 413);
    let alert = r#"{"labels":{"a":"b"}},"#.repeat(body::ITEMS + 1);
    let many = format!("[{}]", alert.trim_end_matches(','));
    let (status, said) = ask(place.api(), "POST", "/api/v2/alerts", many).await;
    assert!(
        status == 400 && said.contains("more than 10000"),
        "{status} {said}"
    );
    for (kind, status) in [
        ("text/plain", 415),
        ("application/json; charset=utf-8", 200),
    ] {
        let request = Request::post("/api/v2/alerts").header("content-type", kind);
        let request = request.body(Body::from("[]")).expect("it is sound");
        assert_eq!(answer(place.api(), request).await.0, status, "{kind}");
    }
    let bare = Request::post("/api/admf/v1/channels/rest/test");
    let bare = bare.body(Body::empty()).expect("it is sound");
    assert_eq!(answer(place.api(), bare).await.0, 415);
}

#[tokio::test]
async fn what_is_not_there_says_so_as_alertmanager_does() {
    let place = Place::new();
    let nothing = Value::Null;
    let told = place.ask("GET", "/api/v2/nope", nothing.clone()).await;
    assert_eq!(
        told,
        (
            404,
            json!({ "code": 404, "message": "path /api/v2/nope was not found" })
        )
    );
    let (status, told) = place.ask("DELETE", "/api/v2/alerts", nothing.clone()).await;
    assert_eq!((status, &told["code"]), (405, &json!(405)));
    let path = "/api/v2/silence/11111111-1111-1111-1111-111111111111";
    assert_eq!(
        place.ask("GET", path, nothing.clone()).await,
        (404, nothing.clone())
    );
    assert_eq!(
        place.ask("DELETE", path, nothing).await,
        (500, json!("silence not found"))
    );
}

#[tokio::test]
async fn pages_show_no_secret() {
    let place = Place::new();
    for path in ["/api/v2/status", "/api/v2/receivers", "/api/admf/v1/status"] {
        let (status, page) = ask(place.api(), "GET", path, String::new()).await;
        assert_eq!(status, 200);
        assert!(!page.contains("PLANTED"), "{path}: {page}");
    }
    let (_, page) = place.ask("GET", "/api/v2/status", Value::Null).await;
    let original = page["config"]["original"].as_str().expect("it is a text");
    assert!(
        original.contains("api_url: https://env.invalid/<secret>"),
        "{original}"
    );
    assert!(original.contains("credentials: '<secret>'"), "{original}");
    assert_eq!(page["versionInfo"]["version"], "0.25.0");
}

#[tokio::test]
async fn alerts_that_match_are_acknowledged_and_listed_until_nobody_cares() {
    let place = Place::new();
    place.post_alerts(&["A", "B", "C"]).await;
    let path = "/api/admf/v1/acknowledgements";
    let body =
        json!({ "filter": ["alertname=~A|B"], "by": "me", "comment": "on it", "for": "30m" });
    let (status, told) = place.ask("POST", path, body).await;
    let acknowledged = told["acknowledged"].as_array().expect("a list").clone();
    assert_eq!((status, acknowledged.len()), (200, 2));

    let (_, listed) = place.ask("GET", path, Value::Null).await;
    let listed = listed["acknowledgements"]
        .as_array()
        .expect("a list")
        .clone();
    let shown = |at: usize, name: &str| listed[at][name].clone();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (shown(0, "by"), shown(0, "comment")),
        (json!("me"), json!("on it"))
    );
    assert_eq!(shown(0, "at"), json!("2023-11-14T22:13:20Z"));
    assert_eq!(shown(0, "until"), json!("2023-11-14T22:43:20Z"));
    assert!(acknowledged.contains(&shown(1, "fingerprint")));

    let one = format!("{path}/{}", acknowledged[0].as_str().expect("a text"));
    assert_eq!(
        place.ask("DELETE", &one, Value::Null).await,
        (200, Value::Null)
    );
    assert_eq!(place.ask("DELETE", &one, Value::Null).await.0, 404);
    let (_, listed) = place.ask("GET", path, Value::Null).await;
    assert_eq!(listed["acknowledgements"].as_array().map(Vec::len), Some(1));

    let again = json!({ "fingerprint": acknowledged[0], "by": "you" });
    assert_eq!(
        place.ask("POST", path, again).await.1["acknowledged"],
        json!([acknowledged[0]])
    );
    let none = json!({ "filter": ["alertname=Z"], "by": "me" });
    assert_eq!(
        place.ask("POST", path, none).await,
        (200, json!({ "acknowledged": [] }))
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_acknowledgement_names_its_field() {
    let place = Place::new();
    place.post_alerts(&["A"]).await;
    for (body, status, said) in [
        (
            json!({ "filter": ["a=b"] }),
            400,
            "by: must say who takes care of it",
        ),
        (
            json!({ "by": "me" }),
            400,
            "either filter, a list of matchers, or fingerprint",
        ),
        (
            json!({ "by": "me", "filter": [], "fingerprint": "0" }),
            400,
            "either filter",
        ),
        (
            json!({ "by": "me", "filter": [] }),
            400,
            "filter: must not be empty",
        ),
        (
            json!({ "by": "me", "filter": ["a"] }),
            400,
            "filter: bad matcher format: a",
        ),
        (
            json!({ "by": "me", "filter": "a=b" }),
            400,
            "body: invalid type: string",
        ),
        (
            json!({ "by": "me", "fingerprint": "xyz" }),
            400,
            "fingerprint: \"xyz\" is not 16 digits",
        ),
        (
            json!({ "by": "me", "fingerprint": "+123456789abcdef" }),
            400,
            "is not 16 digits",
        ),
        (
            json!({ "by": "me", "fingerprint": "0123456789abcdef" }),
            404,
            "no alert 0123456789abcdef fires",
        ),
        (
            json!({ "by": "me", "filter": ["a=b"], "for": "soon" }),
            400,
            "for: ",
        ),
        (json!([]), 400, "body: invalid type: sequence"),
    ] {
        let told = place
            .ask("POST", "/api/admf/v1/acknowledgements", body.clone())
            .await;
        let message = told.1["message"].as_str().unwrap_or_default();
        assert!(
            told.0 == status && message.contains(said),
            "{body}: {told:?}"
        );
    }
}

#[tokio::test]
async fn routes_say_where_labels_go() {
    let place = Place::new();
    let ask = |query| place.ask("GET", query, Value::Null);
    let (_, told) = ask("/api/admf/v1/routes?label=severity=critical&label=alertname=a%3Db").await;
    assert_eq!(told["receivers"], json!(["page"]));
    let key = r#"{}/{severity="critical"}:{alertname="a=b"}"#;
    assert_eq!(told["groups"], json!([{ "key": key, "receiver": "page" }]));
    assert_eq!(
        ask("/api/admf/v1/routes").await.1["receivers"],
        json!(["rest"])
    );
    let (status, told) = ask("/api/admf/v1/routes?label=a").await;
    assert_eq!(
        (status, &told["message"]),
        (400, &json!("label: \"a\" is no label such as `a=b`"))
    );
}

#[tokio::test]
async fn something_that_happened_is_taken_once_with_its_level_as_severity() {
    let place = Place::new();
    let path = "/api/admf/v1/notices";
    let body = json!({ "level": "critical", "message": "deployed", "labels": { "team": "desk" } });
    let (status, told) = place.ask("POST", path, body).await;
    let labels = json!({ "alertname": "Notice", "severity": "critical", "team": "desk" });
    assert_eq!((status, &told["labels"]), (200, &labels));
    let summary = place.service.look(|it, _| {
        let alert = it.alerts().next().expect("it is there");
        assert!(alert.once);
        alert.annotations["summary"].clone()
    });
    assert_eq!(summary, "deployed");
    // It never fires.
    assert_eq!(
        place.ask("GET", "/api/v2/alerts", Value::Null).await.1,
        json!([])
    );
    for (body, said) in [
        (json!({ "message": "m" }), "level: must not be empty"),
        (
            json!({ "level": "info", "message": "" }),
            "message: must not be empty",
        ),
        (
            json!({ "level": "info", "message": "m", "labels": { "severity": "x" } }),
            "is said by level",
        ),
        (
            json!({ "level": "info", "message": "m", "labels": { "a b": "x" } }),
            "is no name of a label",
        ),
        (json!({ "level": 7 }), "body: invalid type"),
    ] {
        let (status, told) = place.ask("POST", path, body).await;
        let message = told["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains(said), "{told}");
    }
}

#[tokio::test]
async fn a_receiver_is_tried_and_says_what_came_of_it() {
    let place = Place::new();
    let told = place
        .ask("POST", "/api/admf/v1/channels/rest/test", json!({}))
        .await;
    let sent = json!({ "channel": "rest[0] file", "outcome": "sent", "said": null });
    assert_eq!(told, (200, json!({ "channels": [sent] })));
    let (status, told) = place
        .ask("POST", "/api/admf/v1/channels/nobody/test", json!({}))
        .await;
    assert_eq!(
        (status, &told["message"]),
        (404, &json!("there is no receiver `nobody`"))
    );
}

#[tokio::test]
async fn rules_are_shown_by_kind_with_their_alerts() {
    let place = Place::new();
    let rules = [
        Rule::new("Fires", "vector(1) / 3"),
        Rule::new("Holds", "vector(2)").for_(Duration::from_secs(90)),
        Rule::record("a:b", "vector(3)"),
    ];
    let mut engine = Engine::new(rules).expect("they are sound");
    engine.advance(NOW);
    let groups = RuleGroupView::of(&engine);
    let api = Api::new(place.service.clone())
        .rules(move || groups.clone())
        .router();
    let get = async |path| {
        let (status, body) = ask(api.clone(), "GET", path, String::new()).await;
        let body: Value = serde_json::from_str(&body).expect("it is JSON");
        (status, body)
    };
    let (_, all) = get("/api/v1/alerts").await;
    let names: Vec<_> = all["data"]["alerts"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    assert_eq!(names.len(), 2);
    assert_eq!(
        (&names[0]["state"], &names[0]["value"]),
        (&json!("firing"), &json!("3.333333333333333e-01"))
    );
    assert_eq!(names[1]["activeAt"], "2023-11-14T22:13:20Z");
    let (_, alerting) = get("/api/v1/rules?type=alert").await;
    let rules = &alerting["data"]["groups"][0]["rules"];
    assert_eq!(rules.as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&rules[1]["state"], &rules[1]["duration"]),
        (&json!("pending"), &json!(90))
    );
    let (_, recording) = get("/api/v1/rules?type=record").await;
    let rule = &recording["data"]["groups"][0]["rules"][0];
    assert_eq!(
        (&rule["name"], &rule["type"]),
        (&json!("a:b"), &json!("recording"))
    );
    let (status, refused) = get("/api/v1/rules?type=foo").await;
    let error = "invalid parameter \"type\": not supported value \"foo\"";
    assert_eq!(
        (status, &refused["error"]),
        (StatusCode::BAD_REQUEST.as_u16(), &json!(error))
    );
}

#[tokio::test]
async fn what_happened_is_listed_newest_first_by_kind_time_and_labels() {
    let place = Place::new();
    place.post_alerts(&["A", "B"]).await;
    let body = json!({ "filter": ["alertname=A"], "by": "me" });
    place
        .ask("POST", "/api/admf/v1/acknowledgements", body)
        .await;
    let kinds = async |query: &str| -> Vec<String> {
        let path = format!("/api/admf/v1/history?{query}");
        let (status, told) = place.ask("GET", &path, Value::Null).await;
        assert_eq!(status, 200, "{told}");
        let entries = told["entries"].as_array().expect("a list").iter();
        let shown = |it: &Value| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!("{} {}", text(&it["kind"]), text(&it["labels"]["alertname"]))
        };
        entries.map(shown).collect()
    };
    let all = ["acknowledged A", "alert_firing B", "alert_firing A"];
    assert_eq!(kinds("").await, all);
    assert_eq!(kinds("limit=1").await, all[..1]);
    assert_eq!(kinds("kind=alert_firing&kind=silence_set").await, all[1..]);
    assert_eq!(kinds("filter=alertname=A").await, [all[0], all[2]]);
    assert_eq!(kinds("since=2023-11-14T22:13:20Z").await, all);
    assert!(kinds("since=2023-11-14T22:13:21Z").await.is_empty());
    assert!(kinds("until=2023-11-14T22:13:20Z").await.is_empty());
    for (query, said) in [
        ("kind=foo", "kind: \"foo\" is none of alert_firing,"),
        ("limit=0", "limit: must be a number from 1 to 10000"),
        ("limit=x", "limit: must be"),
        ("since=x", "since: parsing time \"x\""),
        ("filter=x", "filter: bad matcher format: x"),
    ] {
        let path = format!("/api/admf/v1/history?{query}");
        let (status, told) = place.ask("GET", &path, Value::Null).await;
        let message = told["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.starts_with(said), "{told}");
    }
}
