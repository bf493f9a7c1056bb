//! Paths of our own, and of rules.

use super::*;

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
