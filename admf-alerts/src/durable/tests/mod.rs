//! What is on disk, and what becomes of notices when the disk fails.

mod disk;
mod rows;

use std::path::Path;

use super::*;
use crate::engine::{AlertSnapshot, RuleSnapshot};
use crate::history::{Entry, Filter};
use crate::labels::Labels;
use crate::notify::{Batch, Integration, Silence};
use crate::series::{MatchOp, Matcher};

const START: Duration = Duration::from_secs(1_700_000_000);

fn at(seconds: u64) -> Duration {
    START + Duration::from_secs(seconds)
}

fn config() -> Config {
    let mut config = Config::default();
    config.route.receiver = Some("team".to_owned());
    config.route.group_wait = Some(Duration::from_secs(1));
    let integrations = vec![Integration::default()];
    config.receivers.insert("team".to_owned(), integrations);
    config
}

fn open(path: &Path, seconds: u64) -> Result<Durable, StoreError> {
    Durable::open(path, config(), || 0.5, at(seconds))
}

fn down(name: &str) -> Posted {
    Posted {
        labels: Labels::from_iter([("alertname", name)]),
        ..Posted::default()
    }
}

/// Rules of so many alerts each, that were seen at a time.
fn snapshot(rules: &[(&str, u64)], seen: u64) -> Snapshot {
    let alerts = |count: u64| {
        let alert = |number: u64| AlertSnapshot {
            labels: [("instance".to_owned(), number.to_string())].into(),
            active_at: at(number),
            seen_at: at(seen),
        };
        (0..count).map(alert).collect()
    };
    let rule = |&(name, count): &(&str, u64)| RuleSnapshot {
        rule: name.to_owned(),
        alerts: alerts(count),
        ..RuleSnapshot::default()
    };
    Snapshot {
        rules: rules.iter().map(rule).collect(),
    }
}

fn noted(durable: &Durable) -> Vec<Entry> {
    let all = Filter::default();
    durable.history().select(&all).cloned().collect()
}

fn kinds(durable: &Durable) -> Vec<(Kind, u64)> {
    let noted = noted(durable).into_iter();
    noted.map(|it| (it.event.kind, it.count)).collect()
}

fn names(batch: &Batch) -> Vec<&str> {
    let alerts = batch.alerts.iter();
    alerts.filter_map(|it| it.labels.get("alertname")).collect()
}

#[test]
fn what_was_posted_silenced_acknowledged_and_told_is_there_in_the_next_process() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("alerts.redb");
    let mut first = open(&path, 0).expect("it is new");
    assert_eq!(first.post(at(0), [down("A"), Posted::default()])[0], Ok(()));
    let told = first.due(at(1)).remove(0);
    first.finished(at(1), [(told.id, Outcome::Sent)]);
    let silence = Silence {
        matchers: vec![Matcher::new("b", MatchOp::Matches, "c|d", false).expect("it is sound")],
        starts_at: Some(at(1)),
        ends_at: Some(at(1_000)),
        ..Silence::default()
    };
    let fingerprint = told.batch.alerts[0].fingerprint();
    first
        .change(at(2), |notifier| {
            let silences = notifier.silences_mut();
            silences.set(silence, at(2), || "1".to_owned())?;
            notifier.acknowledge(at(2), fingerprint, "me", "on it")
        })
        .expect("both are sound");
    let engine = snapshot(&[("A", 1), ("A", 2), ("B", 0)], 2);
    first.keep_engine(at(2), engine.clone());
    assert_eq!((first.failing(), first.failures()), (None, 0));
    drop(first);

    let mut next = open(&path, 3).expect("it is sound");
    assert_eq!(next.engine(), &engine);
    let notifier = next.notifier();
    assert_eq!(notifier.alerts().len(), 1);
    assert_eq!(notifier.log().iter().len(), 1);
    assert!(notifier.acknowledged(at(3), fingerprint).is_some());
    let silence = notifier.silences().get("1").expect("it is there");
    assert_eq!(silence.matchers[0].to_string(), "b=~\"c|d\"");
    assert!(next.due(at(4)).is_empty());
}

#[test]
fn what_was_about_to_be_sent_is_sent_again_under_the_same_key() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("alerts.redb");
    let mut first = open(&path, 0).expect("it is new");
    first.post(at(0), [down("A")]);
    let told = first.due(at(1)).remove(0);
    drop(first);
    let again = open(&path, 2).expect("it is sound").due(at(2)).remove(0);
    assert_eq!(told.batch.idempotency_key, again.batch.idempotency_key);
}

#[test]
fn what_is_over_leaves_the_file() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("alerts.redb");
    let mut durable = open(&path, 0).expect("it is new");
    for number in 0..40 {
        let now = at(number * 400);
        let mut posted = down(&format!("A{number}"));
        posted.ends_at = Some(now + Duration::from_secs(10));
        durable.post(now, [posted]);
        for due in [1, 301] {
            let now = now + Duration::from_secs(due);
            let ids: Vec<_> = durable
                .due(now)
                .iter()
                .map(|it| (it.id, Outcome::Sent))
                .collect();
            durable.finished(now, ids);
        }
    }
    durable.due(at(1_000_000));
    drop(durable);
    let (_, kept) = Store::open(path).expect("it is sound");
    assert!(kept.notifier.alerts.is_empty());
    assert!(kept.notifier.groups.is_empty());
    assert!(kept.notifier.log.is_empty());
}
