//! Silences, as Alertmanager takes and shows them.

use std::cmp::Reverse;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::Problem;
use super::asked::{Asked, Filter};
use super::body::{List, object, posted};
use super::time::Time;
use crate::channel::time::millis;
use crate::notify::{Silence, SilenceState, Silences};
use crate::scan::is_label_name;
use crate::series::{MatchOp, Matcher};
use crate::template::go_quoted;

object!(
    /// A silence of the body.
    Read {
        "id" => id: String,
        "comment" => comment: String,
        "createdBy" => created_by: String,
        "endsAt" => ends_at: Time,
        "matchers" => matchers: List<ReadMatcher>,
        "startsAt" => starts_at: Time,
    }
);

object!(
    /// One of its matchers.
    ReadMatcher {
        "isEqual" => is_equal: bool,
        "isRegex" => is_regex: bool,
        "name" => name: String,
        "value" => value: String,
    }
);

/// Reads a silence that is to begin or to change.
pub(super) fn read(body: &[u8], now: Duration) -> Result<Silence, Problem> {
    let read: Read = posted::<Option<Read>>("silence", body)?.unwrap_or_default();
    let missing = |what| move || Problem::required(what);
    let comment = read.comment.ok_or_else(missing("comment"))?;
    let created_by = read.created_by.ok_or_else(missing("createdBy"))?;
    let ends_at = read.ends_at.ok_or_else(missing("endsAt"))?;
    let List(matchers) = read.matchers.ok_or_else(missing("matchers"))?;
    if matchers.is_empty() {
        let message = "matchers in body should have at least 1 items";
        return Err(Problem::coded(
            StatusCode::UNPROCESSABLE_ENTITY,
            612,
            message,
        ));
    }
    let matchers = matchers.into_iter().enumerate();
    let matchers: Result<Vec<_>, _> = matchers.map(|(at, it)| whole(at, it)).collect();
    let matchers = matchers?;
    let starts_at = read.starts_at.ok_or_else(missing("startsAt"))?;
    let (start, end) = (
        starts_at.0.unwrap_or_default(),
        ends_at.0.unwrap_or_default(),
    );
    let refused = |why| Err(bad(format!("Failed to create silence: {why}")));
    if end <= start {
        return refused("start time must be before end time");
    }
    if end < now {
        return refused("end time can't be in the past");
    }
    let matchers = matchers.into_iter().enumerate();
    let matchers: Result<_, _> = matchers.map(|(at, it)| matcher(at, it)).collect();
    Ok(Silence {
        id: read.id.unwrap_or_default(),
        matchers: matchers?,
        starts_at: Some(start),
        ends_at: Some(end),
        updated_at: now,
        created_by,
        comment,
    })
}

/// Says why no silence came of one that was read.
pub(super) fn refused(problem: String) -> Problem {
    match problem.as_str() {
        "silence not found" => Problem::said(StatusCode::NOT_FOUND, problem),
        _ => bad(format!("silence invalid: {problem}")),
    }
}

fn bad(problem: String) -> Problem {
    Problem::said(StatusCode::BAD_REQUEST, problem)
}

/// A matcher of the body, with all its fields.
struct Whole {
    name: String,
    value: String,
    op: MatchOp,
}

fn whole(at: usize, read: ReadMatcher) -> Result<Whole, Problem> {
    let missing = |what| move || Problem::required(&format!("matchers.{at}.{what}"));
    let is_regex = read.is_regex.ok_or_else(missing("isRegex"))?;
    let op = match (read.is_equal.unwrap_or(true), is_regex) {
        (true, false) => MatchOp::Equal,
        (false, false) => MatchOp::NotEqual,
        (true, true) => MatchOp::Matches,
        (false, true) => MatchOp::MatchesNot,
    };
    Ok(Whole {
        name: read.name.ok_or_else(missing("name"))?,
        value: read.value.ok_or_else(missing("value"))?,
        op,
    })
}

