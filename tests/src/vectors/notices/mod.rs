//! The kinds of `alerts.json` that concern who is told, put to the notifier.

mod alerts;
mod channels;
mod climb;
mod inhibit;
mod intervals;
mod log;
mod matchers;
mod pipeline;
mod routes;
mod silences;
mod timeline;

use admf_alerts::series::{MatchOp, Matcher};
use serde_json::Value;

use super::rules::Kind;
use super::schema::{Checked, Fields};

pub(super) const KINDS: &[Kind] = &[
    ("alert_status", alerts::status),
    ("alert_merge", alerts::merge),
    ("fingerprint", alerts::fingerprint),
    ("group_labels", routes::group_labels),
    ("grouping", routes::grouping),
    ("route", routes::route),
    ("route_inherit", routes::inherit),
    ("matcher", matchers::one),
    ("matcher_labels", matchers::all),
    ("matcher_string", matchers::text),
    ("dedup", log::dedup),
    ("subset", log::subset),
    ("send_filter", log::send_filter),
    ("nflog_expiry", log::expiry),
    ("nflog_merge", log::merge),
    ("nflog_gc", log::collect),
    ("inhibit", inhibit::inhibit),
    ("silence_state", silences::state),
    ("silence_can_update", silences::can_update),
    ("silence_set", silences::set),
    ("silence_validate", silences::validate),
    ("silence_expire", silences::expire),
    ("time_interval", intervals::interval),
    ("cooldown", climb::cooldown),
    ("escalation", climb::escalation),
    ("timeline", timeline::timeline),
    ("dedup_key", channels::key),
    ("http_retry", channels::http_retry),
    ("slack_response", channels::slack),
    ("pagerduty_size", channels::pagerduty_size),
    ("truncate", channels::truncate),
];

/// Reads matchers, each `[name, op, value]`.
fn matchers(fields: &Fields<'_>, key: &str) -> Checked<Vec<Matcher>> {
    let list = fields.list(key)?.map_or(&[][..], Vec::as_slice);
    let matchers = list
        .iter()
        .map(|it| match it.as_array().map(Vec::as_slice) {
            Some([Value::String(name), Value::String(op), Value::String(value)]) => {
                matcher(name, op, value)
            }
            _ => Err(format!("`{key}` must hold `[name, op, value]`, holds {it}")),
        });
    matchers.collect()
}

fn matcher(name: &str, op: &str, value: &str) -> Checked<Matcher> {
    let op = match op {
        "=" => MatchOp::Equal,
        "!=" => MatchOp::NotEqual,
        "=~" => MatchOp::Matches,
        "!~" => MatchOp::MatchesNot,
        _ => return Err(format!("`{op}` is no operator")),
    };
    Matcher::new(name, op, value, false)
}

/// Reads a list of texts.
fn words<'a>(fields: &Fields<'a>, key: &str) -> Checked<Option<Vec<&'a str>>> {
    let Some(list) = fields.list(key)? else {
        return Ok(None);
    };
    let words = list.iter().map(|it| {
        it.as_str()
            .ok_or_else(|| format!("`{key}` must hold texts, holds {it}"))
    });
    words.collect::<Checked<_>>().map(Some)
}

/// Reads what may be `null`.
fn maybe<'a, T>(
    fields: &Fields<'a>,
    key: &str,
    read: impl FnOnce(&Fields<'a>, &str) -> Checked<Option<T>>,
) -> Checked<Option<T>> {
    match fields.raw(key) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => read(fields, key),
    }
}
