//! A component that is kept running.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use resilience_core::health::UnknownComponent;
use resilience_core::recovery::{Incident, RecoveryAction, RecoveryRun, SupervisorConfig};
use resilience_core::{BoxError, ConfigError, Finding, Health, HealthSource, Name, Recovery};
use tokio::time::sleep;

use crate::guard::unpanicked;

/// Runs a component, and starts it again when it ends with an error or panics, as one future that
/// the caller spawns.
///
/// Before each restart it waits by the back-off. A component that then runs for `stable_after` has
/// recovered, and the next failure begins the count again; after `max_restarts` restarts in a row none
/// of which became stable it is given up. Each such episode is one recovery in the history of the
/// [`Recovery`], by restarts. While somebody else recovers a component of this name, it is not
/// restarted.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use resilience_core::recovery::SupervisorConfig;
/// use resilience_core::{Env, Recovery, RecoveryConfig};
/// use resilience_tower::{Supervisor, TokioClock};
/// use tokio::time::Instant;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let env = Env::default().with_clock(std::sync::Arc::new(TokioClock::default()));
/// let recovery = Recovery::new("app", RecoveryConfig::default(), &env)?;
/// let starts = AtomicU32::new(0);
/// let feed = || async {
///     match starts.fetch_add(1, Ordering::Relaxed) {
///         0 | 1 => Err("lost the line"),
///         _ => Ok(()),
///     }
/// };
/// let began = Instant::now();
/// Supervisor::new(&recovery, "feed", SupervisorConfig::default(), feed)?.run().await?;
/// assert_eq!(began.elapsed().as_secs(), 10 + 20);
/// assert_eq!(recovery.history()[0].attempts, 2);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing runs until `run` is awaited or spawned"]
pub struct Supervisor<M> {
    recovery: Recovery,
    action: RecoveryAction,
    stable_after: Duration,
    make: M,
    told: Told,
}

/// Who is told how the component is.
struct Told {
    supervised: Supervised,
    health: Option<Health>,
}

/// How a component is that a [`Supervisor`] runs: a source of health.
///
/// It is healthy while it runs and is stable, degraded after a restart until it is, unhealthy while
/// it does not run; before it begins, and after it ended by itself, nothing is said.
#[derive(Clone, Debug)]
pub struct Supervised {
    component: Name,
    found: Arc<Mutex<Option<Finding>>>,
}

/// A component that was given up: it did not become stable.
#[derive(Debug)]
pub struct GivenUp {
    /// The component.
    pub component: Name,
    /// Number of restarts in vain.
    pub restarts: u32,
    /// How it ended the last time.
    pub last: BoxError,
}