fn matcher(at: usize, Whole { name, value, op }: Whole) -> Result<Matcher, Problem> {
    let invalid = |why| refused(format!("invalid label matcher {at}: {why}"));
    if !is_label_name(&name) {
        return Err(invalid(format!("invalid label name {}", go_quoted(&name))));
    }
    let matcher = Matcher::new(&name, op, &value, false);
    matcher.map_err(|problem| {
        let value = go_quoted(&value);
        invalid(format!("invalid regular expression {value}: {problem}"))
    })
}

/// Lists the silences whose matchers the filter asks for: active ones by their end, then pending ones by their start, then
/// those that are over, the last first.
pub(super) fn list(
    silences: &Silences,
    asked: &Asked,
    now: Duration,
) -> Result<Vec<Value>, Problem> {
    let filter = asked.filter().map_err(bad)?;
    let mut all: Vec<_> = silences.iter().filter(|it| fits(it, &filter)).collect();
    all.sort_by_key(|it| match it.state(now) {
        SilenceState::Active => (0, it.ends_at, Reverse(None)),
        SilenceState::Pending => (1, it.starts_at, Reverse(None)),
        SilenceState::Expired => (2, None, Reverse(it.ends_at)),
    });
    Ok(all.into_iter().map(|it| body(it, now)).collect())
}

/// Says whether a filter fits what the matchers name: their names are labels and their values those.
fn fits(silence: &Silence, filter: &Filter) -> bool {
    filter.matches(|name| {
        let mut named = silence.matchers.iter().rev();
        named.find(|it| it.name() == name).map(Matcher::value)
    })
}

pub(super) fn body(silence: &Silence, now: Duration) -> Value {
    let matchers = silence.matchers.iter().map(|it| {
        let is = |ops: [MatchOp; 2]| ops.contains(&it.op());
        json!({
            "isEqual": is([MatchOp::Equal, MatchOp::Matches]),
            "isRegex": is([MatchOp::Matches, MatchOp::MatchesNot]),
            "name": it.name(),
            "value": it.value(),
        })
    });
    json!({
        "id": silence.id,
        "status": { "state": silence.state(now).as_str() },
        "updatedAt": millis(silence.updated_at),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "endsAt": millis(silence.ends_at.unwrap_or_default()),
        "matchers": matchers.collect::<Vec<_>>(),
        "startsAt": millis(silence.starts_at.unwrap_or_default()),
    })
}

