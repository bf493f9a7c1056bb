//! Label sets.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use admf_exposition::write;

/// Names a series, or an alert, by labels.
///
/// An empty value is the same as no label, so none is held.
///
/// # Examples
///
/// ```
/// use admf_alerts::Labels;
///
/// let labels = Labels::from_iter([("side", "buy"), ("book", "")]);
/// assert_eq!(labels.get("side"), Some("buy"));
/// assert_eq!(labels.to_string(), r#"{side="buy"}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels {
    map: BTreeMap<String, String>,
}

impl Labels {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of a label.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.map.get(name).map(String::as_str)
    }

    /// Sets a label; an empty value removes it.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        if value.is_empty() {
            self.map.remove(&name);
        } else {
            self.map.insert(name, value);
        }
    }

    /// Removes a label and returns the value it had.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.map.remove(name)
    }

    /// Lists names and values, sorted by name.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + Clone {
        self.map
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the number of labels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(labels: I) -> Self {
        let mut set = Self::new();
        for (name, value) in labels {
            set.insert(name, value);
        }
        set
    }
}

/// As in a scrape: `{name="value",…}`, with `\`, `"` and line feed escaped.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (i, (name, value)) in self.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{name}={}", Quoted(value))?;
        }
        f.write_char('}')
    }
}

/// A label value between quotes.
pub(crate) struct Quoted<'t>(pub(crate) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write::quoted(f, self.0)
    }
}
