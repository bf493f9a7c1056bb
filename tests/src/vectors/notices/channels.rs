//! `http_retry`, `slack_response`, `truncate`, `pagerduty_size`, `dedup_key`.

use admf_alerts::channel::{
    Answer, Event, EventAction, Failure, Payload, dedup_key, http, slack_answer, truncate_bytes,
    truncate_chars,
};
use serde_json::{Value, json};

use super::super::rules::same;
use super::super::schema::{Checked, Fields};
use super::maybe;

pub(super) fn http_retry(case: &Fields<'_>) -> Checked<()> {
    let status = status(case)?;
    let codes = match case.list("retry_codes")? {
        None => None,
        Some(list) => {
            let codes = list.iter().map(|it| u16::try_from(it.as_u64()?).ok());
            Some(
                codes
                    .collect::<Option<Vec<_>>>()
                    .ok_or("a code is a whole number")?,
            )
        }
    };
    let wanted = case.must("expect_reason", case.text("expect_reason"))?;
    let reason = check(case, http(status, codes.as_deref()))?;
    // An answer that is well is of no kind of failure.
    same(
        "`expect_reason`",
        wanted,
        reason.unwrap_or(Failure::Other).as_str(),
    )
}

pub(super) fn slack(case: &Fields<'_>) -> Checked<()> {
    let types = [("text", false), ("json", true)];
    let json = case.must("content_type", case.word("content_type", &types))?;
    let body = case.must("body", case.text("body"))?;
    let reason = check(case, slack_answer(status(case)?, json, body))?;
    let wanted = maybe(case, "expect_reason", Fields::text)?;
    same("`expect_reason`", wanted, reason.map(Failure::as_str))
}

fn status(case: &Fields<'_>) -> Checked<u16> {
    let status = case.must("status", case.whole("status"))?;
    u16::try_from(status).map_err(|error| error.to_string())
}

fn check(case: &Fields<'_>, answer: Answer) -> Checked<Option<Failure>> {
    let (reason, again) = match answer {
        Answer::Taken => (None, false),
        Answer::Failed { why, again } => (Some(why), again),
    };
    let [ok, retry] = ["expect_ok", "expect_retry"].map(|key| case.must(key, case.flag(key)));
    same("`expect_ok`", ok?, reason.is_none())?;
    same("`expect_retry`", retry?, again)?;
    Ok(reason)
}

pub(super) fn truncate(case: &Fields<'_>) -> Checked<()> {
    let input = case.must("input", case.text("input"))?;
    let most = case.must("n", case.whole("n"))? as usize;
    let cuts = [
        ("expect_runes", truncate_chars(input, most)),
        ("expect_bytes", truncate_bytes(input, most)),
    ];
    for (key, (text, cut)) in cuts {
        let wanted = case.must(key, case.list(key))?;
        same(key, wanted, &vec![Value::from(text), Value::from(cut)])?;
    }
    Ok(())
}

pub(super) fn pagerduty_size(case: &Fields<'_>) -> Checked<()> {
    let limit = case.must("limit_bytes", case.whole("limit_bytes"))? as usize;
    let most = case.must("summary_max_runes", case.whole("summary_max_runes"))? as usize;
    let big = encoded(&"x".repeat(600_000), most)?;
    same("within `limit_bytes`", true, big.0 <= limit)?;
    let details = big.1["custom_details"].as_object().ok_or("no details")?;
    let error = details
        .get("error")
        .and_then(Value::as_str)
        .unwrap_or_default();
    same("how many details", 1, details.len())?;
    same(
        "the error",
        true,
        error.starts_with("Custom details have been removed"),
    )?;
    let small = encoded("x", most)?;
    same(
        "small details",
        &json!({ "text": "x" }),
        &small.1["custom_details"],
    )?;
    for (_, payload) in [big, small] {
        let summary = payload["summary"].as_str().ok_or("no summary")?;
        same("`summary_max_runes`", most, summary.chars().count())?;
        same("the ellipsis", true, summary.ends_with('…'))?;
    }
    Ok(())
}

fn encoded(details: &str, most: usize) -> Checked<(usize, Value)> {
    let payload = Payload {
        summary: "⌘".repeat(most + 1),
        custom_details: json!({ "text": details }),
        ..Payload::default()
    };
    let event = Event {
        routing_key: "key".to_owned(),
        event_action: EventAction::Trigger,
        dedup_key: dedup_key("group"),
        client: String::new(),
        client_url: String::new(),
        payload: Some(payload),
        images: Vec::new(),
        links: Vec::new(),
    };
    let encoded = event.encode();
    let read: Value = serde_json::from_slice(&encoded).map_err(|error| error.to_string())?;
    Ok((encoded.len(), read["payload"].clone()))
}

pub(super) fn key(case: &Fields<'_>) -> Checked<()> {
    let shown = dedup_key(case.must("group_key", case.text("group_key"))?);
    same(
        "`expect`",
        case.must("expect", case.text("expect"))?,
        &shown,
    )
}
