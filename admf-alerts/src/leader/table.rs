//! A table in which who leads writes down what the next one has to know.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::postgres::{LOOK, said};
use super::told::Told;
use crate::channel::Redaction;
use crate::notify::Changes;

/// The table where nobody names another one.
const NAME: &str = "admf_told";

/// The kind of the row that says how often something was written.
const ABOUT: &str = "about";

/// Keys are as long as labels are, and those of an index are not: a row goes by the digest of its key.
const COLUMNS: &str = "lock_key bigint NOT NULL, kind text NOT NULL, digest text NOT NULL, key text NOT NULL, \
    value text NOT NULL, PRIMARY KEY (lock_key, kind, digest)";

/// What is not given is gone.
const OTHERS: &str =
    "(kind, digest) NOT IN (SELECT kind, digest FROM given WHERE value IS NOT NULL)";

/// What is given without a value is gone.
const GIVEN: &str = "(kind, digest) IN (SELECT kind, digest FROM given WHERE value IS NULL)";

/// Names a table.
#[derive(Debug)]
pub(super) struct Table(String);

impl Default for Table {
    fn default() -> Self {
        Self(NAME.to_owned())
    }
}

impl Table {
    /// Takes a name, with or without that of a schema.
    pub(super) fn new(name: &str) -> Result<Self, String> {
        let part = |part: &str| {
            let plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
            let begins = part.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
            begins && part.len() < 64 && part.chars().all(plain)
        };
        match name.split('.').count() <= 2 && name.split('.').all(part) {
            true => Ok(Self(name.to_owned())),
            false => Err(format!(
                "{name:?} is no name of a table: letters, digits and `_`, after the name of a schema and `.` or not"
            )),
        }
    }

    async fn is_there(&self, client: &Client) -> Result<bool, Error> {
        let question = "SELECT to_regclass($1) IS NOT NULL";
        client.query_one(question, &[&self.0]).await?.try_get(0)
    }

    /// Reads all rows of a lock, unless they are those of a revision that is known.
    pub(super) async fn read(
        &self,
        client: &Client,
        key: i64,
        known: u64,
    ) -> Result<Option<Told>, Error> {
        if !self.is_there(client).await? {
            return Ok(None);
        }
        let table = &self.0;
        let question = format!(
            "SELECT kind, key, value FROM {table} WHERE lock_key = $1 AND NOT EXISTS \
                (SELECT FROM {table} WHERE lock_key = $1 AND kind = '{ABOUT}' AND value = $2)"
        );
        let rows = client.query(&question, &[&key, &known.to_string()]).await?;
        Ok((!rows.is_empty()).then(|| told(&rows)))
    }

    /// Makes it, if it is not there, and prepares to write.
    pub(super) async fn writer(
        &self,
        client: Arc<Client>,
        key: i64,
        redaction: Redaction,
    ) -> Result<Writer, Error> {
        let table = &self.0;
        // To ask for what is there needs rights that only who makes tables has.
        if !self.is_there(&client).await? {
            let make = format!("CREATE TABLE IF NOT EXISTS {table} ({COLUMNS})");
            client.batch_execute(&make).await?;
        }
        let question =
            format!("SELECT value FROM {table} WHERE lock_key = $1 AND kind = '{ABOUT}'");
        let row = client.query_opt(&question, &[&key]).await?;
        let revision: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
        let revision = revision.and_then(|it| it.parse().ok());
        Ok(Writer {
            changes: client.prepare(&put(table, GIVEN)).await?,
            whole: client.prepare(&put(table, OTHERS)).await?,
            client,
            key,
            revision: revision.unwrap_or(0),
            redaction,
        })
    }
}

/// Writes rows and removes others, all or nothing, if the session has the lock; says whether it has.
fn put(table: &str, gone: &str) -> String {
    format!(
        "WITH held AS MATERIALIZED ({LOOK} AS held), \
        given AS MATERIALIZED (SELECT * FROM \
            unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS given (kind, digest, key, value)), \
        gone AS (DELETE FROM {table} USING held WHERE held AND lock_key = $1 AND {gone}), \
        put AS (INSERT INTO {table} (lock_key, kind, digest, key, value) \
            SELECT $1, kind, digest, key, value FROM given, held WHERE held AND value IS NOT NULL \
            ON CONFLICT (lock_key, kind, digest) DO UPDATE SET value = excluded.value) \
        SELECT held FROM held"
    )
}

fn told(rows: &[Row]) -> Told {
    let mut told = Told::default();
    for row in rows {
        let text = |at: usize| row.try_get::<_, &str>(at).unwrap_or_default();
        let (kind, key, value) = (text(0), text(1), text(2));
        if kind == ABOUT {
            told.revision = value.parse().unwrap_or(0);
        } else if let Err(problem) = told.state.read(kind, key, value) {
            told.unread.push(problem);
        }
    }
    told
}

/// Writes rows by the session that has the lock.
pub(crate) struct Writer {
    client: Arc<Client>,
    key: i64,
    changes: Statement,
    whole: Statement,
    revision: u64,
    redaction: Redaction,
}

impl Writer {
    pub(super) async fn write(&mut self, changes: Changes) -> Result<(), String> {
        let statement = match changes.whole {
            true => &self.whole,
            false => &self.changes,
        };
        self.revision += 1;
        let about = (
            ABOUT,
            "revision".to_owned(),
            Some(self.revision.to_string()),
        );
        let (mut kinds, mut digests, mut keys, mut values) = (vec![], vec![], vec![], vec![]);
        for (kind, key, value) in changes.rows().chain([about]) {
            kinds.push(kind);
            digests.push(digest(&key));
            keys.push(key);
            values.push(value);
        }
        let given: [&(dyn ToSql + Sync); 5] = [&self.key, &kinds, &digests, &keys, &values];
        let held = self.client.query_one(statement, &given).await;
        let held = held.and_then(|row| row.try_get(0));
        match held.map_err(|error| said(&error, &self.redaction))? {
            true => Ok(()),
            false => Err("the session has the lock no more".to_owned()),
        }
    }
}

fn digest(key: &str) -> String {
    let digest = Sha256::digest(key);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
