//! One metric at work: its bounds on labels, and the counters of what it refused.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use metrics::Key;

use super::HandleError;
use crate::catalogue::{Kind, Label, Metric, Values};

#[derive(Debug)]
pub(super) struct Family {
    pub(super) metric: Metric,
    /// The distinct values seen so far, for each label; stays empty where the values are a list.
    seen: Vec<Mutex<HashSet<String>>>,
    pub(super) dropped: metrics::Counter,
    overflow: metrics::Counter,
}

impl Family {
    pub(super) fn new(
        metric: Metric,
        dropped: metrics::Counter,
        overflow: metrics::Counter,
    ) -> Self {
        let seen = metric.labels.iter().map(|_| Mutex::default()).collect();
        Self {
            metric,
            seen,
            dropped,
            overflow,
        }
    }

    /// Names the series that the labels lead to, which are given in any order.
    pub(super) fn key(&self, kind: Kind, labels: &[(&str, &str)]) -> Result<Key, HandleError> {
        let name = self.metric.name;
        if self.metric.kind != kind {
            return Err(HandleError::WrongKind {
                metric: name,
                declared: self.metric.kind,
                kind,
            });
        }
        if let Some((label, _)) = labels.iter().find(|(label, _)| !self.declares(label)) {
            return Err(HandleError::UnknownLabel {
                metric: name,
                label: (*label).to_owned(),
            });
        }
        // All are checked before any is admitted: a refused lookup uses up no place under a cap.
        let values = self.metric.labels.iter().map(|label| {
            let mut given = labels.iter().filter(|(name, _)| *name == label.name);
            match (given.next(), given.next()) {
                (Some((_, value)), None) => Ok(*value),
                (None, _) => Err(HandleError::MissingLabel {
                    metric: name,
                    label: label.name,
                }),
                (Some(_), Some(_)) => Err(HandleError::RepeatedLabel {
                    metric: name,
                    label: label.name,
                }),
            }
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let labels = values.iter().enumerate().map(|(i, value)| {
            let label = self.metric.labels[i].name;
            metrics::Label::new(label, escape(self.admit(i, value)))
        });
        Ok(Key::from_parts(name, labels.collect::<Vec<_>>()))
    }

    fn declares(&self, label: &str) -> bool {
        self.metric
            .labels
            .iter()
            .any(|declared| declared.name == label)
    }

    /// Returns the value, or the overflow value where the label's bound is reached.
    fn admit<'v>(&self, label: usize, value: &'v str) -> &'v str {
        let within = match self.metric.labels[label].values {
            _ if value == Label::OVERFLOW => true,
            Values::OneOf(values) => values.contains(&value),
            Values::Cap(cap) => {
                let mut seen = self.seen[label]
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                seen.contains(value) || (seen.len() < cap && seen.insert(value.to_owned()))
            }
        };
        if within {
            return value;
        }
        self.overflow.increment(1);
        Label::OVERFLOW
    }
}

/// Doubles backslashes: the exporter takes a lone one for the start of an escape, so that `\` and
/// `\\` would become one series. Quotes and line feeds it escapes itself.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\")
}
