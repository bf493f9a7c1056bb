//! Alerts that are posted, as Alertmanager takes them.

use std::collections::BTreeMap;

use axum::http::{StatusCode, Uri};

use super::answer::Problem;
use super::body::{List, object, posted};
use super::time::Time;
use crate::labels::Labels;
use crate::notify::Posted;
use crate::scan::is_label_name;
use crate::template::go_quoted;

/// A text of a map: `null` is empty.
type Texts = BTreeMap<String, Option<String>>;

object!(
    /// An alert of the body.
    Alert {
        "labels" => labels: Texts,
        "annotations" => annotations: Texts,
        "startsAt" => starts_at: Time,
        "endsAt" => ends_at: Time,
        "generatorURL" => generator_url: String,
    }
);

/// Reads the alerts of a body; in the place of one that is refused, why.
pub(super) fn alerts(body: &[u8]) -> Result<Vec<Result<Posted, String>>, Problem> {
    let List(alerts) = posted::<List<Alert>>("alerts", body)?;
    for (at, alert) in alerts.iter().enumerate() {
        check(at, alert)?;
    }
    Ok(alerts.into_iter().map(valid).collect())
}

/// What keeps Alertmanager from looking at any of the alerts.
fn check(at: usize, alert: &Alert) -> Result<(), Problem> {
    let url = alert.generator_url.as_deref().unwrap_or_default();
    if !url.is_empty() && !is_address(url) {
        let message = format!("{at}.generatorURL in body must be of type uri: {url:?}");
        return Err(Problem::coded(
            StatusCode::UNPROCESSABLE_ENTITY,
            601,
            message,
        ));
    }
    match alert.labels {
        Some(_) => Ok(()),
        None => Err(Problem::required(&format!("{at}.labels"))),
    }
}

/// What keeps one alert from being taken, in Alertmanager's order.
fn valid(alert: Alert) -> Result<Posted, String> {
    let time = |it: Option<Time>| it.unwrap_or_default().0;
    let (starts_at, ends_at) = (time(alert.starts_at), time(alert.ends_at));
    if starts_at
        .zip(ends_at)
        .is_some_and(|(start, end)| end < start)
    {
        return Err("start time must be before end time".to_owned());
    }
    let texts = |it: Option<Texts>| {
        let texts = it.unwrap_or_default().into_iter();
        texts.map(|(name, text)| (name, text.unwrap_or_default()))
    };
    // An empty label is none.
    let labels: Labels = texts(alert.labels).collect();
    let annotations: BTreeMap<_, _> = texts(alert.annotations).collect();
    named("label set", labels.iter().map(|it| it.0))?;
    if labels.is_empty() {
        return Err("at least one label pair required".to_owned());
    }
    named("annotations", annotations.keys().map(String::as_str))?;
    Ok(Posted {
        labels,
        annotations,
        starts_at,
        ends_at,
        generator_url: alert.generator_url.unwrap_or_default(),
    })
}

fn named<'n>(what: &str, mut names: impl Iterator<Item = &'n str>) -> Result<(), String> {
    match names.find(|name| !is_label_name(name)) {
        Some(name) => Err(format!("invalid {what}: invalid name {}", go_quoted(name))),
        None => Ok(()),
    }
}

/// Says whether Go takes a text for the address of a request: a path, or a scheme and a path.
fn is_address(text: &str) -> bool {
    let is_scheme = |it: &str| {
        let mut chars = it.chars();
        chars
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && chars.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let rest = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ => text,
    };
    if text.contains(|c: char| c.is_ascii_control()) || !rest.starts_with('/') {
        return false;
    }
    let Some(rest) = rest.strip_prefix("//").filter(|_| rest.len() < text.len()) else {
        return true;
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    host.is_empty() || host.parse::<Uri>().is_ok_and(|it| it.authority().is_some())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn one(text: &str) -> Result<Posted, String> {
        let all = alerts(format!("[{text}]").as_bytes()).map_err(|it| format!("{:?}", it.body));
        all?.remove(0)
    }

    #[test]
    fn an_alert_is_read_with_all_that_it_says() {
        let posted = one(r#"{"labels":{"alertname":"A","empty":"","none":null},
            "annotations":{"summary":"s","empty":""},"startsAt":"1970-01-01T00:00:01.5Z",
            "endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://h/g","unknown":[1]}"#);
        let texts = |all: &[(&str, &str)]| {
            let all = all
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            all.collect()
        };
        let expected = Posted {
            labels: Labels::from_iter([("alertname", "A")]),
            annotations: texts(&[("summary", "s"), ("empty", "")]),
            starts_at: Some(Duration::from_millis(1_500)),
            ends_at: None,
            generator_url: "http://h/g".to_owned(),
        };
        assert_eq!(posted, Ok(expected));
    }

    #[test]
    fn what_alertmanager_refuses_of_an_alert_is_refused_in_its_words() {
        for (text, said) in [
            (r#"{"labels":{}}"#, "at least one label pair required"),
            (r#"{"labels":{"a":""}}"#, "at least one label pair required"),
            (
                r#"{"labels":{"a-b":"c"}}"#,
                r#"invalid label set: invalid name "a-b""#,
            ),
            (
                r#"{"labels":{"a":"b"},"annotations":{"x y":""}}"#,
                r#"invalid annotations: invalid name "x y""#,
            ),
            (
                r#"{"labels":{"a":"b"},"startsAt":"2030-01-01T00:00:00Z","endsAt":"2020-01-01T00:00:00Z"}"#,
                "start time must be before end time",
            ),
        ] {
            assert_eq!(one(text), Err(said.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_alertmanager_refuses_of_a_body_is_refused_with_its_code() {
        for (body, status, code, said) in [
            ("", 422, 602, "alerts in body is required"),
            ("[{}]", 422, 602, "0.labels in body is required"),
            (
                r#"[{"labels":{}},{"labels":null}]"#,
                422,
                602,
                "1.labels in body is required",
            ),
            (
                r#"[{"labels":{"a":"b"},"generatorURL":"foo"}]"#,
                422,
                601,
                "0.generatorURL in body must be of type uri: \"foo\"",
            ),
            (
                "{}",
                400,
                400,
                "parsing alerts body from \"\" failed, because invalid type: map",
            ),
            ("[null]", 400, 400, "invalid type: null, expected an object"),
            (
                r#"[{"labels":{"a":1}}]"#,
                400,
                400,
                "integer `1`, expected a string",
            ),
            (
                r#"[{"labels":{"a":"b"},"startsAt":"x"}]"#,
                400,
                400,
                "parsing time \"x\"",
            ),
        ] {
            let problem = alerts(body.as_bytes()).expect_err(body);
            let told = problem.body.expect("it says why");
            assert_eq!(
                (problem.status.as_u16(), &told["code"]),
                (status, &json!(code)),
                "{body}"
            );
            let message = told["message"].as_str().expect("it is a text");
            assert!(message.contains(said), "{body}: {message}");
        }
        assert_eq!(alerts(b"null"), Ok(Vec::new()));
        assert_eq!(alerts(b"[]"), Ok(Vec::new()));
    }

    #[test]
    fn an_address_is_what_go_takes_for_that_of_a_request() {
        for (text, is) in [
            ("http://host:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1", true),
            ("http://host", true),
            ("http://", true),
            ("/graph?g0", true),
            ("x:/y", true),
            ("foo", false),
            ("nope nope", false),
            ("mailto:me@host", false),
            ("http://a b/", false),
            ("1x://host/", false),
            ("http://host/\n", false),
        ] {
            assert_eq!(is_address(text), is, "{text}");
        }
    }
}
