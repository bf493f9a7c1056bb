//! Going by a file of policies while it changes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use resilience_core::policies::Applied;
use resilience_core::{Policies, PoliciesError};
use tokio::time::sleep;

/// The most bytes of a file that are read.
const MOST: u64 = 1 << 20;

/// How many times faster a file is looked at that has just changed.
const HURRY: u32 = 10;

/// Watches a file of policies, and applies it whenever its content changes.
///
/// It asks for the content at an interval, and so needs nothing of the file system: a file may be
/// written in place, renamed over the old one, or be a link that moves. What has changed is looked at
/// again a tenth of the interval later, and is applied once it reads the same twice: a file that is
/// half written, or missing for a moment, is no matter.
///
/// A bad file is told and changes nothing, and the next good one is applied: nothing ends the watch
/// but its future being dropped.
///
/// Each look reads the file, of at most 1 MiB, at once in the thread that runs the future: that is
/// some ten microseconds for a local file. Give it a thread of its own for one on a slow network
/// disk.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{Env, Policies};
/// use resilience_tower::Watch;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("policies.toml");
/// std::fs::write(&path, "[bulkhead.venue]\nmax_in_flight = 10")?;
/// let policies = Policies::load(&path, &Env::default())?;
///
/// let watch = Watch::new(policies.clone(), &path).every(Duration::from_secs(1));
/// tokio::spawn(watch.run(|applied| match applied {
///     Ok(applied) => println!("policies: {applied}"),
///     Err(error) => println!("policies stay as they are: {error}"),
/// }));
/// tokio::task::yield_now().await;
///
/// std::fs::write(&path, "[bulkhead.venue]\nmax_in_flight = 20")?;
/// tokio::time::sleep(Duration::from_secs(2)).await;
/// assert_eq!(policies.bulkhead("venue")?.config().max_in_flight, 20);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Watch {
    policies: Policies,
    path: PathBuf,
    every: Duration,
}

/// What is known of a file.
#[derive(Debug, Default)]
struct Seen {
    /// What was applied, or told, last.
    settled: Option<Content>,
    /// What it held at the last look, where that was something else.
    fresh: Option<Content>,
}

/// What a file holds; of one that cannot be read, why.
type Content = Result<String, PoliciesError>;

impl Watch {
    /// Creates a watch that looks every two seconds.
    #[must_use]
    pub fn new(policies: Policies, path: impl AsRef<Path>) -> Self {
        Self {
            policies,
            path: path.as_ref().to_path_buf(),
            every: Duration::from_secs(2),
        }
    }

    /// Looks at this interval; below 10 ms it is 10 ms.
    #[must_use]
    pub fn every(self, every: Duration) -> Self {
        let every = every.max(Duration::from_millis(10));
        Self { every, ..self }
    }

    /// Watches for good, and tells what came of each change: what was applied, or why not.
    ///
    /// It begins with what is there: where that is in force already, nothing is told. A file that
    /// cannot be read at two looks in a row is told of once.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the watch; a file is applied whole or not at all.
    pub async fn run(self, mut told: impl FnMut(Result<Applied, PoliciesError>)) {
        let mut seen = Seen::default();
        let mut first = true;
        loop {
            if let Some(content) = seen.look(read(&self.path)) {
                let apply = |text: &String| self.policies.apply_from(&self.path, text);
                match content.as_ref().map_err(Clone::clone).and_then(apply) {
                    // Nobody has seen it: it comes up again.
                    Err(error) if error.is_busy() => seen.settled = None,
                    Ok(applied) if first && applied.is_nothing() => first = false,
                    applied => {
                        first = false;
                        told(applied);
                    }
                }
            }
            let hurry = if seen.fresh.is_some() { HURRY } else { 1 };
            sleep(self.every / hurry).await;
        }
    }
}

impl Seen {
    /// Learns what the file holds; returns it where it is something else than before, for good.
    fn look(&mut self, content: Content) -> Option<&Content> {
        if self.settled.as_ref() == Some(&content) {
            self.fresh = None;
            return None;
        }
        if self.fresh.as_ref() != Some(&content) {
            self.fresh = Some(content);
            return None;
        }
        self.settled = self.fresh.take();
        self.settled.as_ref()
    }
}

fn read(path: &Path) -> Content {
    let text = || {
        let mut text = String::new();
        let file = File::open(path)?;
        match file.take(MOST + 1).read_to_string(&mut text)? as u64 > MOST {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(text),
        }
    };
    text().map_err(|error| PoliciesError::unreadable(path, &error))
}
