//! The file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use redb::{
    Database, Key, ReadTransaction, ReadableTable, TableDefinition, TableError, Value,
    WriteTransaction,
};

use super::engine::{EngineChanges, EngineRows};
use super::place::{OnDisk, Place, copy, takes_nothing};
use crate::engine::Snapshot;
use crate::history::{self, Entry};
use crate::notify::{self, State};

/// What is written so; a file of another one is left alone.
const SCHEMA: u64 = 2;

/// The schema, and the number of the next entry of the history.
const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("about");

/// The engine's snapshot.
const ENGINE: TableDefinition<'_, &str, &str> = TableDefinition::new("engine");

/// What happened, by number.
const HISTORY: TableDefinition<'_, u64, &str> = TableDefinition::new("history");

type Any = Box<dyn std::error::Error>;

/// Says what is wrong with the file: its path, and why, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    path: PathBuf,
    problem: String,
}

impl StoreError {
    pub(crate) fn new(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            problem: problem.into(),
        }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for StoreError {}

/// What the file held.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) notifier: State,
    pub(super) engine: Snapshot,
    pub(super) history: Vec<Entry>,
    pub(super) next_entry: u64,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) notifier: notify::Changes,
    pub(super) engine: EngineChanges,
    pub(super) history: history::Changes,
}

impl Changes {
    /// Says whether nothing changed but, perhaps, what is counted.
    pub(super) fn is_empty(&self) -> bool {
        self.notifier.is_empty() && self.engine.is_empty() && self.history.is_empty()
    }
}

pub(super) struct Store {
    path: PathBuf,
    place: Box<dyn Place>,
    /// `None` while the disk takes nothing, and after it has failed: it answers no more, and has to be opened again.
    database: Option<Database>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Store {
    pub(super) fn open(path: PathBuf) -> Result<(Self, Kept), StoreError> {
        let place = OnDisk(path.clone());
        Self::with(path, Box::new(place))
    }

    pub(super) fn with(path: PathBuf, place: Box<dyn Place>) -> Result<(Self, Kept), StoreError> {
        let mut store = Self {
            path,
            place,
            database: None,
        };
        match store.read() {
            Ok(kept) => Ok((store, kept)),
            Err(problem) => Err(store.problem(problem.to_string())),
        }
    }

    pub(super) fn problem(&self, problem: String) -> StoreError {
        StoreError::new(&self.path, problem)
    }

    /// Reads all. Of a disk that takes nothing what is there is read all the same, and it is opened again to be written.
    fn read(&mut self) -> Result<Kept, Any> {
        match self.place.open() {
            Err(error) if takes_nothing(&error) => read(&copy(&self.place.bytes()?)?),
            opened => read(self.database.insert(opened?)),
        }
    }

    /// Writes changes, all or nothing.
    pub(super) fn write(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let written = self.try_write(changes);
        written.map_err(|problem| {
            self.database = None;
            self.problem(problem.to_string())
        })
    }

    fn try_write(&mut self, changes: &Changes) -> Result<(), Any> {
        let database = match self.database.take() {
            Some(database) => database,
            None => self.place.open()?,
        };
        let database = self.database.insert(database);
        let write = database.begin_write()?;
        let Changes {
            notifier,
            engine,
            history,
        } = changes;
        {
            let mut about = write.open_table(ABOUT)?;
            about.insert("schema", SCHEMA.to_string().as_str())?;
            about.insert("next_entry", history.next.to_string().as_str())?;
        }
        let mut tables = BTreeMap::<&str, Vec<_>>::new();
        for (table, key, value) in notifier.rows() {
            tables.entry(table).or_default().push((key, value));
        }
        for &name in notify::Changes::TABLES {
            let rows = tables.get(name).into_iter().flatten();
            let rows = rows.map(|(key, value)| (key.as_str(), value.clone()));
            put::<&str>(&write, TableDefinition::new(name), notifier.whole, rows)?;
        }
        let rows = engine.rows.iter();
        let rows = rows.map(|(key, value)| (key.as_str(), value.clone()));
        put(&write, ENGINE, engine.whole, rows)?;
        let text = |it: &Entry| serde_json::to_string(it).expect("plain values can be written");
        let rows = history.entries.iter();
        let rows = rows.map(|(number, it)| (*number, it.as_ref().map(text)));
        put(&write, HISTORY, history.whole, rows)?;
        write.commit()?;
        Ok(())
    }
}

fn read(database: &Database) -> Result<Kept, Any> {
    let read = database.begin_read()?;
    let mut kept = Kept::default();
    let about = match read.open_table(ABOUT) {
        Err(TableError::TableDoesNotExist(_)) if read.list_tables()?.next().is_none() => {
            return Ok(kept);
        }
        about => about?,
    };
    let schema = about.get("schema")?.ok_or("it does not say its schema")?;
    let schema: u64 = schema.value().parse()?;
    if schema != SCHEMA {
        let problem = format!("its schema is {schema}, and this version reads {SCHEMA}");
        return Err(problem.into());
    }
    if let Some(next) = about.get("next_entry")? {
        kept.next_entry = next.value().parse()?;
    }
    for &name in notify::Changes::TABLES {
        rows::<&str>(&read, TableDefinition::new(name), |key, value| {
            kept.notifier.read(name, key, value)
        })?;
    }
    let mut engine = EngineRows::default();
    rows(&read, ENGINE, |key, times| engine.read(key, times))?;
    kept.engine = engine.snapshot()?;
    rows(&read, HISTORY, |number, text| {
        kept.history.push(entry(number, text)?);
        Ok(())
    })?;
    Ok(kept)
}

/// Reads the rows of a table, if there is one.
fn rows<K: Key + 'static>(
    read: &ReadTransaction,
    table: TableDefinition<'_, K, &str>,
    mut take: impl for<'k> FnMut(K::SelfType<'k>, &str) -> Result<(), String>,
) -> Result<(), Any> {
    let table = match read.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        table => table?,
    };
    for row in table.iter()? {
        let (key, value) = row?;
        take(key.value(), value.value())?;
    }
    Ok(())
}

/// Writes rows of a table, and removes those of no value; `whole`: there are no others.
fn put<'k, K: Key + 'static>(
    write: &WriteTransaction,
    table: TableDefinition<'_, K, &'static str>,
    whole: bool,
    rows: impl Iterator<Item = (<K as Value>::SelfType<'k>, Option<String>)>,
) -> Result<(), Any> {
    if whole {
        write.delete_table(table)?;
    }
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut table = write.open_table(table)?;
    for (key, value) in rows {
        match value {
            Some(value) => drop(table.insert(key, value.as_str())?),
            None => drop(table.remove(key)?),
        }
    }
    Ok(())
}

fn entry(number: u64, text: &str) -> Result<Entry, String> {
    let entry: Entry =
        serde_json::from_str(text).map_err(|error| format!("history: {number}: {error}"))?;
    match entry.number == number {
        true => Ok(entry),
        false => Err(format!(
            "history: {number}: it says that it is {}",
            entry.number
        )),
    }
}