impl<M, F, E> Supervisor<M>
where
    M: FnMut() -> F,
    F: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    /// Prepares to run what `make` makes as `component`.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn new(
        recovery: &Recovery,
        component: impl Into<Name>,
        config: SupervisorConfig,
        make: M,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            recovery: recovery.clone(),
            action: config.action()?,
            stable_after: config.stable_after,
            make,
            told: Told {
                supervised: Supervised {
                    component: component.into(),
                    found: Arc::default(),
                },
                health: None,
            },
        })
    }

    /// Tells `health` of every change of the component of the same name, as what is
    /// [certain](Health::report_certain): each is told once, so that checks in a row would not come.
    ///
    /// Where checks are disabled at that time, nothing is learned until the next change. Who wants it
    /// told in a rhythm gives [`supervised`](Self::supervised) to [`Checks`](crate::Checks::source).
    ///
    /// # Errors
    ///
    /// Returns that no such component is watched.
    pub fn health(mut self, health: &Health) -> Result<Self, UnknownComponent> {
        let component = self.told.supervised.component.as_str();
        if health.component(component).is_none() {
            return Err(UnknownComponent {
                component: component.to_owned(),
                health: health.name().clone(),
            });
        }
        self.told.health = Some(health.clone());
        Ok(self)
    }

    /// Returns how the component is, to be asked while the supervisor runs.
    pub fn supervised(&self) -> Supervised {
        self.told.supervised.clone()
    }

    /// Runs the component until it ends by itself.
    ///
    /// # Errors
    ///
    /// Returns how it ended the last time, when no restart is left.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the component; a recovery that is under way is written down as
    /// abandoned.
    pub async fn run(mut self) -> Result<(), GivenUp> {
        let mut leaving = Leaving {
            supervised: self.supervised(),
            given_up: false,
        };
        let mut run: Option<RecoveryRun> = None;
        loop {
            let error = match self.live(&mut run).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let component = self.told.supervised.component.clone();
            let incident = Incident::failed(component.clone(), error.as_ref());
            self.told.tell(Finding::Unhealthy(incident.message.clone()));
            match &mut run {
                Some(run) => run.told(Err(incident.message.into())),
                None => run = Some(self.begin(incident).await),
            }
            let step = run.as_ref().and_then(RecoveryRun::next_step);
            let Some(step) = step else {
                leaving.given_up = true;
                return Err(GivenUp {
                    component,
                    restarts: self.action.max_attempts,
                    last: error,
                });
            };
            sleep(step.wait).await;
        }
    }

    /// Runs the component once; a recovery that is under way ends when it is stable, or ends well.
    async fn live(&mut self, run: &mut Option<RecoveryRun>) -> Result<(), BoxError> {
        let stable_after = self.stable_after;
        let living = pin!(unpanicked(&mut self.make));
        let ended = if run.is_none() {
            self.told.tell(Finding::Healthy);
            living.await
        } else {
            let text = "restarted, not stable yet".to_owned();
            self.told.tell(Finding::Degraded(text));
            match select(living, pin!(sleep(stable_after))).await {
                Either::Left((ended, _)) => ended,
                Either::Right(((), living)) => {
                    recovered(run);
                    self.told.tell(Finding::Healthy);
                    living.await
                }
            }
        };
        match ended {
            Ok(Ok(())) => {
                recovered(run);
                Ok(())
            }
            Ok(Err(error)) => Err(error.into()),
            Err(panic) => Err(format!("the component {panic}").into()),
        }
    }

    /// Begins a recovery; while somebody else recovers the component, that is waited for.
    async fn begin(&self, incident: Incident) -> RecoveryRun {
        let mut begun = self.recovery.start_with(incident.clone(), &self.action);
        loop {
            match begun {
                Ok(run) => return run,
                Err(_) => sleep(self.action.backoff.base).await,
            }
            begun = self.recovery.start_joined(incident.clone(), &self.action);
        }
    }
}

fn recovered(run: &mut Option<RecoveryRun>) {
    if let Some(mut run) = run.take() {
        run.told(Ok(()));
    }
}

impl Told {
    fn tell(&self, finding: Finding) {
        let Self { supervised, health } = self;
        supervised.set(Some(finding.clone()));
        if let Some(health) = health {
            // One that is not watched any more needs no telling.
            let _ = health.report_certain(supervised.component.as_str(), finding);
        }
    }
}

/// Says nothing any more when the component is left, unless it was given up.
struct Leaving {
    supervised: Supervised,
    given_up: bool,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if !self.given_up {
            self.supervised.set(None);
        }
    }
}

impl Supervised {
    /// Returns the component.
    #[must_use]
    pub const fn component(&self) -> &Name {
        &self.component
    }

    fn set(&self, finding: Option<Finding>) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        *found = finding;
    }
}

impl HealthSource for Supervised {
    fn finding(&self) -> Option<Finding> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.clone()
    }
}

impl<M> fmt::Debug for Supervisor<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut it = f.debug_struct("Supervisor");
        it.field("supervised", &self.told.supervised)
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            component,
            restarts,
            ..
        } = self;
        write!(f, "{component} given up, restarts in vain: {restarts}")
    }
}

impl Error for GivenUp {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.last.as_ref())
    }
}
