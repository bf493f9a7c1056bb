//! A label as data.

/// Bounds what a label may say, and so how many series its metric can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Values {
    /// These values only; at least one, each once.
    OneOf(&'static [&'static str]),
    /// The first so many distinct values that are seen; at least 1.
    Cap(usize),
}

/// Declares a label: its name and what it may say.
///
/// A value outside goes to the series [`Label::OVERFLOW`] and is counted in
/// `admf_metrics_overflow_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// `[a-zA-Z_][a-zA-Z0-9_]*`, and none of `le`, `quantile`, `job`, `instance`, `__*`.
    pub name: &'static str,
    /// What it may say.
    pub values: Values,
}

impl Label {
    /// The value that stands for all values past the bound.
    pub const OVERFLOW: &'static str = "_other";

    /// The longest value that a capped label takes, in bytes; a longer one is past its bound. One that is
    /// on a list may have any length.
    pub const MAX_VALUE_BYTES: usize = 1024;

    /// Declares a label with a closed list of values.
    #[must_use]
    pub const fn one_of(name: &'static str, values: &'static [&'static str]) -> Self {
        Self {
            name,
            values: Values::OneOf(values),
        }
    }

    /// Declares a label that takes the first `cap` distinct values it sees.
    #[must_use]
    pub const fn capped(name: &'static str, cap: usize) -> Self {
        Self {
            name,
            values: Values::Cap(cap),
        }
    }

    /// Returns how many values the label can take, the overflow included.
    #[must_use]
    pub const fn max_values(&self) -> usize {
        match self.values {
            Values::OneOf(values) => values.len().saturating_add(1),
            Values::Cap(cap) => cap.saturating_add(1),
        }
    }
}
