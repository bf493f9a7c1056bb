//! One metric that is known.

use crate::samples::FamilyKind;

/// Describes a metric that rules may ask for.
///
/// # Examples
///
/// ```
/// use admf_alerts::catalogue::KnownMetric;
/// use admf_alerts::samples::FamilyKind;
///
/// let orders = KnownMetric::new("shop_orders_total", FamilyKind::Counter)
///     .label("symbol")
///     .closed_label("side", ["buy", "sell"]);
/// assert_eq!(orders.labels.as_ref().map(Vec::len), Some(2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownMetric {
    /// The name, of a histogram or a summary without the suffixes of its series.
    pub name: String,
    /// How its samples are to be read; untyped where nobody says.
    pub kind: FamilyKind,
    /// The unit in plural, empty where there is none or nobody says.
    pub unit: String,
    /// Its labels, without those that its kind brings; `None`: nobody says.
    pub labels: Option<Vec<KnownLabel>>,
}

/// Describes a label of a known metric.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownLabel {
    /// The name.
    pub name: String,
    /// All values that it can have; `None`: any.
    pub values: Option<Vec<String>>,
}

impl KnownMetric {
    /// Creates a metric with no unit and any labels.
    pub fn new(name: impl Into<String>, kind: FamilyKind) -> Self {
        Self {
            name: name.into(),
            kind,
            unit: String::new(),
            labels: None,
        }
    }

    /// Sets the unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Says that it has no labels but those that are added.
    #[must_use]
    pub fn no_labels(mut self) -> Self {
        self.labels = Some(Vec::new());
        self
    }

    /// Adds a label with any values, and says that it has no labels but those that are added.
    #[must_use]
    pub fn label(self, name: impl Into<String>) -> Self {
        self.labelled(name.into(), None)
    }

    /// Adds a label that has no other values than these.
    #[must_use]
    pub fn closed_label<V: Into<String>>(
        self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.labelled(name.into(), Some(values))
    }

    fn labelled(mut self, name: String, values: Option<Vec<String>>) -> Self {
        let labels = self.labels.get_or_insert_default();
        labels.push(KnownLabel { name, values });
        self
    }
}
