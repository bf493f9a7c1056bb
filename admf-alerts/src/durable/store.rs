//! The file.

use std::fmt;
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableTable, TableDefinition, TableError};

use crate::engine::Snapshot;
use crate::notify::{Changes, State};

/// What is written so; a file of a greater one is left alone.
const SCHEMA: u64 = 1;

/// What the database holds of the file in memory, in bytes.
const CACHE: usize = 4 << 20;

/// The schema, and the engine's snapshot.
const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("about");

type Any = Box<dyn std::error::Error>;
type Open = Box<dyn Fn() -> Result<Database, DatabaseError> + Send>;

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
}

pub(super) struct Store {
    path: PathBuf,
    opens: Open,
    /// `None` after it has failed: it answers no more, and has to be opened again.
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
        let file = path.clone();
        let opens = move || Database::builder().set_cache_size(CACHE).create(&file);
        Self::with(path, Box::new(opens))
    }

    pub(super) fn with(path: PathBuf, opens: Open) -> Result<(Self, Kept), StoreError> {
        let mut store = Self {
            path,
            opens,
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

    fn read(&mut self) -> Result<Kept, Any> {
        let database = (self.opens)()?;
        let read = database.begin_read()?;
        let mut kept = Kept::default();
        let about = match read.open_table(ABOUT) {
            Err(TableError::TableDoesNotExist(_)) if read.list_tables()?.next().is_none() => {
                self.database = Some(database);
                return Ok(kept);
            }
            about => about?,
        };
        let schema = about.get("schema")?.ok_or("it does not say its schema")?;
        let schema: u64 = schema.value().parse()?;
        if schema > SCHEMA {
            let problem = format!("its schema is {schema}, and this version knows up to {SCHEMA}");
            return Err(problem.into());
        }
        if let Some(engine) = about.get("engine")? {
            kept.engine = serde_json::from_str(engine.value())?;
        }
        for &name in Changes::TABLES {
            let table = match read.open_table(TableDefinition::<&str, &str>::new(name)) {
                Err(TableError::TableDoesNotExist(_)) => continue,
                table => table?,
            };
            for row in table.iter()? {
                let (key, value) = row?;
                kept.notifier.read(name, key.value(), value.value())?;
            }
        }
        self.database = Some(database);
        Ok(kept)
    }

    /// Writes changes, and the engine's snapshot if there is one, all or nothing.
    pub(super) fn write(
        &mut self,
        changes: &Changes,
        engine: Option<&Snapshot>,
    ) -> Result<(), StoreError> {
        let written = self.try_write(changes, engine);
        written.map_err(|problem| {
            self.database = None;
            self.problem(problem.to_string())
        })
    }

    fn try_write(&mut self, changes: &Changes, engine: Option<&Snapshot>) -> Result<(), Any> {
        let database = match self.database.take() {
            Some(database) => database,
            None => (self.opens)()?,
        };
        let database = self.database.insert(database);
        let write = database.begin_write()?;
        {
            let mut about = write.open_table(ABOUT)?;
            about.insert("schema", SCHEMA.to_string().as_str())?;
            if let Some(engine) = engine {
                about.insert("engine", serde_json::to_string(engine)?.as_str())?;
            }
        }
        for &name in Changes::TABLES {
            let definition = TableDefinition::<&str, &str>::new(name);
            if changes.whole {
                write.delete_table(definition)?;
            }
            let mut rows = changes.rows().filter(|row| row.0 == name).peekable();
            if rows.peek().is_none() {
                continue;
            }
            let mut table = write.open_table(definition)?;
            for (_, key, value) in rows {
                match value {
                    Some(value) => drop(table.insert(key.as_str(), value.as_str())?),
                    None => drop(table.remove(key.as_str())?),
                }
            }
        }
        write.commit()?;
        Ok(())
    }
}
