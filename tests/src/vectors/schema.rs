//! Strict reading: every key that a case bears is one that somebody asked for, in the right type.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use resilience_core::Time;
use serde_json::{Map, Value};

/// What was asked for, or what about the case is wrong.
pub(super) type Checked<T> = Result<T, String>;

/// A JSON object that knows which of its keys were asked for.
pub(super) struct Fields<'a> {
    place: String,
    map: &'a Map<String, Value>,
    seen: RefCell<BTreeSet<String>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(place: impl Into<String>, value: &'a Value) -> Checked<Self> {
        let place = place.into();
        match value {
            Value::Object(map) => Ok(Self {
                place,
                map,
                seen: RefCell::default(),
            }),
            other => Err(format!("{place} must be an object, is {other}")),
        }
    }

    /// Refuses what nobody asked for.
    pub(super) fn finish(&self) -> Checked<()> {
        let seen = self.seen.borrow();
        match self.map.keys().find(|key| !seen.contains(*key)) {
            None => Ok(()),
            Some(key) => Err(format!("{} has the unknown key `{key}`", self.place)),
        }
    }

    pub(super) fn raw(&self, key: &str) -> Option<&'a Value> {
        self.seen.borrow_mut().insert(key.to_owned());
        self.map.get(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &'a String> {
        self.map.keys()
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Checked<Option<T>> {
        let place = &self.place;
        self.raw(key)
            .map(|value| {
                read(value)
                    .ok_or_else(|| format!("`{key}` of {place} must be {wanted}, is {value}"))
            })
            .transpose()
    }

    pub(super) fn text(&self, key: &str) -> Checked<Option<&'a str>> {
        self.typed(key, "a text", Value::as_str)
    }

    pub(super) fn flag(&self, key: &str) -> Checked<Option<bool>> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub(super) fn whole(&self, key: &str) -> Checked<Option<u32>> {
        self.typed(key, "a whole number that fits 32 bits", |value| {
            u32::try_from(value.as_u64()?).ok()
        })
    }

    pub(super) fn decimal(&self, key: &str) -> Checked<Option<f64>> {
        self.typed(key, "a number", Value::as_f64)
    }

    pub(super) fn length(&self, key: &str) -> Checked<Option<Duration>> {
        self.typed(key, "a time in milliseconds", millis)
    }

    pub(super) fn time(&self, key: &str) -> Checked<Option<Time>> {
        Ok(self.length(key)?.map(|length| Time::ZERO.after(length)))
    }

    pub(super) fn list(&self, key: &str) -> Checked<Option<&'a Vec<Value>>> {
        self.typed(key, "a list", Value::as_array)
    }

    pub(super) fn fields(&self, key: &str) -> Checked<Option<Self>> {
        let place = format!("`{key}` of {}", self.place);
        self.raw(key)
            .map(|value| Self::new(place, value))
            .transpose()
    }

    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Checked<Option<T>> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        match words.iter().find(|(word, _)| *word == text) {
            Some(&(_, meaning)) => Ok(Some(meaning)),
            None => Err(format!(
                "`{key}` of {} has the unknown word `{text}`",
                self.place
            )),
        }
    }

    pub(super) fn must<T>(&self, key: &str, value: Checked<Option<T>>) -> Checked<T> {
        value?.ok_or_else(|| format!("{} lacks `{key}`", self.place))
    }

    pub(super) fn times(&self) -> Checked<u32> {
        Ok(self.whole("times")?.unwrap_or(1))
    }
}

/// Returns a number of milliseconds as a length, to the nearest nanosecond.
pub(super) fn millis(value: &Value) -> Option<Duration> {
    if let Some(whole) = value.as_u64() {
        return Some(Duration::from_millis(whole));
    }
    let nanos = (value.as_f64()? * 1e6).round();
    // The cast saturates.
    (nanos >= 0.0).then(|| Duration::from_nanos(nanos as u64))
}
