//! A notifier with one team, on a clock that never goes back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::{Batch, Config, Delivery, Integration, Notifier, Outcome, Posted};
use admf_alerts::series::{MatchOp, Matcher};

pub(crate) const START: Duration = Duration::from_secs(1_700_000_000);

pub(crate) fn at(seconds: f64) -> Duration {
    START + Duration::from_secs_f64(seconds)
}

pub(crate) fn named(name: &str) -> Labels {
    Labels::from_iter([("alertname", name)])
}

pub(crate) fn matcher(name: &str, value: &str) -> Matcher {
    Matcher::new(name, MatchOp::Matches, value, false).expect("the matcher is sound")
}

/// All alerts are one group: told after 1 s, and then each 10 s.
pub(crate) fn config(integrations: usize) -> Config {
    let mut config = Config::default();
    config.resolve_timeout = Duration::from_secs(1_000_000);
    config.route.receiver = Some("team".to_owned());
    config.route.group_wait = Some(Duration::from_secs(1));
    config.route.group_interval = Some(Duration::from_secs(10));
    let integrations = vec![Integration::default(); integrations];
    config.receivers.insert("team".to_owned(), integrations);
    config
}

/// Seconds, integration, names that fire, names that ended.
pub(crate) type Told = (f64, usize, String, String);

pub(crate) struct Run {
    pub(crate) notifier: Notifier,
    pub(crate) answer: fn(&Batch, Duration) -> Outcome,
    pub(crate) told: Vec<Told>,
    now: Duration,
}

impl Run {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            notifier: Notifier::new(config, || 0.5).expect("the configuration is sound"),
            answer: |_, _| Outcome::Sent,
            told: Vec::new(),
            now: START,
        }
    }

    pub(crate) fn until(&mut self, seconds: f64) {
        while let Some(due) = self.notifier.next_due().filter(|due| *due <= at(seconds)) {
            self.now = self.now.max(due);
            for delivery in self.notifier.due(self.now) {
                let outcome = (self.answer)(&delivery.batch, self.now);
                self.finish(&delivery, self.now, outcome);
            }
        }
        self.now = self.now.max(at(seconds));
    }

    /// Takes what is due, and leaves it open.
    pub(crate) fn open(&mut self, seconds: f64) -> Vec<Delivery> {
        self.now = self.now.max(at(seconds));
        self.notifier.due(self.now)
    }

    pub(crate) fn finish(&mut self, delivery: &Delivery, now: Duration, outcome: Outcome) {
        self.now = self.now.max(now);
        if outcome == Outcome::Sent {
            let (firing, ended) = names(&delivery.batch);
            let join = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(" ");
            let integration = delivery.batch.key.integration.number;
            let seconds = (now - START).as_secs_f64();
            self.told
                .push((seconds, integration, join(firing), join(ended)));
        }
        self.notifier.finished(now, delivery.id, outcome);
    }

    pub(crate) fn post(&mut self, seconds: f64, name: &str, ends: Option<f64>) {
        self.until(seconds);
        self.post_first(seconds, name, ends);
    }

    /// Posts an alert before what is due at that time.
    pub(crate) fn post_first(&mut self, seconds: f64, name: &str, ends: Option<f64>) {
        let posted = Posted {
            labels: named(name),
            ends_at: ends.map(at),
            ..Posted::default()
        };
        let posted = self.notifier.post(at(seconds), posted);
        posted.expect("the alert is sound");
    }

    pub(crate) fn told(&self) -> Vec<(f64, usize, &str, &str)> {
        let told = self.told.iter();
        told.map(|(at, integration, firing, ended)| {
            (*at, *integration, firing.as_str(), ended.as_str())
        })
        .collect()
    }
}

/// The names that fire in a batch, and those that have ended.
pub(crate) fn names(batch: &Arc<Batch>) -> (BTreeSet<String>, BTreeSet<String>) {
    let names = |ended: bool| {
        let alerts = batch.alerts.iter();
        let alerts = alerts.filter(|it| it.ends_at.is_some() == ended);
        let names = alerts.filter_map(|it| it.labels.get("alertname"));
        names.map(str::to_owned).collect()
    };
    (names(false), names(true))
}
