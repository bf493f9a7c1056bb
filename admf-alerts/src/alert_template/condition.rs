//! What a template asks.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::rule::Closure;

/// Says when a template alerts. [The page](super) says which expression each becomes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Condition {
    /// The metric compares with the value.
    Threshold {
        /// What is compared.
        of: Reading,
        /// How.
        operator: Operator,
        /// With what; `None`: the template's `threshold`.
        value: Option<f64>,
    },
    /// How fast a counter grows compares with the value.
    Rate {
        /// What grows.
        of: Reading,
        /// In which time it grows by so much: a second or a minute.
        per: Per,
        /// How it is compared.
        operator: Operator,
        /// With what; `None`: the template's `threshold`.
        value: Option<f64>,
    },
    /// There is no such series.
    Absence {
        /// Which.
        of: Reading,
    },
    /// The metric is so many standard deviations off its mean.
    Anomaly {
        /// What is compared with what it was.
        of: Reading,
        /// Over how long mean and deviation are taken.
        baseline: Duration,
        /// In which direction; `None`: in any.
        operator: Option<Operator>,
        /// How many; `None`: the template's `threshold`.
        deviations: Option<f64>,
    },
    /// All, or any, of several conditions hold; none of them is one of these again.
    Composite {
        /// Whether all have to hold.
        all: bool,
        /// The labels that must be the same; `None`: all.
        on: Option<Vec<String>>,
        /// The conditions with their names. The alert has labels and value of the first that holds.
        of: Vec<(String, Self)>,
    },
    /// A text: `circuit_breaker_state == "open"`, `error.rate > 0.1`, or any expression of Prometheus.
    Text(String),
    /// Code.
    Closure(Closure),
}

impl From<&str> for Condition {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Closure> for Condition {
    fn from(closure: Closure) -> Self {
        Self::Closure(closure)
    }
}

/// Names a metric, and says which of its series are meant and how they become one.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// Its name, an alias, or a dotted name.
    pub metric: String,
    /// Labels, and the values of which they must have one.
    pub matching: BTreeMap<String, Vec<String>>,
    /// How series are taken together; `None`: each is by itself.
    pub aggregate: Option<Aggregate>,
    /// The labels that stay where they are taken together.
    pub group_by: Vec<String>,
    /// Which quantile of a histogram, from 0 to 1.
    pub quantile: Option<f64>,
    /// Over how long a rate, or a quantile, is taken. Default: 5 minutes.
    pub window: Option<Duration>,
}

impl Reading {
    /// Reads every series of a metric.
    pub fn new(metric: impl Into<String>) -> Self {
        Self {
            metric: metric.into(),
            ..Self::default()
        }
    }

    /// Reads only series whose label has this value, or another that is added for it.
    #[must_use]
    pub fn matching(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        let values = self.matching.entry(label.into()).or_default();
        values.push(value.into());
        self
    }

    /// Takes series together, so that these labels are left.
    #[must_use]
    pub fn aggregate<L: Into<String>>(
        mut self,
        by: Aggregate,
        labels: impl IntoIterator<Item = L>,
    ) -> Self {
        self.aggregate = Some(by);
        self.group_by = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Reads a quantile of a histogram.
    #[must_use]
    pub fn quantile(mut self, quantile: f64) -> Self {
        self.quantile = Some(quantile);
        self
    }

    /// Sets over how long a rate, or a quantile, is taken.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }
}

impl<T: Into<String>> From<T> for Reading {
    fn from(metric: T) -> Self {
        Self::new(metric)
    }
}

/// Compares a metric with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Less than.
    Lt,
    /// Less than or equal.
    Lte,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Gte,
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
}

impl Operator {
    pub(super) const WORDS: [(&'static str, Self); 6] = [
        ("lt", Self::Lt),
        ("lte", Self::Lte),
        ("gt", Self::Gt),
        ("gte", Self::Gte),
        ("eq", Self::Eq),
        ("ne", Self::Ne),
    ];

    /// As expressions write it.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Lte => "<=",
            Self::Gt => ">",
            Self::Gte => ">=",
            Self::Eq => "==",
            Self::Ne => "!=",
        }
    }
}

/// Takes series together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// How many there are.
    Count,
}

impl Aggregate {
    pub(super) const WORDS: [(&'static str, Self); 5] = [
        ("sum", Self::Sum),
        ("avg", Self::Avg),
        ("min", Self::Min),
        ("max", Self::Max),
        ("count", Self::Count),
    ];

    /// As expressions write it.
    pub(super) fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|it| it.1 == self);
        found.map_or("", |it| it.0)
    }
}

/// Says what a rate is by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Per {
    /// By the second.
    #[default]
    Second,
    /// By the minute.
    Minute,
}
