//! What an integration is told at once.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::alert::{Alert, Posted};
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
    /// `integration` is its number within the receiver. The group is one that no route makes, so that nothing that was told
    /// of an alert is mixed up with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use admf_alerts::Labels;
    /// use admf_alerts::notify::{Batch, Posted};
    ///
    /// let alert = Posted { labels: Labels::from_iter([("alertname", "Test")]), ..Posted::default() };
    /// let batch = Batch::test("team", 0, alert, Duration::from_secs(1_700_000_000));
    /// assert!(batch.is_firing());
    /// assert_eq!(batch.key.group, r#"{}/test:{alertname="Test"}"#);
    /// ```
    #[must_use]
    pub fn test(receiver: &str, integration: usize, alert: Posted, at: Duration) -> Self {
        let alert = Alert {
            ends_at: None,
            ..Alert::new(alert, at, Duration::ZERO)
        };
        let key = LogKey {
            group: format!("{{}}/test:{}", alert.labels),
            receiver: receiver.to_owned(),
            integration,
        };
        let (labels, alerts) = (alert.labels.clone(), vec![Arc::new(alert)]);
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

/// The order of alerts in a batch.
pub(super) fn order(a: &Labels, b: &Labels) -> Ordering {
    let missing_last = |name| match (a.get(name), b.get(name)) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    missing_last("job")
        .then_with(|| missing_last("instance"))
        .then_with(|| a.len().cmp(&b.len()))
        .then_with(|| a.iter().cmp(b.iter()))
}
