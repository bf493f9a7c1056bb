//! What every path says: who may ask, what is refused, what is shown.

use super::*;

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
