//! A disk that is full, and one that is looked at after each write.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::{Database, DatabaseError, StorageBackend};

use super::*;
use crate::durable::place::Place;

/// A disk that can be full.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<Bytes>>);

#[derive(Debug, Default)]
struct Bytes {
    bytes: Vec<u8>,
    full: bool,
    /// How it was after each write, as whoever is killed then leaves it.
    left: Option<Vec<Vec<u8>>>,
}

impl Disk {
    fn of(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        disk.0.lock().unwrap().bytes = bytes;
        disk
    }

    /// The disk as it is left by who is killed now.
    fn left(&self) -> Self {
        Self::of(self.0.lock().unwrap().bytes.clone())
    }

    fn fill(&self, full: bool) {
        self.0.lock().unwrap().full = full;
    }

    /// Returns all that was left after each write since it was asked before.
    fn all_left(&self) -> Vec<Vec<u8>> {
        let left = &mut self.0.lock().unwrap().left;
        left.replace(Vec::new()).unwrap_or_default()
    }

    fn write(&self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut disk: MutexGuard<'_, Bytes> = self.0.lock().unwrap();
        if disk.full {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        write(&mut disk.bytes);
        let bytes = disk.left.is_some().then(|| disk.bytes.clone());
        disk.left
            .iter_mut()
            .for_each(|left| left.extend(bytes.clone()));
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().bytes.len() as u64)
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let from = offset as usize;
        Ok(self.0.lock().unwrap().bytes[from..from + len].to_vec())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        Self::write(self, |bytes| bytes.resize(len as usize, 0))
    }

    fn sync_data(&self, _eventual: bool) -> io::Result<()> {
        Self::write(self, |_| {})
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let from = offset as usize;
        Self::write(self, |bytes| {
            bytes[from..from + data.len()].copy_from_slice(data);
        })
    }
}

impl Place for Disk {
    fn open(&self) -> Result<Database, DatabaseError> {
        Database::builder().create_with_backend(self.clone())
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        Ok(self.0.lock().unwrap().bytes.clone())
    }
}

fn on(disk: &Disk, seconds: u64) -> Durable {
    let disk = Box::new(disk.clone());
    let (store, kept) = Store::with("disk".into(), disk).expect("it is sound");
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
fn on_a_disk_that_is_full_at_the_start_what_is_kept_is_read_and_notices_go_on() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    durable.post(at(0), [down("A")]);
    let told = durable.due(at(1)).remove(0);
    durable.finished(at(1), [(told.id, Outcome::Sent)]);
    // Killed, and out of room since.
    let disk = disk.left();
    disk.fill(true);
    let mut durable = on(&disk, 2);
    assert!(durable.failing().is_some());
    assert_eq!(durable.notifier().log().iter().count(), 1, "A was told");
    durable.post(at(2), [down("B")]);
    durable.post(at(250), [down("A"), down("B")]);
    let told = durable.due(at(301)).remove(0);
    assert_eq!(names(&told.batch), ["A", "B"]);
    durable.finished(at(301), [(told.id, Outcome::Sent)]);
    disk.fill(false);
    durable.post(at(303), [down("B")]);
    assert_eq!(durable.failing(), None);
    let next = on(&disk.left(), 304);
    assert_eq!(next.notifier().alerts().len(), 2);
    assert_eq!(noted(&next), noted(&durable));
}

#[test]
fn on_a_disk_that_was_never_anything_but_full_it_begins_with_nothing() {
    let disk = Disk::default();
    disk.fill(true);
    let mut durable = on(&disk, 0);
    durable.post(at(0), [down("A")]);
    assert_eq!(durable.due(at(1)).len(), 1);
    assert!(durable.failing().is_some());
    disk.fill(false);
    durable.post(at(2), [down("B")]);
    assert_eq!(durable.failing(), None);
    assert_eq!(on(&disk.left(), 3).notifier().alerts().len(), 2);
}

#[test]
fn a_file_that_was_left_before_it_was_a_database_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    std::fs::write(&path, "").unwrap();
    std::fs::write(folder.path().join("state.new"), vec![0; 8192]).unwrap();
    let mut durable = open(&path, 0).unwrap();
    durable.post(at(0), [down("A")]);
    drop(durable);
    assert_eq!(open(&path, 0).unwrap().notifier().alerts().len(), 1);
    let left = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(left.count(), 1);
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
    let now = on(&disk.left(), 7);
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

#[test]
fn a_batch_is_on_disk_as_a_whole_and_not_before_its_end() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    let told = durable.batch(at(0), |durable| {
        durable.post(at(0), [down("A")]);
        durable.batch(at(0), |it| {
            it.note(at(0), Event::new(Kind::LeaderGained, "A"));
        });
        let now = on(&disk.left(), 0);
        assert!(now.notifier().alerts().len() == 0 && now.history().is_empty());
        durable.due(at(1))
    });
    assert_eq!(names(&told[0].batch), ["A"]);
    let now = on(&disk.left(), 1);
    assert_eq!(now.notifier().alerts().len(), 1);
    assert_eq!(
        kinds(&now),
        [(Kind::LeaderGained, 1), (Kind::AlertFiring, 1)]
    );
}

#[test]
fn a_batch_that_panics_keeps_nothing_back_for_ever() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    let panics = std::panic::AssertUnwindSafe(|| durable.batch(at(0), |_| panic!("as it is told")));
    assert!(std::panic::catch_unwind(panics).is_err());
    durable.post(at(0), [down("A")]);
    assert_eq!(on(&disk.left(), 0).notifier().alerts().len(), 1);
}

#[test]
fn an_evaluation_is_on_disk_with_its_alerts_or_not_at_all_whenever_it_is_killed() {
    let disk = Disk::default();
    let mut durable = on(&disk, 0);
    disk.all_left();
    let engine = snapshot(&[("A", 2)], 1);
    let taken = durable.evaluated(at(1), engine.clone(), [down("A"), Posted::default()]);
    assert_eq!(taken[0], Ok(()));
    assert!(taken[1].is_err());
    let mut seen = Vec::new();
    for left in disk.all_left() {
        let next = on(&Disk::of(left), 1);
        let alerts = next.notifier().alerts().len();
        match *next.engine() == engine {
            true => assert_eq!(alerts, 1),
            false => assert_eq!((alerts, next.engine()), (0, &Snapshot::default())),
        }
        seen.push(alerts);
    }
    assert!(seen.contains(&0) && seen.last() == Some(&1), "{seen:?}");
}
