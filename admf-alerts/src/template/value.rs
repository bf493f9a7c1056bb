//! Values, which of them are true, and how they compare.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Sample;
use super::methods;
use super::time::{Length, Time};
use crate::labels::Labels;

#[derive(Clone, Debug)]
pub(super) enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    /// A byte of a text.
    Byte(u8),
    Float(f64),
    Text(Arc<str>),
    /// A text that says of itself that it is markup.
    Html(Arc<str>),
    Labels(Arc<Labels>),
    Samples(Arc<[Arc<Sample>]>),
    Sample(Arc<Sample>),
    /// Labels or annotations of a notice, which have methods.
    Pairs(Arc<BTreeMap<String, String>>),
    List(List),
    Struct(Arc<Struct>),
    Time(Time),
    Length(Length),
}

/// Values by name.
#[derive(Debug)]
pub(super) struct Struct {
    pub(super) kind: &'static str,
    pub(super) fields: Vec<(&'static str, Value)>,
}

/// Values in an order.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) of: Of,
    pub(super) items: Arc<[Value]>,
}

/// What is in a list, which decides which methods it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// All alerts of a notice.
    Alerts,
    /// Some of them.
    SomeAlerts,
    /// Names with their values.
    Pairs,
    Texts,
}

impl Value {
    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn list(of: Of, items: impl IntoIterator<Item = Self>) -> Self {
        let items = items.into_iter().collect();
        Self::List(List { of, items })
    }

    pub(super) fn structure(kind: &'static str, fields: Vec<(&'static str, Self)>) -> Self {
        Self::Struct(Arc::new(Struct { kind, fields }))
    }

    /// Names its type as Go does: `printf` shows it where a verb does not fit.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Byte(_) => "uint8",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Html(_) => "template.HTML",
            Self::Labels(_) => "map[string]string",
            Self::Samples(_) => "template.queryResult",
            Self::Sample(_) => "*template.sample",
            Self::Pairs(_) => "template.KV",
            Self::List(list) => match list.of {
                Of::Alerts => "template.Alerts",
                Of::SomeAlerts => "[]template.Alert",
                Of::Pairs => "template.Pairs",
                Of::Texts => "[]string",
            },
            Self::Struct(it) => it.kind,
            Self::Time(_) => "time.Time",
            Self::Length(_) => "time.Duration",
        }
    }

    /// Says whether `if` takes it for true: what is not zero and not empty.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(it) => *it,
            Self::Int(it) => *it != 0,
            Self::Byte(it) => *it != 0,
            Self::Float(it) => *it != 0.0,
            Self::Length(it) => it.0 != 0,
            Self::Sample(_) | Self::Struct(_) | Self::Time(_) => true,
            other => other.len() != Some(0),
        }
    }

    /// Returns how many there are in it, or how many bytes it has.
    pub(super) fn len(&self) -> Option<usize> {
        match self {
            Self::Text(it) | Self::Html(it) => Some(it.len()),
            Self::Labels(it) => Some(it.len()),
            Self::Samples(it) => Some(it.len()),
            Self::Pairs(it) => Some(it.len()),
            Self::List(it) => Some(it.items.len()),
            _ => None,
        }
    }

    /// How many steps more it is to read all of it.
    pub(super) fn work(&self) -> usize {
        match self {
            Self::Text(it) | Self::Html(it) => it.len() / 64,
            Self::Pairs(it) => it.len(),
            Self::List(it) => it.items.len(),
            _ => 0,
        }
    }

    /// Returns the value of a key; one that is not there has the empty text. `None` where it has no keys.
    pub(super) fn at_key(&self, key: &str) -> Option<Self> {
        let value = match self {
            Self::Labels(labels) => labels.get(key),
            Self::Pairs(pairs) => pairs.get(key).map(String::as_str),
            _ => return None,
        };
        Some(Self::text(value.unwrap_or_default()))
    }

    /// Returns a field of it, what a method gives, or the value of a key.
    pub(super) fn field(&self, name: &str, args: &[Self]) -> Result<Self, String> {
        if let Some(value) = methods::call(self, name, args)? {
            return Ok(value);
        }
        if !args.is_empty() {
            return Err(format!("`{name}` of {} takes no arguments", self.kind()));
        }
        if let Some(value) = self.at_key(name) {
            return Ok(value);
        }
        let found = match (self, name) {
            (Self::Sample(sample), "Labels") => Some(Self::Labels(Arc::clone(&sample.labels))),
            (Self::Sample(sample), "Value") => Some(Self::Float(sample.value)),
            (Self::Struct(it), name) => {
                let field = it.fields.iter().find(|(field, _)| *field == name);
                field.map(|(_, value)| value.clone())
            }
            _ => None,
        };
        found.ok_or_else(|| format!("{} has no field `{name}`", self.kind()))
    }

    /// Returns the whole number that it is.
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            Self::Int(it) => Some(*it),
            Self::Byte(it) => Some(i64::from(*it)),
            Self::Length(it) => Some(it.0),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(it) | Self::Html(it) => Some(it),
            _ => None,
        }
    }

    /// Says whether the two are equal.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, String> {
        if let (Some(a), Some(b)) = (self.whole(), other.whole()) {
            return Ok(a == b);
        }
        if let (Some(a), Some(b)) = (self.as_text(), other.as_text()) {
            return Ok(a == b);
        }
        if let Some(it) = [self, other].into_iter().find(|it| !it.has_equals()) {
            return Err(format!("{} cannot be compared", it.kind()));
        }
        Ok(match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Nil, _) | (_, Self::Nil) => false,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Sample(a), Self::Sample(b)) => Arc::ptr_eq(a, b),
            (a, b) => return Err(incompatible(a, b)),
        })
    }

    fn has_equals(&self) -> bool {
        !matches!(
            self,
            Self::Labels(_)
                | Self::Samples(_)
                | Self::Struct(_)
                | Self::Pairs(_)
                | Self::List(_)
                | Self::Time(_)
        )
    }

    /// Says which is greater; with NaN none is, and they are not equal.
    pub(super) fn order(&self, other: &Self) -> Result<Option<Ordering>, String> {
        if let (Some(a), Some(b)) = (self.whole(), other.whole()) {
            return Ok(Some(a.cmp(&b)));
        }
        if let (Some(a), Some(b)) = (self.as_text(), other.as_text()) {
            return Ok(Some(a.cmp(b)));
        }
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => Ok(a.partial_cmp(b)),
            (a, b) if a.whole().is_some() || a.as_text().is_some() => Err(incompatible(a, b)),
            (Self::Float(_), b) => Err(incompatible(self, b)),
            (a, _) => Err(format!("{} has no order", a.kind())),
        }
    }
}

fn incompatible(a: &Value, b: &Value) -> String {
    let (a, b) = (a.kind(), b.kind());
    format!("incompatible types for comparison: {a} and {b}")
}
