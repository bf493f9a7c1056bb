//! A lock that a session of PostgreSQL holds.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::{Instant, sleep_until};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

use super::table::{Table, Writer};
use super::told::Told;
use crate::channel::Redaction;

const TAKE: &str = "SELECT pg_try_advisory_lock($1)";

/// A pooler between us and the server may give a query to another session than the last one: that one has no lock.
pub(super) const LOOK: &str = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted \
    AND pid = pg_backend_pid() AND objsubid = 1 \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
    AND (classid::bigint << 32) | objid::bigint = $1)";

/// Where the lock is.
pub(super) struct Server {
    config: Config,
    key: i64,
    /// Where who leads writes down what the next one has to know.
    pub(super) table: Table,
    redaction: Redaction,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("hosts", &self.config.get_hosts())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// What came of asking.
pub(super) enum Asked {
    /// It is ours.
    Got(Session),
    /// Another session has it.
    Waits(Session),
}

impl Server {
    pub(super) fn new(url: &str, key: i64) -> Result<Self, String> {
        let config: Config = url
            .parse()
            .map_err(|_| "the url of the database is none of PostgreSQL".to_owned())?;
        let here = |host: &Host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => {
                let address = name.parse::<std::net::IpAddr>();
                name == "localhost" || address.is_ok_and(|it| it.is_loopback())
            }
        };
        let plain = match config.get_ssl_mode() {
            SslMode::Disable => true,
            SslMode::Prefer => config.get_hosts().iter().all(here),
            _ => false,
        };
        if !plain {
            let problem = "the database is asked without TLS: let it be on this machine, or say `sslmode=disable`";
            return Err(problem.to_owned());
        }
        let password = config.get_password().map(String::from_utf8_lossy);
        Ok(Self {
            redaction: Redaction::new(password),
            config,
            key,
            table: Table::default(),
        })
    }

    /// Asks for the lock, by a session that is there or another one.
    pub(super) async fn ask(&self, session: Option<Session>) -> Result<Asked, String> {
        let mut session = match session {
            Some(session) => session,
            None => {
                let connected = self.config.connect(NoTls).await;
                let (client, connection) = connected.map_err(|error| self.said(&error))?;
                Session {
                    client: Arc::new(client),
                    connection: Box::pin(connection),
                    key: self.key,
                    redaction: self.redaction.clone(),
                }
            }
        };
        match session.query(TAKE).await? {
            true => Ok(Asked::Got(session)),
            false => Ok(Asked::Waits(session)),
        }
    }

    fn said(&self, error: &tokio_postgres::Error) -> String {
        said(error, &self.redaction)
    }
}

/// A session with the server. Whatever it holds is free once the connection is closed.
pub(super) struct Session {
    client: Arc<Client>,
    /// What the client says and hears goes through it: it is to be polled too.
    connection: Pin<Box<Connection<Socket, NoTlsStream>>>,
    key: i64,
    redaction: Redaction,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub(super) async fn wait(&mut self, until: Instant) -> Result<(), String> {
        let ended = tokio::select! {
            biased;
            ended = self.connection.as_mut() => ended,
            () = sleep_until(until) => return Ok(()),
        };
        Err(ended_by(ended, &self.redaction))
    }

    pub(super) async fn look(&mut self) -> Result<(), String> {
        match self.query(LOOK).await? {
            true => Ok(()),
            false => Err("the session has the lock no more".to_owned()),
        }
    }

    /// Asks something about the key that is true or false.
    async fn query(&mut self, question: &str) -> Result<bool, String> {
        let (client, key) = (Arc::clone(&self.client), self.key);
        self.hear(async {
            let row = client.query_one(question, &[&key]).await?;
            row.try_get(0)
        })
        .await
    }

    /// Waits for an answer, which comes by the connection.
    async fn hear<T>(
        &mut self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, String> {
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|error| said(&error, &self.redaction)),
            ended = self.connection.as_mut() => Err(ended_by(ended, &self.redaction)),
        }
    }

    /// Reads what is written in the table, if it is not that of a revision.
    pub(super) async fn read(&mut self, table: &Table, known: u64) -> Result<Option<Told>, String> {
        let (client, key) = (Arc::clone(&self.client), self.key);
        self.hear(table.read(&client, key, known)).await
    }

    /// Makes the table, if it is not there, and prepares to write.
    pub(super) async fn writer(&mut self, table: &Table) -> Result<Writer, String> {
        let (client, key) = (Arc::clone(&self.client), self.key);
        let redaction = self.redaction.clone();
        self.hear(table.writer(client, key, redaction)).await
    }
}

fn ended_by(ended: Result<(), tokio_postgres::Error>, redaction: &Redaction) -> String {
    match ended {
        Ok(()) => "the connection to the database has ended".to_owned(),
        Err(error) => said(&error, redaction),
    }
}

/// What an error says, with what caused it, in one line.
pub(super) fn said(error: &tokio_postgres::Error, redaction: &Redaction) -> String {
    let mut text = format!("the database: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    redaction.text(&text.replace(char::is_control, " "))
}
