//! What is read back, and what is refused.

use redb::{Database, TableDefinition};

use super::*;

#[test]
fn a_file_that_is_damaged_older_newer_or_in_use_is_named_and_stays_as_it_is() {
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
    for other in [1, 3] {
        change("schema", &other.to_string());
        let problem = format!("{shown}: its schema is {other}, and this version reads 2");
        assert_eq!(refused(), problem);
    }
    change("schema", "2");
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
    write::<&str>(&path, "engine", alert, Some("[null,null,null]"));
    let problem = format!("{shown}: engine: an alert without a rule or without times");
    assert_eq!(refused(), problem);
    write::<&str>(&path, "engine", "[]", Some("[null,null,null]"));
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
