//! Recovery that is really done: attempts, checks and restarts, as futures that the caller awaits or
//! spawns.

mod handlers;
mod supervisor;

pub use self::handlers::Handlers;
pub use self::supervisor::{GivenUp, Supervised, Supervisor};

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use resilience_core::recovery::{
    Act, Classifier, Incident, NotStarted, RecoveryConfig, RecoveryResult, RecoveryRun,
};
use resilience_core::{BoxError, ConfigError, Name, Recovery, RecoveryStrategy};
use tokio::task::coop::consume_budget;
use tokio::time::{sleep, timeout};

use self::handlers::Doing;
use crate::guard::unpanicked;

/// Does what a [`Recovery`] says, with the caller's [`Handlers`].
///
/// Each attempt and each check has a time limit, `attempt_timeout`; one that is cut off, or panics,
/// has failed. Cloning is cheap; clones share everything.
///
/// # Examples
///
/// ```
/// use resilience_core::recovery::{RecoveryAction, RecoveryResult};
/// use resilience_core::{BoxError, Env, Recovery, RecoveryConfig, RecoveryStrategy};
/// use resilience_tower::{Handlers, Orchestrator};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recovery = Recovery::new("app", RecoveryConfig::default(), &Env::default())?;
/// let unable = Orchestrator::new(&recovery, Handlers::default()).unwrap_err();
/// assert_eq!(unable.to_string(), "`strategy` must have a handler, is RetryOperation");
///
/// let handlers = Handlers::default()
///     .on(RecoveryStrategy::RestartComponent, |_| async { Ok::<_, BoxError>(()) })
///     .on(RecoveryStrategy::RetryOperation, |_| async { Ok::<_, BoxError>(()) })
///     .on(RecoveryStrategy::SwitchToBackup, |_| async { Ok::<_, BoxError>(()) })
///     .well(|_| async { Ok::<_, BoxError>(()) });
/// let orchestrator = Orchestrator::new(&recovery, handlers)?;
///
/// let error = std::io::Error::from(std::io::ErrorKind::TimedOut);
/// let result = orchestrator.recover_from("quotes", &error).await?;
/// assert_eq!(result, RecoveryResult::Recovered);
/// assert_eq!(recovery.history()[0].strategy, RecoveryStrategy::SwitchToBackup);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Orchestrator {
    recovery: Recovery,
    handlers: Arc<Handlers>,
    classifier: Arc<Classifier>,
}

impl Orchestrator {
    /// Creates an orchestrator for `recovery`.
    ///
    /// # Errors
    ///
    /// Returns the strategy of its config for which there is no handler, or the number of checks where
    /// there is nothing to check by.
    pub fn new(recovery: &Recovery, handlers: Handlers) -> Result<Self, ConfigError> {
        handlers.can_do(&recovery.config())?;
        Ok(Self {
            recovery: recovery.clone(),
            handlers: Arc::new(handlers),
            classifier: Arc::default(),
        })
    }

    /// Replaces what says what sort an error is.
    #[must_use]
    pub fn classify(self, classifier: Classifier) -> Self {
        let classifier = Arc::new(classifier);
        Self { classifier, ..self }
    }

    /// Returns what it goes by, and where the history is.
    #[must_use]
    pub const fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Recovers from an error that came out of `component`.
    ///
    /// # Errors
    ///
    /// Returns why no recovery was begun: one runs for this component, or nothing is set for this sort
    /// of error.
    ///
    /// # Cancel safety
    ///
    /// As [`recover`](Self::recover).
    pub fn recover_from<C: Into<Name>>(
        &self,
        component: C,
        error: &(dyn Error + 'static),
    ) -> impl Future<Output = Result<RecoveryResult, NotStarted>> + Send + use<C> {
        let incident = self.classifier.incident(component, error);
        let this = self.clone();
        async move { this.recover(incident).await }
    }

    /// Recovers from `incident`.
    ///
    /// # Errors
    ///
    /// Returns why no recovery was begun.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the step that is under way, and writes the recovery down as
    /// abandoned; the next error of the component begins another.
    pub async fn recover(&self, incident: Incident) -> Result<RecoveryResult, NotStarted> {
        let run = self.recovery.start(incident)?;
        let attempt = |run: &RecoveryRun| self.attempt(run);
        Ok(self.drive(run, attempt).await)
    }

    /// Recovers from `incident` as [`recover`](Self::recover) does, but where the operation is to be
    /// retried, by `operation`.
    ///
    /// # Errors
    ///
    /// Returns why no recovery was begun.
    ///
    /// # Cancel safety
    ///
    /// As [`recover`](Self::recover).
    pub async fn recover_by<'a, O, F, E>(
        &self,
        incident: Incident,
        mut operation: O,
    ) -> Result<RecoveryResult, NotStarted>
    where
        O: FnMut() -> F + Send,
        F: Future<Output = Result<(), E>> + Send + 'a,
        E: Into<BoxError>,
    {
        let run = self.recovery.start(incident)?;
        let attempt = |run: &RecoveryRun| match run.strategy() {
            RecoveryStrategy::RetryOperation => handlers::doing(operation()),
            _ => self.attempt(run),
        };
        Ok(self.drive(run, attempt).await)
    }

    /// Goes by another `config` for recoveries that begin from now on.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or what it needs a handler for and has none; the
    /// old one then stays.
    pub fn reconfigure(&self, config: RecoveryConfig) -> Result<(), ConfigError> {
        self.handlers.can_do(&config)?;
        self.recovery.reconfigure(config)
    }

    fn attempt(&self, run: &RecoveryRun) -> Doing<'static> {
        let (strategy, incident) = (run.strategy(), run.incident());
        let doing = self.handlers.attempt(strategy, incident);
        if strategy != RecoveryStrategy::GracefulDegradation {
            return doing;
        }
        let (recovery, component) = (self.recovery.clone(), incident.component.clone());
        handlers::doing(async move {
            doing.await?;
            recovery.degrade(component);
            Ok::<_, BoxError>(())
        })
    }

    async fn drive<'a>(
        &self,
        mut run: RecoveryRun,
        mut attempt: impl FnMut(&RecoveryRun) -> Doing<'a> + Send,
    ) -> RecoveryResult {
        while let Some(step) = run.next_step() {
            match step.wait.is_zero() {
                // Many steps that wait for nothing must not keep the thread.
                true => consume_budget().await,
                false => sleep(step.wait).await,
            }
            let make = || match step.act {
                Act::Attempt { .. } => attempt(&run),
                Act::Check { .. } => self.handlers.check(&run.incident().component),
            };
            let said = limited(run.limit(), make).await;
            run.told(said);
        }
        run.result().expect("it ends when no step is left")
    }
}

/// Does a step, or cuts it off.
async fn limited<'a>(limit: Duration, make: impl FnOnce() -> Doing<'a>) -> Result<(), BoxError> {
    // What is cut off may panic when it is dropped, so the limit is inside.
    match unpanicked(|| timeout(limit, make())).await {
        Ok(Ok(said)) => said,
        Ok(Err(_)) => Err(format!("timed out after {limit:?}").into()),
        Err(panic) => Err(format!("the handler {panic}").into()),
    }
}
