//! The venue's book: what was executed or cancelled, in a SQLite file that outlives the process.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::Path,
    sync::{Mutex, MutexGuard},
};

use rusqlite::{
    Connection, OptionalExtension, Row, ToSql, TransactionBehavior,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

use crate::broker::{Execution, Order, Side, Status};

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS book (
        client_id TEXT NOT NULL PRIMARY KEY,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        price INTEGER NOT NULL,
        at INTEGER NOT NULL,
        status TEXT NOT NULL
    ) STRICT;";

const COLUMNS: &str = "client_id, symbol, side, quantity, price, at, status";

/// Keeps at most one entry per client id, for good.
#[derive(Debug)]
pub(super) struct Book {
    venue: String,
    connection: Mutex<Connection>,
}

impl Book {
    /// Opens the book at `path` for the venue of that name, and makes it where there is none.
    pub(super) fn open(venue: &str, path: &Path) -> Result<Self, rusqlite::Error> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self {
            venue: venue.to_owned(),
            connection: Mutex::new(connection),
        })
    }

    /// Enters an order as `status`, unless its id is in the book, and tells what the book then says.
    ///
    /// The first to enter an id decides: a repeated order is the execution that it was, a filled one
    /// cannot be cancelled, and a cancelled one is never filled. It is committed on return.
    pub(super) fn enter(&self, order: &Order, status: Status) -> Result<Execution, BookError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .prepare_cached(&format!(
                "INSERT INTO book ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
            ))?
            .execute((
                &order.client_id,
                &order.symbol,
                order.side,
                order.quantity,
                order.price,
                order.at,
                status,
            ))?;
        let entry = find(&transaction, &order.client_id)?.ok_or(BookError::Lost)?;
        transaction.commit()?;
        if entry.order == *order {
            Ok(self.execution(entry))
        } else {
            Err(BookError::Reused(order.client_id.clone()))
        }
    }

    /// Tells what the book says about a client id.
    pub(super) fn lookup(&self, client_id: &str) -> Result<Option<Execution>, BookError> {
        let entry = find(&self.connection(), client_id)?;
        Ok(entry.map(|entry| self.execution(entry)))
    }

    /// Lists all entries in the order in which they were made.
    pub(super) fn all(&self) -> Result<Vec<Execution>, BookError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM book ORDER BY rowid"))?;
        let entries = statement.query_map((), Entry::from_row)?;
        entries
            .map(|entry| Ok(self.execution(entry?)))
            .collect::<Result<_, _>>()
    }

    fn execution(&self, Entry { order, status }: Entry) -> Execution {
        Execution {
            client_id: order.client_id,
            symbol: order.symbol,
            side: order.side,
            quantity: order.quantity,
            price: order.price,
            status,
            venue: self.venue.clone(),
        }
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .expect("nothing panics while it holds the connection")
    }
}

fn find(connection: &Connection, client_id: &str) -> Result<Option<Entry>, rusqlite::Error> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM book WHERE client_id = ?"))?
        .query_row((client_id,), Entry::from_row)
        .optional()
}

struct Entry {
    order: Order,
    status: Status,
}

impl Entry {
    fn from_row(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        let order = Order {
            client_id: row.get(0)?,
            symbol: row.get(1)?,
            side: row.get(2)?,
            quantity: row.get(3)?,
            price: row.get(4)?,
            at: row.get(5)?,
        };
        Ok(Self {
            order,
            status: row.get(6)?,
        })
    }
}

impl ToSql for Side {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(match self {
            Self::Buy => "buy".into(),
            Self::Sell => "sell".into(),
        })
    }
}

impl FromSql for Side {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "buy" => Ok(Self::Buy),
            "sell" => Ok(Self::Sell),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for Status {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(match self {
            Self::Filled => "filled".into(),
            Self::Cancelled => "cancelled".into(),
        })
    }
}

impl FromSql for Status {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "filled" => Ok(Self::Filled),
            "cancelled" => Ok(Self::Cancelled),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// Says why the book has no answer.
#[derive(Debug)]
pub(super) enum BookError {
    /// The client id belongs to an order with other contents.
    Reused(String),
    /// An entry was not there right after it was made.
    Lost,
    /// The file cannot be read or written.
    Sqlite(rusqlite::Error),
}

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reused(client_id) => {
                write!(
                    f,
                    "client_id: {client_id:?} belongs to an order with other contents"
                )
            }
            Self::Lost => f.write_str("book: an entry that was just made is not there"),
            Self::Sqlite(_) => f.write_str("book: cannot be read or written"),
        }
    }
}

impl std::error::Error for BookError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sqlite(error) => Some(error),
            Self::Reused(_) | Self::Lost => None,
        }
    }
}

impl From<rusqlite::Error> for BookError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
