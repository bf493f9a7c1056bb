//! Of many processes, the one that tells people.
//!
#![doc = include_str!("../../docs/leader.md")]

mod clock;
mod file;
#[cfg(feature = "service")]
pub(crate) mod follow;
#[cfg(feature = "leader-postgres")]
mod postgres;
#[cfg(feature = "leader-postgres")]
mod table;
#[cfg(test)]
mod tests;
#[cfg(feature = "service")]
pub(crate) mod told;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clock::now;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// How long until the lock is asked for, or looked at, again.
const EVERY: Duration = Duration::from_secs(1);

/// How long the holder of the lock may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

const SILENT: &str = "who holds the lock does not answer";

/// Asks for a lock that one process has at a time, so that one of many leads.
///
/// # Examples
///
/// ```
/// use admf_alerts::leader::Leader;
///
/// # let folder = tempfile::tempdir()?;
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let leader = Leader::file(folder.path().join("leader.lock"));
/// let mut leadership = leader.lead().await; // ends once this process leads
/// // … notify, until:
/// # let limit = std::time::Duration::from_millis(10);
/// # let lost = tokio::time::timeout(limit, async {
/// let why = leadership.lost().await; // ends once it leads no more
/// # drop(why);
/// # });
/// # assert!(lost.await.is_err());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Leader {
    lock: Lock,
    every: Duration,
    patience: Duration,
    problem: Mutex<Option<String>>,
}

#[derive(Debug)]
enum Lock {
    File(PathBuf),
    #[cfg(feature = "leader-postgres")]
    Postgres(Box<postgres::Server>),
}

impl Leader {
    /// Leads by the lock of a file, which is made if it is not there, and stays: among processes of one machine.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::by(Lock::File(path.into()))
    }

    /// Leads by an advisory lock of a PostgreSQL, which a session of its own holds: among all that have its database.
    ///
    /// `url` is as libpq's, `postgres://me@localhost/alerts`; `key` tells the lock from others in that database. It
    /// speaks without TLS: to another machine only where the url says `sslmode=disable`.
    ///
    /// # Errors
    ///
    /// A url that is none, or that asks for TLS, without its password.
    #[cfg(feature = "leader-postgres")]
    pub fn postgres(url: &str, key: i64) -> Result<Self, String> {
        let server = postgres::Server::new(url, key)?;
        Ok(Self::by(Lock::Postgres(Box::new(server))))
    }

    /// Names the table in which an [`AlertService`](crate::service::AlertService) that leads writes down what the next one has to
    /// know, with or without its schema. It is made if it is not there. Default: `admf_told`.
    ///
    /// # Errors
    ///
    /// A name that is none, or the lock of a file: its processes have one database.
    #[cfg(feature = "leader-postgres")]
    pub fn table(mut self, name: &str) -> Result<Self, String> {
        let Lock::Postgres(server) = &mut self.lock else {
            return Err("the lock of a file has no table".to_owned());
        };
        server.table = table::Table::new(name)?;
        Ok(self)
    }

    fn by(lock: Lock) -> Self {
        Self {
            lock,
            every: EVERY,
            patience: PATIENCE,
            problem: Mutex::new(None),
        }
    }

    /// Says how long until the lock is asked for, or looked at, again. Default: 1 s.
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Says how long a server may take to answer until it counts as gone. Default: 5 s.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Waits until this process leads.
    ///
    /// What keeps the lock from being asked for, such as a database that is down, is a [problem](Self::problem) and no end:
    /// it is asked for again.
    ///
    /// # Cancel safety
    ///
    /// Dropped, nothing is held.
    pub async fn lead(&self) -> Leadership {
        let mut candidate = Candidate::new(&self.lock);
        loop {
            if let Some(held) = self.patiently(candidate.ask()).await.flatten() {
                return self.leadership(held);
            }
            sleep(self.every).await;
        }
    }

    fn leadership(&self, held: Held) -> Leadership {
        Leadership {
            held: Ok(held),
            every: self.every,
            patience: self.patience,
            look: now() + self.every,
            asked: None,
        }
    }

    /// Waits for an answer for as long as one may take, and remembers what was wrong.
    async fn patiently<T>(&self, answer: impl Future<Output = Result<T, String>>) -> Option<T> {
        let answer = timeout_at(now() + self.patience, answer).await;
        let answer = answer.unwrap_or_else(|_| Err(SILENT.to_owned()));
        let (answer, problem) = match answer {
            Ok(answer) => (Some(answer), None),
            Err(problem) => (None, Some(problem)),
        };
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
        answer
    }

    /// Returns why the lock could not be asked for the last time; `None`: it could, whoever has it.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let problem = self.problem.lock();
        problem.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Leader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leader")
            .field("lock", &self.lock)
            .finish_non_exhaustive()
    }
}