/// Checks the name of a silence in an address.
pub(super) fn id(text: &str) -> Result<&str, Problem> {
    let lengths = [8, 4, 4, 4, 12];
    let mut rest = text;
    let mut parts = lengths.iter().enumerate().map(|(at, &length)| {
        rest = rest.strip_prefix('-').filter(|_| at > 0).unwrap_or(rest);
        let (part, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(part.bytes().all(|it| it.is_ascii_hexdigit()))
    });
    let sound = parts.all(|it| it == Some(true));
    if sound && rest.is_empty() {
        return Ok(text);
    }
    let message = format!(
        "silenceID in path must be of type uuid: {}",
        go_quoted(text)
    );
    Err(Problem::coded(
        StatusCode::UNPROCESSABLE_ENTITY,
        601,
        message,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &Value) -> Value {
        let problem = read(body.to_string().as_bytes(), Duration::from_secs(1_000));
        let problem = problem.expect_err("it is refused");
        let body = problem.body.expect("it says why");
        json!([
            problem.status.as_u16(),
            body.get("message").unwrap_or(&body)
        ])
    }

    fn good() -> Value {
        json!({
            "matchers": [{ "name": "a", "value": "x", "isRegex": false }],
            "startsAt": "1970-01-01T00:00:00Z", "endsAt": "1970-01-02T00:00:00Z",
            "createdBy": "me", "comment": "c",
        })
    }

    #[test]
    fn what_alertmanager_refuses_of_a_silence_is_refused_in_its_words() {
        for (field, value, status, said_of_it) in [
            ("comment", Value::Null, 422, "comment in body is required"),
            (
                "createdBy",
                Value::Null,
                422,
                "createdBy in body is required",
            ),
            ("endsAt", Value::Null, 422, "endsAt in body is required"),
            ("startsAt", Value::Null, 422, "startsAt in body is required"),
            ("matchers", Value::Null, 422, "matchers in body is required"),
            (
                "matchers",
                json!([]),
                422,
                "matchers in body should have at least 1 items",
            ),
            (
                "matchers",
                json!([{}]),
                422,
                "matchers.0.isRegex in body is required",
            ),
            (
                "matchers",
                json!([{ "isRegex": true }]),
                422,
                "matchers.0.name in body is required",
            ),
            (
                "matchers",
                json!([{ "isRegex": true, "name": "a" }]),
                422,
                "matchers.0.value in body is required",
            ),
            (
                "matchers",
                json!([{ "isRegex": false, "name": "a-b", "value": "x" }]),
                400,
                "silence invalid: invalid label matcher 0: invalid label name \"a-b\"",
            ),
            (
                "endsAt",
                json!("1970-01-01T00:00:00Z"),
                400,
                "Failed to create silence: start time must be before end time",
            ),
            (
                "endsAt",
                json!("1970-01-01T00:16:39Z"),
                400,
                "Failed to create silence: end time can't be in the past",
            ),
        ] {
            let mut body = good();
            body[field] = value;
            assert_eq!(said(&body), json!([status, said_of_it]));
        }
        let mut regex = good();
        regex["matchers"][0] = json!({ "isRegex": true, "name": "a", "value": "(" });
        let told = said(&regex)[1].to_string();
        let expected = "silence invalid: invalid label matcher 0: invalid regular expression";
        assert!(told.contains(expected), "{told}");
        assert_eq!(said(&json!({}))[1], "comment in body is required");
        assert_eq!(said(&Value::Null)[1], "comment in body is required");
    }

    #[test]
    fn a_silence_is_read_with_all_that_it_says() {
        let mut body = good();
        body["id"] = json!("i");
        body["matchers"] = json!([
            { "name": "a", "value": "x", "isRegex": false, "isEqual": false },
            { "name": "b", "value": "y|z", "isRegex": true },
        ]);
        let silence = read(body.to_string().as_bytes(), Duration::ZERO).expect("it is sound");
        let matchers: Vec<_> = silence.matchers.iter().map(ToString::to_string).collect();
        assert_eq!(matchers, [r#"a!="x""#, r#"b=~"y|z""#]);
        assert_eq!(silence.starts_at, Some(Duration::ZERO));
        assert_eq!(silence.ends_at, Some(Duration::from_secs(86_400)));
        assert_eq!(
            (&*silence.id, &*silence.created_by, &*silence.comment),
            ("i", "me", "c")
        );
    }

    #[test]
    fn the_name_of_a_silence_is_32_digits_of_base_16_with_or_without_hyphens() {
        for (text, is) in [
            ("8d5d10ae-a322-48f7-b5e5-3d8a5eab8359", true),
            ("8D5D10AE-A322-48F7-B5E5-3D8A5EAB8359", true),
            ("8d5d10aea32248f7b5e53d8a5eab8359", true),
            ("-8d5d10aea32248f7b5e53d8a5eab8359", false),
            ("8d5d10ae-a322-48f7-b5e5-3d8a5eab835", false),
            ("8d5d10ae-a322-48f7-b5e5-3d8a5eab83599", false),
            ("8d5d10ae--a322-48f7-b5e5-3d8a5eab8359", false),
            ("8d5d10ae-a322-48f7-b5e5-3d8a5eab835g", false),
            ("é", false),
            ("", false),
        ] {
            assert_eq!(id(text).is_ok(), is, "{text}");
        }
    }
}
