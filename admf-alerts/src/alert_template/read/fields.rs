//! Values of fields.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::yaml::{At, Kind, Read};

/// The longest length of time, in minutes: a year.
const LONGEST: f64 = 365.0 * 1_440.0;

/// A finite number, without quotes.
pub(super) fn number(at: &At<'_>, key: &str) -> Read<Option<f64>> {
    let Some(at) = at.some(key) else {
        return Ok(None);
    };
    let number = match &at.node.kind {
        Kind::Scalar(text, true) if !text.contains(['n', 'N']) => text.parse::<f64>().ok(),
        _ => None,
    };
    match number.filter(|it| it.is_finite()) {
        Some(number) => Ok(Some(number)),
        None => Err(at.refused(format!("{}must be a number", written(&at)))),
    }
}

/// `true` or `false`.
pub(super) fn truth(at: &At<'_>, key: &str) -> Read<Option<bool>> {
    let Some(at) = at.some(key) else {
        return Ok(None);
    };
    match &at.node.kind {
        Kind::Scalar(text, true) if text == "true" => Ok(Some(true)),
        Kind::Scalar(text, true) if text == "false" => Ok(Some(false)),
        _ => Err(at.refused(format!("{}must be `true` or `false`", written(&at)))),
    }
}

/// A whole number from 0 on.
pub(super) fn count(at: &At<'_>, key: &str) -> Read<Option<u32>> {
    let Some(at) = at.some(key) else {
        return Ok(None);
    };
    let count = match &at.node.kind {
        Kind::Scalar(text, true) => text.parse().ok(),
        _ => None,
    };
    match count {
        Some(count) => Ok(Some(count)),
        None => Err(at.refused(format!("{}must be a whole number", written(&at)))),
    }
}

pub(super) fn minutes(at: &At<'_>, key: &str) -> Read<Option<Duration>> {
    length(at, key, 60_000.0, "minutes")
}

pub(super) fn seconds(at: &At<'_>, key: &str) -> Read<Option<Duration>> {
    length(at, key, 1_000.0, "seconds")
}

fn length(at: &At<'_>, key: &str, millis: f64, unit: &str) -> Read<Option<Duration>> {
    let Some(number) = number(at, key)? else {
        return Ok(None);
    };
    let length = number * millis;
    if (0.0..=LONGEST * 60_000.0).contains(&length) {
        // It is whole and small enough, by now.
        return Ok(Some(Duration::from_millis(length.round() as u64)));
    }
    let here = at.get(key).unwrap_or(At::top(at.node));
    Err(here.refused(format!("`{number}`: {unit}, from 0 to a year")))
}

/// One of a few words.
pub(super) fn word<T: Copy>(at: &At<'_>, key: &str, words: &[(&str, T)]) -> Read<Option<T>> {
    let Some(text) = at.text(key)? else {
        return Ok(None);
    };
    match words.iter().find(|it| it.0 == text) {
        Some(word) => Ok(Some(word.1)),
        None => {
            let known: Vec<_> = words.iter().map(|it| it.0).collect();
            let problem = format!("`{text}`: there are `{}`", known.join("`, `"));
            Err(at.get(key).unwrap_or(At::top(at.node)).refused(problem))
        }
    }
}

/// A list of texts, or one text.
pub(super) fn texts(at: &At<'_>, key: &str) -> Read<Option<Vec<String>>> {
    let Some(here) = at.some(key) else {
        return Ok(None);
    };
    if let Kind::Scalar(text, _) = &here.node.kind {
        return Ok(Some(vec![text.clone()]));
    }
    let texts = at.list(key)?.into_iter();
    let texts = texts.map(|at| at.own_text().map(str::to_owned));
    texts.collect::<Read<_>>().map(Some)
}

/// A map of texts, or of lists of them.
pub(super) fn lists(at: &At<'_>, key: &str) -> Read<BTreeMap<String, Vec<String>>> {
    let Some(here) = at.some(key) else {
        return Ok(BTreeMap::new());
    };
    let Kind::Map(entries) = &here.node.kind else {
        return Err(here.refused("must be a map"));
    };
    let values = entries.iter().map(|entry| {
        let values = texts(&here, &entry.key)?.unwrap_or_default();
        Ok((entry.key.clone(), values))
    });
    values.collect()
}

/// What is refused, where it is a text, before why.
fn written(at: &At<'_>) -> String {
    match &at.node.kind {
        Kind::Scalar(text, _) => format!("`{text}`: "),
        _ => String::new(),
    }
}
