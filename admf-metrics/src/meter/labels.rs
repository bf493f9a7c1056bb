//! Labels as they are given, put in the order in which they are declared.

use super::HandleError;
use crate::catalogue::{Kind, MAX_LABELS, Metric};

/// The values of a metric's labels, in their order; or what stands for them.
pub(super) struct Given<V> {
    values: [V; MAX_LABELS],
    len: usize,
}

impl<V: Copy + Default> Given<V> {
    /// Checks that the metric has this kind and these labels, which are given in any order.
    pub(super) fn check<'l>(
        metric: &Metric,
        kind: Kind,
        labels: impl Iterator<Item = (&'l str, V)>,
    ) -> Result<Self, HandleError> {
        let name = metric.name;
        if metric.kind != kind {
            return Err(HandleError::WrongKind {
                metric: name,
                declared: metric.kind,
                kind,
            });
        }
        let mut values = [None; MAX_LABELS];
        let mut repeated = None;
        for (label, value) in labels {
            let Some(i) = metric.labels.iter().position(|l| l.name == label) else {
                return Err(HandleError::UnknownLabel {
                    metric: name,
                    label: label.to_owned(),
                });
            };
            if values[i].replace(value).is_some() {
                repeated = Some(metric.labels[i].name);
            }
        }
        if let Some(label) = repeated {
            return Err(HandleError::RepeatedLabel {
                metric: name,
                label,
            });
        }
        let len = metric.labels.len();
        match values[..len].iter().position(Option::is_none) {
            Some(missing) => Err(HandleError::MissingLabel {
                metric: name,
                label: metric.labels[missing].name,
            }),
            None => Ok(Self {
                values: values.map(Option::unwrap_or_default),
                len,
            }),
        }
    }

    pub(super) fn values(&mut self) -> &mut [V] {
        &mut self.values[..self.len]
    }
}
