//! What is on disk, and what becomes of notices when the disk fails.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use redb::{Database, StorageBackend, TableDefinition};

use super::*;
use crate::engine::RuleSnapshot;
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
    let engine = Snapshot {
        rules: vec![RuleSnapshot::default()],
    };
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
fn a_file_that_is_damaged_newer_or_in_use_is_named_and_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("alerts.redb");
    let held = open(&path, 0).expect("it is new");
    let refused = open(&path, 0).map(drop).unwrap_err().to_string();
    assert!(refused.contains("already open"), "{refused}");
    drop(held);

    let about: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
    let change = |key: &str, value: &str| {
        let database = Database::create(&path).expect("it is sound");
        let write = database.begin_write().expect("it is sound");
        let mut table = write.open_table(about).expect("it is sound");
        table.insert(key, value).expect("there is room");
        drop(table);
        write.commit().expect("there is room");
    };
    let refused = || open(&path, 0).map(drop).unwrap_err().to_string();
    let shown = path.display();
    change("schema", "2");
    let newer = format!("{shown}: its schema is 2, and this version knows up to 1");
    assert_eq!(refused(), newer);
    change("schema", "1");
    change("engine", "{");
    assert!(
        refused().starts_with(&format!("{shown}: ")),
        "{}",
        refused()
    );

    for damaged in [b"no database at all".to_vec(), vec![0; 100_000]] {
        std::fs::write(&path, &damaged).expect("there is room");
        assert!(
            refused().starts_with(&format!("{shown}: ")),
            "{}",
            refused()
        );
        assert_eq!(std::fs::read(&path).expect("it is there"), damaged);
    }
}

/// A disk that can be full.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<(Vec<u8>, bool)>>);

impl Disk {
    fn fill(&self, full: bool) {
        self.0.lock().unwrap().1 = full;
    }

    fn room(&self) -> io::Result<std::sync::MutexGuard<'_, (Vec<u8>, bool)>> {
        let disk = self.0.lock().unwrap();
        match disk.1 {
            true => Err(io::Error::from(io::ErrorKind::StorageFull)),
            false => Ok(disk),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().0.len() as u64)
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let from = offset as usize;
        Ok(self.0.lock().unwrap().0[from..from + len].to_vec())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.room()?.0.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self, _eventual: bool) -> io::Result<()> {
        self.room().map(drop)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let from = offset as usize;
        self.room()?.0[from..from + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn on(disk: &Disk, seconds: u64) -> Durable {
    let disk = disk.clone();
    let opens = move || Database::builder().create_with_backend(disk.clone());
    let (store, kept) = Store::with("disk".into(), Box::new(opens)).expect("it is sound");
    Durable::new(store, kept, config(), || 0.5, at(seconds)).expect("it is sound")
}

#[test]
fn a_full_disk_stops_no_notice_and_all_is_written_once_there_is_room() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    durable.post(at(0), [down("A")]);
    disk.fill(true);
    durable.post(at(0), [down("B")]);
    let problem = durable.failing().expect("the disk is full").to_owned();
    assert!(problem.starts_with("disk: "), "{problem}");
    let told = durable.due(at(1)).remove(0);
    assert_eq!(names(&told.batch), ["A", "B"]);
    durable.finished(at(1), [(told.id, Outcome::Sent)]);
    assert!(durable.failures() > 0);
    disk.fill(false);
    durable.post(at(5), [down("C")]);
    assert_eq!(durable.failing(), None);
    drop(durable);

    let next = on(&disk, 6);
    assert_eq!(next.notifier().alerts().len(), 3);
    let (_, entry) = next.notifier().log().iter().next().expect("it was told");
    assert_eq!(entry.firing.len(), 2);
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
