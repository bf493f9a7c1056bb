//! What an integration is told at once.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::alert::{Alert, Fingerprint, Posted};
use super::integration::IntegrationId;
use super::log::{Entry, LogKey, Reason};
use crate::labels::Labels;

/// Holds alerts of one group that an integration is told of together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch {
    /// The group, the receiver and the integration.
    pub key: LogKey,
    /// The labels of the group.
    pub labels: Labels,
    /// The alerts, by job, instance, and then all labels; those without an end fire.
    pub alerts: Vec<Arc<Alert>>,
    /// Those of them that have ended and of which nobody knows that they are held for firing there: they began and ended
    /// between two notices, or what was to tell that they fire may never have arrived. What tells of them tells both times.
    pub missed: BTreeSet<Fingerprint>,
    /// Why they are told of.
    pub reason: Reason,
    /// The start of the flush.
    pub at: Duration,
    /// Names what is told by 64 digits: the same each time that it is tried, by another process too.
    pub idempotency_key: String,
}

/// Names what is told by group, receiver, integration, what it replaces in the log, and its alerts.
pub(super) fn idempotency_key(
    key: &LogKey,
    before: Option<&Entry>,
    alerts: &[Arc<Alert>],
) -> String {
    let alerts = alerts.iter().map(|it| {
        let fires = it.ends_at.is_none();
        (it.fingerprint(), it.starts_at, fires)
    });
    let alerts: Vec<_> = alerts.collect();
    let before = before.map(|it| (it.at, &it.firing, &it.resolved));
    let text = serde_json::to_vec(&(key, before, alerts)).expect("plain values can be written");
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Batch {
    /// Makes up one that tells of a single alert that fires, to try whether a channel works.
    ///
    /// The group is one that no route makes, so that nothing that was told
    /// of an alert is mixed up with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use admf_alerts::Labels;
    /// use admf_alerts::notify::{Batch, IntegrationId, Posted};
    ///
    /// let alert = Posted { labels: Labels::from_iter([("alertname", "Test")]), ..Posted::default() };
    /// let batch = Batch::test("team", IntegrationId::default(), alert, Duration::from_secs(1_700_000_000));
    /// assert!(batch.is_firing());
    /// assert_eq!(batch.key.group, r#"{}/test:{alertname="Test"}"#);
    /// ```
    #[must_use]
    pub fn test(receiver: &str, integration: IntegrationId, alert: Posted, at: Duration) -> Self {
        let alert = Alert {
            ends_at: None,
            ..Alert::new(alert, at, Duration::ZERO)
        };
        let name = alert.labels.get("alertname").unwrap_or_default();
        let labels = Labels::from_iter([("alertname", name)]);
        let key = LogKey {
            group: format!("{{}}/test:{labels}"),
            receiver: receiver.to_owned(),
            integration,
        };
        let alerts = vec![Arc::new(alert)];
        let before = Entry {
            at,
            ..Entry::default()
        };
        Self {
            // Each is another one, so that nobody takes it for one that he has.
            idempotency_key: idempotency_key(&key, Some(&before), &alerts),
            key,
            labels,
            alerts,
            missed: BTreeSet::new(),
            reason: Reason::First,
            at,
        }
    }

    /// Says whether any alert fires.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        self.alerts.iter().any(|alert| alert.ends_at.is_none())
    }
}

/// Asks the caller to send a batch, and to say what came of it by [`finished`](super::Notifier::finished).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// Tells it from all others.
    pub id: u64,
    /// What is to be sent.
    pub batch: Arc<Batch>,
    /// How often it was tried before.
    pub tries: u32,
    /// When it must have ended.
    pub deadline: Duration,
}

/// Says what came of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has arrived.
    Sent,
    /// It has not, and another try may help, not before `after` is over.
    Again {
        /// What the other side asks for.
        after: Duration,
    },
    /// It never will.
    Refused,
}

/// The order of alerts in a batch, and wherever else they are listed for people.
pub(crate) fn order(a: &Labels, b: &Labels) -> Ordering {
    let missing_last = |name| match (a.get(name), b.get(name)) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    missing_last("job")
        .then_with(|| missing_last("instance"))
        .then_with(|| order_of_sets(a, b))
}

/// The order of label sets: the one with fewer labels first; else by the first name whose values differ, where none comes
/// before any.
pub(crate) fn order_of_sets(a: &Labels, b: &Labels) -> Ordering {
    let names: BTreeSet<&str> = a.iter().chain(b.iter()).map(|(name, _)| name).collect();
    let mut differ = names.into_iter().map(|name| a.get(name).cmp(&b.get(name)));
    let by_values = || differ.find(|it| it.is_ne()).unwrap_or(Ordering::Equal);
    a.len().cmp(&b.len()).then_with(by_values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Alertmanager 0.25 lists them.
    #[test]
    fn alerts_are_in_the_order_of_job_and_instance_and_then_of_what_one_lacks_first() {
        let listed = [
            &[("alertname", "S1"), ("job", "z")][..],
            &[
                ("alertname", "S1"),
                ("instance", "a"),
                ("zz", "1"),
                ("zzz", "2"),
            ],
            &[("alertname", "S1"), ("instance", "z")],
            &[("alertname", "S1"), ("b", "1"), ("c", "0")],
            &[("alertname", "S1"), ("b", "1"), ("c", "1")],
            &[("a", "0"), ("alertname", "S1"), ("d", "1")],
            &[("a", "1"), ("alertname", "S1"), ("c", "1")],
        ];
        let listed = listed.map(|it| Labels::from_iter(it.iter().copied()));
        let mut sorted = listed.clone();
        sorted.reverse();
        sorted.sort_by(order);
        assert_eq!(sorted, listed);
    }
}
