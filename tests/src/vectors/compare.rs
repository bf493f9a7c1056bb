//! What a case expects beside what was seen.

use std::collections::BTreeMap;
use std::time::Duration;

use resilience_core::Time;
use serde_json::Value;

use super::schema::{Checked, Fields};

/// What a policy showed, by the key that a case calls it.
pub(super) type Seen = BTreeMap<&'static str, Shown>;

/// One thing that a policy showed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shown {
    Nothing,
    Flag(bool),
    Whole(u64),
    /// A whole number for which a case gives an upper bound.
    AtMost(u64),
    Decimal(f64),
    Length(Duration),
    Text(String),
    List(Vec<Self>),
    /// What has parts, by their names.
    Object(BTreeMap<String, Self>),
}

impl From<bool> for Shown {
    fn from(it: bool) -> Self {
        Self::Flag(it)
    }
}

impl From<u32> for Shown {
    fn from(it: u32) -> Self {
        Self::Whole(it.into())
    }
}

impl From<u64> for Shown {
    fn from(it: u64) -> Self {
        Self::Whole(it)
    }
}

impl From<usize> for Shown {
    fn from(it: usize) -> Self {
        Self::Whole(it as u64)
    }
}

impl From<f64> for Shown {
    fn from(it: f64) -> Self {
        Self::Decimal(it)
    }
}

impl From<Duration> for Shown {
    fn from(it: Duration) -> Self {
        Self::Length(it)
    }
}

impl From<Time> for Shown {
    fn from(it: Time) -> Self {
        Self::Length(it.since(Time::ZERO))
    }
}

impl From<&str> for Shown {
    fn from(it: &str) -> Self {
        Self::Text(it.to_owned())
    }
}

impl From<String> for Shown {
    fn from(it: String) -> Self {
        Self::Text(it)
    }
}

impl From<Seen> for Shown {
    fn from(it: Seen) -> Self {
        let parts = it.into_iter();
        Self::Object(parts.map(|(key, part)| (key.to_owned(), part)).collect())
    }
}

impl<T: Into<Self>> From<Option<T>> for Shown {
    fn from(it: Option<T>) -> Self {
        it.map_or(Self::Nothing, Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Shown {
    fn from(it: Vec<T>) -> Self {
        Self::List(it.into_iter().map(Into::into).collect())
    }
}

/// Compares every key of `expect`, and returns how many there were.
pub(super) fn compare(expect: &Fields<'_>, seen: &Seen) -> Checked<usize> {
    for key in expect.keys() {
        let wanted = expect.raw(key).expect("it is one of the keys");
        let shown = seen
            .get(key.as_str())
            .ok_or_else(|| format!("`expect` has the unknown key `{key}`"))?;
        if !agrees(wanted, shown) {
            return Err(format!("`{key}` should be {wanted}, is {shown:?}"));
        }
    }
    Ok(expect.keys().count())
}

fn agrees(wanted: &Value, shown: &Shown) -> bool {
    match (wanted, shown) {
        (Value::Null, Shown::Nothing) => true,
        (Value::Bool(wanted), Shown::Flag(shown)) => wanted == shown,
        (Value::String(wanted), Shown::Text(shown)) => wanted == shown,
        (Value::Number(_), Shown::Length(shown)) => same_length(wanted, *shown),
        (Value::Number(wanted), Shown::Whole(shown)) => wanted.as_u64() == Some(*shown),
        (Value::Number(bound), Shown::AtMost(shown)) => {
            bound.as_u64().is_some_and(|bound| *shown <= bound)
        }
        (Value::Number(_), Shown::Decimal(shown)) => same_decimal(wanted, *shown),
        (Value::Array(wanted), Shown::List(shown)) => {
            wanted.len() == shown.len() && wanted.iter().zip(shown).all(|(a, b)| agrees(a, b))
        }
        (Value::Object(wanted), Shown::Object(shown)) => {
            wanted.len() == shown.len()
                && wanted.iter().all(|(key, value)| {
                    let shown = shown.get(key.as_str());
                    shown.is_some_and(|shown| agrees(value, shown))
                })
        }
        _ => false,
    }
}

/// Within 1 ns or 1e-9 of the value, whichever is more.
fn same_length(wanted: &Value, shown: Duration) -> bool {
    let Some(wanted) = wanted.as_f64().map(|millis| millis * 1e6) else {
        return false;
    };
    // What is a whole number of nanoseconds in the file is none here by a rounding error.
    let slack = (wanted.abs() * 1e-9).max(1.0 + 1e-6);
    (shown.as_nanos() as f64 - wanted).abs() <= slack
}

/// A whole number is equal, another within 1e-9 of the value.
fn same_decimal(wanted: &Value, shown: f64) -> bool {
    let Some(number) = wanted.as_f64() else {
        return false;
    };
    let slack = match wanted.is_f64() {
        true => number.abs() * 1e-9,
        false => 0.0,
    };
    (shown - number).abs() <= slack
}
