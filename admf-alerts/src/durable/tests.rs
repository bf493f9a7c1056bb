//! What is on disk, and what becomes of notices when the disk fails.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use redb::{Database, StorageBackend, TableDefinition};

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
    change("next_entry", "many");
    let problem = format!("{shown}: invalid digit found in string");
    assert_eq!(refused(), problem);

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

/// A disk as it would be found by who is started after a kill at this moment.
fn copy(disk: &Disk) -> Disk {
    Disk(Arc::new(Mutex::new((
        disk.0.lock().unwrap().0.clone(),
        false,
    ))))
}

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

fn write<K: redb::Key + 'static>(
    path: &Path,
    table: &str,
    key: K::SelfType<'_>,
    value: Option<&str>,
) {
    let database = Database::create(path).expect("it is sound");
    let write = database.begin_write().expect("it is sound");
    let table: TableDefinition<'_, K, &str> = TableDefinition::new(table);
    let mut table = write.open_table(table).expect("it is sound");
    match value {
        Some(value) => drop(table.insert(key, value).expect("there is room")),
        None => drop(table.remove(key).expect("there is room")),
    }
    drop(table);
    write.commit().expect("there is room");
}

#[test]
fn a_row_of_history_or_engine_that_is_damaged_or_newer_is_named_and_the_file_stays() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("alerts.redb");
    drop(open(&path, 0).expect("it is new"));
    let shown = path.display();
    let refused = || open(&path, 0).map(drop).unwrap_err().to_string();
    let rows = [
        (r#"{"#, "history: 7: EOF while parsing"),
        (r#"{"number":7,"odd":1}"#, "history: 7: unknown field `odd`"),
        (
            r#"{"number":8,"first":{"secs":1,"nanos":0},"last":{"secs":1,"nanos":0},"count":1,"event":{"kind":"store_well","text":""}}"#,
            "history: 7: it says that it is 8",
        ),
        (
            r#"{"number":7,"first":{"secs":1,"nanos":0},"last":{"secs":1,"nanos":0},"count":1,"event":{"kind":"later","text":""}}"#,
            "history: 7: unknown variant `later`",
        ),
    ];
    for (row, problem) in rows {
        write::<u64>(&path, "history", 7, Some(row));
        let refused = refused();
        assert!(
            refused.starts_with(&format!("{shown}: {problem}")),
            "{refused}"
        );
    }
    write::<u64>(&path, "history", 7, None);
    let alert = r#"["","","A",{},0,{"a":"b"}]"#;
    write::<&str>(&path, "engine", alert, Some("[null,null]"));
    let problem = format!("{shown}: engine: an alert without a rule or without times");
    assert_eq!(refused(), problem);
    write::<&str>(&path, "engine", "[]", Some("[null,null]"));
    assert!(refused().starts_with(&format!("{shown}: engine: invalid length 0")));
}

#[test]
fn what_happened_is_there_in_the_next_process_and_numbers_go_on() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("alerts.redb");
    let mut first = open(&path, 0).expect("it is new");
    let limits = Limits {
        entries: 2,
        ..Limits::default()
    };
    first.limit_history(at(0), limits);
    for second in 0..4 {
        first.note(
            at(second),
            Event::new(Kind::LeaderGained, second.to_string()),
        );
    }
    first.note(at(5), Event::new(Kind::StoreFailing, "full"));
    first.note(at(6), Event::new(Kind::StoreFailing, "full"));
    let before = noted(&first);
    assert_eq!(
        kinds(&first),
        [(Kind::StoreFailing, 2), (Kind::LeaderGained, 1)]
    );
    drop(first);
    let mut next = open(&path, 7).expect("it is sound");
    assert_eq!(noted(&next), before);
    let later = Limits::default().age;
    next.limit_history(at(7) + later, Limits::default());
    assert!(next.history().is_empty());
    drop(next);
    let mut last = open(&path, 8).expect("it is sound");
    assert!(last.history().is_empty());
    last.note(at(8), Event::new(Kind::LeaderLost, ""));
    assert_eq!(noted(&last)[0].number, before[0].number + 1);
}

