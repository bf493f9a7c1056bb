//! Values, which of them are true, and how they compare.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Data, Sample};
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
    Labels(Arc<Labels>),
    Samples(Arc<[Arc<Sample>]>),
    Sample(Arc<Sample>),
    /// `$`: labels and value of the alert, and who says it.
    Data(Arc<Data>),
}

impl Value {
    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
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
            Self::Labels(_) => "map[string]string",
            Self::Samples(_) => "template.queryResult",
            Self::Sample(_) => "*template.sample",
            Self::Data(_) => "struct",
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
            Self::Text(it) => !it.is_empty(),
            Self::Labels(it) => !it.is_empty(),
            Self::Samples(it) => !it.is_empty(),
            Self::Sample(_) | Self::Data(_) => true,
        }
    }

    /// Returns a field of it, or the value of a key; a key that is not there is the empty text.
    pub(super) fn field(&self, name: &str) -> Result<Self, String> {
        let value = match (self, name) {
            (Self::Labels(labels), name) => Self::text(labels.get(name).unwrap_or_default()),
            (Self::Sample(sample), "Labels") => Self::Labels(Arc::clone(&sample.labels)),
            (Self::Sample(sample), "Value") => Self::Float(sample.value),
            (Self::Data(data), name) => {
                let field = DATA_FIELDS.iter().find(|(field, _)| *field == name);
                field.ok_or_else(|| no_data_field(name))?.1(data)
            }
            (other, name) => return Err(format!("{} has no field `{name}`", other.kind())),
        };
        Ok(value)
    }

    /// Returns the whole number that it is.
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            Self::Int(it) => Some(*it),
            Self::Byte(it) => Some(i64::from(*it)),
            _ => None,
        }
    }

    /// Says whether the two are equal.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, String> {
        if let (Some(a), Some(b)) = (self.whole(), other.whole()) {
            return Ok(a == b);
        }
        Ok(match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (it @ (Self::Labels(_) | Self::Samples(_) | Self::Data(_)), _)
            | (_, it @ (Self::Labels(_) | Self::Samples(_) | Self::Data(_))) => {
                return Err(format!("{} cannot be compared", it.kind()));
            }
            (Self::Nil, _) | (_, Self::Nil) => false,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Sample(a), Self::Sample(b)) => Arc::ptr_eq(a, b),
            (a, b) => return Err(incompatible(a, b)),
        })
    }

    /// Says which is greater; with NaN none is, and they are not equal.
    pub(super) fn order(&self, other: &Self) -> Result<Option<Ordering>, String> {
        if let (Some(a), Some(b)) = (self.whole(), other.whole()) {
            return Ok(Some(a.cmp(&b)));
        }
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => Ok(a.partial_cmp(b)),
            (Self::Text(a), Self::Text(b)) => Ok(Some(a.cmp(b))),
            (Self::Int(_) | Self::Byte(_) | Self::Float(_) | Self::Text(_), b) => {
                Err(incompatible(self, b))
            }
            (a, _) => Err(format!("{} has no order", a.kind())),
        }
    }
}

fn incompatible(a: &Value, b: &Value) -> String {
    let (a, b) = (a.kind(), b.kind());
    format!("incompatible types for comparison: {a} and {b}")
}

type DataField = (&'static str, fn(&Data) -> Value);

/// In the order in which `{{ . }}` prints them.
pub(super) const DATA_FIELDS: [DataField; 4] = [
    ("Labels", |it| Value::Labels(Arc::clone(&it.labels))),
    ("ExternalLabels", |it| {
        Value::Labels(Arc::clone(&it.external_labels))
    }),
    ("ExternalURL", |it| {
        Value::Text(Arc::clone(&it.external_url))
    }),
    ("Value", |it| Value::Float(it.value)),
];

pub(super) fn no_data_field(name: &str) -> String {
    let names = DATA_FIELDS.map(|(name, _)| format!("`.{name}`"));
    format!("there is no `.{name}`, but {}", names.join(", "))
}
