//! Tells people by itself.
//!
#![doc = include_str!("../../docs/alert_service.md")]

mod channels;
#[cfg(feature = "metrics")]
mod metrics;
mod noted;
mod own;
mod run;
#[cfg(test)]
mod tests;
mod totals;
mod verbs;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::alertmanager_file::Setup;
use crate::channel::io::Shared;
use crate::durable::{Durable, StoreError};
use crate::engine::Snapshot;
use crate::history::{Event, Kind};
use crate::notify::{Fingerprint, LogKey, Notifier};
use channels::{Channel, Channels};
#[cfg(feature = "metrics")]
pub use metrics::METRICS;
use own::Own;
pub use totals::{ChannelTotals, Totals};
pub use verbs::Tried;

/// Says what a service is told once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The file of all that has to outlive the process. It is made if it is not there.
    pub path: PathBuf,
    /// Who is told, when, and by which channels.
    pub setup: Setup,
    /// What all channels share; its clock is that of the service too.
    pub shared: Shared,
    /// How long deliveries that are under way may take once the service is stopped. Default: 5 s.
    pub drain: Duration,
}

impl ServiceConfig {
    /// Keeps all in a file, and tells people as `setup` says.
    pub fn new(path: impl Into<PathBuf>, setup: Setup) -> Self {
        Self {
            path: path.into(),
            setup,
            shared: Shared::default(),
            drain: Duration::from_secs(5),
        }
    }
}

/// Says where a service stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// It takes alerts, and nobody is told yet: [`run`](AlertService::run) has not begun.
    Starting,
    /// Another process tells, and this one waits.
    StandingBy,
    /// It tells.
    Telling,
    /// It was stopped.
    Stopped,
}

impl Phase {
    /// Returns it in words: `starting`, `standing by`, `telling`, `stopped`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::StandingBy => "standing by",
            Self::Telling => "telling",
            Self::Stopped => "stopped",
        }
    }
}

/// Tells people of alerts: takes them, and sends by channels what a [`Notifier`] decides, over restarts.
///
/// A handle: clones are the same service. What a method takes is on disk when it returns, unless
/// [`failing`](Totals::failing) says that the disk fails.
#[derive(Clone)]
pub struct AlertService(Arc<Inner>);

struct Inner {
    shared: Shared,
    drain: Duration,
    state: Mutex<State>,
    /// Something was posted, or finished: somebody may have to be told sooner than was thought.
    changed: Notify,
    #[cfg(feature = "metrics")]
    latency: std::sync::OnceLock<metrics::Latency>,
}

struct State {
    durable: Durable,
    setup: Arc<Setup>,
    channels: Channels,
    /// Since when something that was tried has not arrived.
    undelivered: BTreeMap<LogKey, Duration>,
    own: Own,
    /// When it was last looked who is due.
    looked: Duration,
    /// The deliveries that are under way.
    out: BTreeSet<u64>,
    /// The channels that are to be told that somebody has taken up the incident of a group.
    taken_up: Vec<(Arc<Channel>, String)>,
    phase: Phase,
}

impl AlertService {
    /// Opens the file, and goes on from what it holds. Nobody is told before [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// What [`Durable::open`] refuses, and a channel that cannot be set up, in one line.
    pub fn open(config: ServiceConfig) -> Result<Self, StoreError> {
        let ServiceConfig {
            path,
            setup,
            shared,
            drain,
        } = config;
        let now = shared.wall.now();
        let channels = Channels::new(&setup, &shared, None);
        let channels = channels.map_err(|problem| StoreError::new(&path, problem))?;
        let chance = shared.env.clone();
        let draw = move || chance.chance().unit();
        let durable = Durable::open(path, setup.notify.clone(), draw, now)?;
        // What was owed to a channel that is no more is delivered by none.
        let owed = durable.notifier().owed();
        let owed = owed.filter(|key| channels.get(key).is_some());
        let undelivered = owed.map(|key| (key.clone(), now)).collect();
        let state = State {
            durable,
            setup: Arc::new(setup),
            channels,
            undelivered,
            own: Own::new(),
            looked: now,
            out: BTreeSet::new(),
            taken_up: Vec::new(),
            phase: Phase::Starting,
        };
        Ok(Self(Arc::new(Inner {
            shared,
            drain,
            state: Mutex::new(state),
            changed: Notify::new(),
            #[cfg(feature = "metrics")]
            latency: std::sync::OnceLock::new(),
        })))
    }

    /// Returns what time it is, as the length of time since the Unix epoch.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.0.shared.wall.now()
    }

    /// Looks at what the notifier knows. Nothing is taken or told meanwhile: look shortly.
    pub fn look<T>(&self, look: impl FnOnce(&Notifier, Duration) -> T) -> T {
        let state = self.state();
        look(state.durable.notifier(), self.now())
    }

    /// Returns who is told, when, and by which channels.
    #[must_use]
    pub fn setup(&self) -> Arc<Setup> {
        Arc::clone(&self.state().setup)
    }

    /// Returns where this service is found; empty, where it is not.
    #[must_use]
    pub fn external_url(&self) -> &str {
        &self.0.shared.external_url
    }

    /// Returns where the service stands in its life.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.state().phase
    }

    /// Says that another process tells, and this one waits for its turn to [`run`](Self::run).
    pub fn stand_by(&self) {
        self.state().phase = Phase::StandingBy;
    }

    /// Returns what the engine of the process before had, for [`Engine::restore`](crate::Engine::restore).
    #[must_use]
    pub fn engine(&self) -> Snapshot {
        self.state().durable.engine().clone()
    }

    /// Takes another configuration. What was told, silences and alerts stay, and channels that stay the same keep what they
    /// have learned.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); then all stays as it was.
    pub fn reload(&self, setup: Setup) -> Result<(), String> {
        self.taken(|state, now| {
            let taken = state.reload(setup, &self.0.shared, now);
            state.durable.note(
                now,
                match &taken {
                    Ok(()) => Event::new(Kind::ConfigReloaded, ""),
                    Err(problem) => Event::new(Kind::ConfigRefused, problem),
                },
            );
            taken
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock()
    }
}

impl State {
    /// Does several things in one transaction.
    fn batch<T>(&mut self, now: Duration, changes: impl FnOnce(&mut Self, Duration) -> T) -> T {
        self.durable.hold();
        let done = changes(self, now);
        self.durable.release(now);
        done
    }

    fn reload(&mut self, setup: Setup, shared: &Shared, now: Duration) -> Result<(), String> {
        let channels = Channels::new(&setup, shared, Some(&self.channels))?;
        let config = setup.notify.clone();
        self.durable.change(now, |it| it.reload(config, now))?;
        self.channels = channels;
        let channels = &self.channels;
        self.undelivered
            .retain(|key, _| channels.get(key).is_some());
        self.setup = Arc::new(setup);
        Ok(())
    }

    /// Tells the channels that were told of an alert that somebody has taken it up.
    fn taken_up(&mut self, alert: Fingerprint) {
        let told = self.durable.notifier().told_of(alert);
        let channels = told.filter_map(|key| Some((self.channels.get(key)?, key.group.clone())));
        self.taken_up.extend(channels);
    }
}

impl fmt::Debug for AlertService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlertService").finish_non_exhaustive()
    }
}