/// Somebody who asks for the lock.
enum Candidate<'l> {
    File(&'l PathBuf),
    /// The session stays, since it costs the server a process to begin one.
    #[cfg(feature = "leader-postgres")]
    Postgres(&'l postgres::Server, Option<postgres::Session>),
}

impl<'l> Candidate<'l> {
    fn new(lock: &'l Lock) -> Self {
        match lock {
            Lock::File(path) => Self::File(path),
            #[cfg(feature = "leader-postgres")]
            Lock::Postgres(server) => Self::Postgres(server, None),
        }
    }

    #[cfg_attr(
        not(feature = "leader-postgres"),
        expect(clippy::unused_async, reason = "a file answers at once")
    )]
    async fn ask(&mut self) -> Result<Option<Held>, String> {
        match self {
            Self::File(path) => Ok(file::Held::of(path)?.map(Held::File)),
            #[cfg(feature = "leader-postgres")]
            Self::Postgres(server, session) => Ok(match server.ask(session.take()).await? {
                postgres::Asked::Got(session) => Some(Held::Postgres(session)),
                postgres::Asked::Waits(waits) => {
                    *session = Some(waits);
                    None
                }
            }),
        }
    }
}

#[cfg(feature = "service")]
impl Candidate<'_> {
    /// Reads what who leads has written down, if that is not the revision that is known.
    #[cfg_attr(
        not(feature = "leader-postgres"),
        expect(clippy::unused_async, reason = "a file has none")
    )]
    async fn read(&mut self, known: u64) -> Result<Option<told::Told>, String> {
        match self {
            Self::File(_) => {
                let _ = known;
                Ok(None)
            }
            #[cfg(feature = "leader-postgres")]
            Self::Postgres(server, session) => {
                // One that does not answer is given up.
                let Some(mut asked) = session.take() else {
                    return Ok(None);
                };
                let told = asked.read(&server.table, known).await?;
                *session = Some(asked);
                Ok(told)
            }
        }
    }
}

/// What is held.
#[derive(Debug)]
enum Held {
    File(file::Held),
    #[cfg(feature = "leader-postgres")]
    Postgres(postgres::Session),
}

impl Held {
    /// Waits until `until`, or until something is wrong before.
    async fn wait(&mut self, until: Instant) -> Result<(), String> {
        match self {
            Self::File(_) => {
                sleep_until(until).await;
                Ok(())
            }
            #[cfg(feature = "leader-postgres")]
            Self::Postgres(session) => session.wait(until).await,
        }
    }

    /// Looks whether it is held.
    #[cfg_attr(
        not(feature = "leader-postgres"),
        expect(clippy::unused_async, reason = "a file answers at once")
    )]
    async fn look(&mut self) -> Result<(), String> {
        match self {
            Self::File(held) => held.look(),
            #[cfg(feature = "leader-postgres")]
            Self::Postgres(session) => session.look().await,
        }
    }
}

/// Holds the lock. Dropped, it is given up at once.
#[derive(Debug)]
#[must_use = "whoever drops it leads no more"]
pub struct Leadership {
    /// Why it is not any more.
    held: Result<Held, String>,
    every: Duration,
    patience: Duration,
    /// When to look next.
    look: Instant,
    /// Since when it has been looked, without an answer.
    asked: Option<Instant>,
}

impl Leadership {
    /// Waits until this process leads no more, and says why: for as long as it leads, this is to be waited for.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost: the next call goes on with the same look, and its time runs on.
    pub async fn lost(&mut self) -> String {
        loop {
            let held = match &mut self.held {
                Ok(held) => held,
                Err(why) => return why.clone(),
            };
            let seen = async {
                held.wait(self.look).await?;
                let asked = *self.asked.get_or_insert_with(now);
                let seen = timeout_at(asked + self.patience, held.look()).await;
                self.asked = None;
                self.look = now() + self.every;
                seen.unwrap_or_else(|_| Err(SILENT.to_owned()))
            };
            if let Err(why) = seen.await {
                // Whatever is left of it is given up.
                self.held = Err(why);
            }
        }
    }
}
