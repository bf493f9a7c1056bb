//! Alerts on the service itself, told by channels other than those that fail.

use std::collections::BTreeMap;
use std::time::Duration;

use super::State;
use crate::alertmanager_file::meta::{CHANNEL_FAILING, NOT_WRITTEN};
use crate::labels::Labels;
use crate::notify::Posted;

/// For how long something fails before somebody is told: the next try may arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often an alert that goes on firing is posted again, and how long it fires if it is not.
const AGAIN: Duration = Duration::from_secs(60);
const VALID: Duration = Duration::from_secs(4 * 60);

/// What is wrong: the labels of an alert, since when, and what it says.
type Wrong = BTreeMap<Labels, (Duration, String)>;

/// The alerts on the service that fire: since when, and when they were last posted.
pub(super) type Own = BTreeMap<Labels, (Duration, Duration)>;

impl State {
    /// Posts what is wrong with the service itself, and what no longer is.
    pub(super) fn look_at_itself(&mut self, now: Duration) {
        if self.setup.meta.failures.is_empty() && self.own.is_empty() {
            return;
        }
        let wrong = match self.setup.meta.failures.is_empty() {
            true => Wrong::new(),
            false => self.wrong(now),
        };
        let mut posts = Vec::new();
        self.own.retain(|labels, (since, _)| {
            let goes_on = wrong.contains_key(labels);
            if !goes_on {
                posts.push(posted(labels, *since, now, String::new()));
            }
            goes_on
        });
        for (labels, (since, said)) in wrong {
            let (since, last) = self
                .own
                .entry(labels.clone())
                .or_insert((since, Duration::ZERO));
            if last.saturating_add(AGAIN) <= now {
                *last = now;
                posts.push(posted(&labels, *since, now.saturating_add(VALID), said));
            }
        }
        if !posts.is_empty() {
            drop(self.post(now, posts));
        }
    }

    fn wrong(&self, now: Duration) -> Wrong {
        let mut wrong = Wrong::new();
        let late = |since: Duration| since.saturating_add(PATIENCE) <= now;
        for (key, since) in &self.undelivered {
            let totals = self.channels.get(key).map(|it| it.totals());
            let Some(totals) = totals.filter(|it| it.failing_since.is_some() && late(*since))
            else {
                continue;
            };
            let labels = Labels::from_iter([
                ("alertname", CHANNEL_FAILING),
                ("severity", "critical"),
                ("receiver", &key.receiver),
                ("channel", &totals.name),
            ]);
            let said = format!(
                "{} has told nobody since then: {}",
                totals.name,
                totals.said.unwrap_or_default()
            );
            let entry = wrong.entry(labels).or_insert((*since, said));
            entry.0 = entry.0.min(*since);
        }
        if let Some(problem) = self.durable.failing() {
            let labels = Labels::from_iter([("alertname", NOT_WRITTEN), ("severity", "critical")]);
            wrong.insert(labels, (now, problem.to_owned()));
        }
        wrong
    }
}

fn posted(labels: &Labels, since: Duration, ends_at: Duration, said: String) -> Posted {
    Posted {
        labels: labels.clone(),
        annotations: [("summary".to_owned(), said)].into(),
        starts_at: Some(since),
        ends_at: Some(ends_at),
        ..Posted::default()
    }
}
