//! When to look at files again.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Reload, RuleFiles};
use crate::engine::Engine;
use crate::rule_file::FileError;

/// Says when rule files are to be looked at: when the process is sent `SIGHUP`, and from time to time.
///
/// It waits, and looks at nothing: who has the engine does that, between two steps.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::files::{RuleFiles, Wakes};
/// use admf_alerts::{Engine, Options};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("rules.yml").display().to_string();
/// # std::fs::write(&path, "groups: []")?;
/// let mut files = RuleFiles::new([path]);
/// let mut engine = Engine::with([], Options::default())?;
/// files.reload_if_changed(&mut engine)?;
///
/// let mut wakes = Wakes::hangup()?.every(Duration::from_secs(30));
/// let mut steps = tokio::time::interval(Duration::from_secs(15));
/// for _ in 0..10 {
///     tokio::select! { biased;
///         wake = wakes.next() => match wake.reload(&mut files, &mut engine) {
///             Ok(reload) => println!("{reload:?}"),
///             Err(error) => eprintln!("the rules stay as they are: {error}"),
///         },
///         _ = steps.tick() => { /* engine.step(..) */ }
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Wakes {
    hangup: Option<Hangup>,
    ticks: Option<Interval>,
}

#[cfg(unix)]
type Hangup = tokio::signal::unix::Signal;
/// There are no such signals.
#[cfg(not(unix))]
type Hangup = std::convert::Infallible;

/// Says why files are to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Somebody said that they are ready.
    Hangup,
    /// It is time to look whether they are others.
    Tick,
}

impl Wakes {
    /// Waits for nothing as yet.
    #[must_use]
    pub fn never() -> Self {
        Self {
            hangup: None,
            ticks: None,
        }
    }

    /// Waits for `SIGHUP`, which from now on ends the process no more. Where there are no such signals it waits for ever.
    ///
    /// # Errors
    ///
    /// The signal cannot be listened to.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio with input and output.
    pub fn hangup() -> std::io::Result<Self> {
        #[cfg(unix)]
        let hangup = Some(tokio::signal::unix::signal(
            tokio::signal::unix::SignalKind::hangup(),
        )?);
        #[cfg(not(unix))]
        let hangup = None;
        Ok(Self {
            hangup,
            ticks: None,
        })
    }

    /// Wakes from time to time too, the first time after one `period`; at least a millisecond.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio with time.
    #[must_use]
    pub fn every(mut self, period: Duration) -> Self {
        let period = period.max(Duration::from_millis(1));
        let mut ticks = interval(period);
        // The first is due at once.
        ticks.reset();
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.ticks = Some(ticks);
        self
    }

    /// Waits until the files are to be looked at.
    ///
    /// # Cancel safety
    ///
    /// Safe: what came while nobody waited is told to who waits next.
    pub async fn next(&mut self) -> Wake {
        tokio::select! {
            biased;
            () = hung_up(self.hangup.as_mut()) => Wake::Hangup,
            () = ticked(self.ticks.as_mut()) => Wake::Tick,
        }
    }
}

async fn ticked(ticks: Option<&mut Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}

#[cfg(unix)]
async fn hung_up(hangup: Option<&mut Hangup>) {
    let told = match hangup {
        Some(hangup) => hangup.recv().await,
        None => None,
    };
    // No more come where the runtime is gone.
    if told.is_none() {
        std::future::pending::<()>().await;
    }
}

#[cfg(not(unix))]
async fn hung_up(_: Option<&mut Hangup>) {
    std::future::pending().await
}

impl Wake {
    /// Looks at the files: at once where somebody said that they are ready, else where they have
    /// [settled](RuleFiles::reload_if_settled).
    ///
    /// # Errors
    ///
    /// As [`RuleFiles::reload_if_changed`].
    pub fn reload(self, files: &mut RuleFiles, engine: &mut Engine) -> Result<Reload, FileError> {
        match self {
            Self::Hangup => files.reload_if_changed(engine),
            Self::Tick => files.reload_if_settled(engine),
        }
    }
}