#[test]
fn an_engine_that_goes_on_is_read_back_as_it_was_last() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("alerts.redb");
    let mut differs = snapshot(&[("A", 3), ("B", 1)], 6);
    differs.rules[0].alerts[1].seen_at = at(3);
    differs.rules[0].alerts[2].active_at = at(4);
    let steps = [
        snapshot(&[("A", 1), ("B", 2)], 1),
        snapshot(&[("A", 4), ("A", 2), ("B", 0)], 2),
        snapshot(&[("A", 4), ("A", 2), ("B", 0)], 3),
        snapshot(&[("A", 2)], 4),
        differs,
        snapshot(&[], 7),
    ];
    for (second, snapshot) in (1..).zip(steps) {
        let mut durable = open(&path, second).expect("it is sound");
        durable.keep_engine(at(second), snapshot.clone());
        drop(durable);
        let read = open(&path, second).expect("it is sound");
        assert_eq!(read.engine(), &snapshot);
    }
}

#[test]
fn alerts_that_go_on_write_one_row_of_the_rule() {
    let mut changes = EngineChanges::default();
    let rules = [("A", 500), ("B", 3)];
    changes.add(&snapshot(&rules, 1), &snapshot(&rules, 2));
    assert_eq!(changes.rows.len(), 2);
    changes.add(&snapshot(&rules, 2), &snapshot(&[("A", 499), ("B", 3)], 2));
    assert_eq!(changes.rows.len(), 3);
}

#[test]
fn a_batch_is_on_disk_as_a_whole_and_not_before_its_end() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    let told = durable.batch(at(0), |durable| {
        durable.post(at(0), [down("A")]);
        durable.batch(at(0), |it| {
            it.note(at(0), Event::new(Kind::AlertFiring, "A"));
        });
        let now = on(&copy(&disk), 0);
        assert!(now.notifier().alerts().len() == 0 && now.history().is_empty());
        durable.due(at(1))
    });
    assert_eq!(names(&told[0].batch), ["A"]);
    let now = on(&copy(&disk), 1);
    assert_eq!(now.notifier().alerts().len(), 1);
    assert_eq!(kinds(&now), [(Kind::AlertFiring, 1)]);
}

#[test]
fn a_batch_that_panics_keeps_nothing_back_for_ever() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    let panics = std::panic::AssertUnwindSafe(|| durable.batch(at(0), |_| panic!("as it is told")));
    assert!(std::panic::catch_unwind(panics).is_err());
    durable.post(at(0), [down("A")]);
    assert_eq!(on(&copy(&disk), 0).notifier().alerts().len(), 1);
}

#[test]
fn an_evaluation_is_on_disk_with_its_alerts_or_not_at_all() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    let before = disk.0.lock().unwrap().0.clone();
    let taken = durable.evaluated(
        at(1),
        snapshot(&[("A", 2)], 1),
        [down("A"), Posted::default()],
    );
    assert_eq!(taken[0], Ok(()));
    assert!(taken[1].is_err());
    let now = on(&copy(&disk), 1);
    assert_eq!(now.engine(), &snapshot(&[("A", 2)], 1));
    assert_eq!(now.notifier().alerts().len(), 1);
    assert_ne!(before, disk.0.lock().unwrap().0);
}

#[test]
fn that_the_disk_fails_and_is_well_again_is_noted_once_each_and_written() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    durable.note(at(0), Event::new(Kind::LeaderGained, "before"));
    disk.fill(true);
    for second in 1..5 {
        durable.note(at(second), Event::new(Kind::LeaderLost, second.to_string()));
    }
    assert_eq!(kinds(&durable)[0], (Kind::StoreFailing, 4));
    durable.keep_engine(at(5), snapshot(&[("A", 2)], 5));
    disk.fill(false);
    durable.keep_engine(at(6), snapshot(&[("A", 3)], 6));
    assert_eq!(durable.failing(), None);
    let now = on(&copy(&disk), 7);
    assert_eq!(noted(&now), noted(&durable));
    assert_eq!(now.engine(), durable.engine());
    let mut all = kinds(&now);
    all.sort();
    let lost = [(Kind::LeaderLost, 1); 4];
    let disk = [(Kind::StoreFailing, 5), (Kind::StoreWell, 1)];
    assert_eq!(
        all,
        [&disk[..], &[(Kind::LeaderGained, 1)], &lost[..]].concat()
    );
}
