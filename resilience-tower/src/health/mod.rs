//! Checks of components, each in its own rhythm and with its own time limit.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use resilience_core::health::{HealthSnapshot, UnknownComponent};
use resilience_core::{Finding, Health, HealthSource, Name};
use tokio::time::{sleep, timeout};

use crate::clock::now;
use crate::guard::unpanicked;

/// Checks the components of a [`Health`] as one future, which the caller spawns.
///
/// Each check begins at once, and again one `interval` of its component after it began. One that
/// takes longer than its `timeout` is dropped and has failed, and so has one that panics. None waits
/// for another, and none overlaps itself. Numbers that are reconfigured count from the next round on,
/// and while checks are disabled there are none. A check must not block its thread: who has to block
/// does it in a task or a thread of its own, and lets the check wait for that.
///
/// Cloning is cheap; clones share the checks.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{CircuitBreaker, ComponentConfig, Env, Health, HealthConfig, HealthStatus};
/// use resilience_tower::Checks;
/// use tokio::time::sleep;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let env = Env::default();
/// let components = ["database", "venue"].map(|it| (it.into(), ComponentConfig::default()));
/// let config = HealthConfig { components: components.into(), ..Default::default() };
/// let health = Health::new("app", config, &env)?;
/// let venue = CircuitBreaker::new("venue", Default::default(), &env)?;
///
/// let checks = Checks::new(&health)
///     .check("database", || async { Ok::<_, std::io::Error>(()) })?
///     .source("venue", venue.clone())?;
/// let running = tokio::spawn(checks.run());
/// sleep(Duration::from_secs(1)).await;
/// assert_eq!(health.system(), HealthStatus::Healthy);
///
/// venue.isolate();
/// sleep(Duration::from_secs(90)).await;
/// assert_eq!(health.system(), HealthStatus::Unhealthy);
/// running.abort();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Checks {
    health: Health,
    probes: Vec<Arc<Probe>>,
}

type Found = Pin<Box<dyn Future<Output = Option<Finding>> + Send>>;

struct Probe {
    component: Name,
    check: Box<dyn Fn() -> Found + Send + Sync>,
    /// Whether it is under way.
    busy: AtomicBool,
}

impl Checks {
    /// Begins without a check.
    #[must_use]
    pub fn new(health: &Health) -> Self {
        Self {
            health: health.clone(),
            probes: Vec::new(),
        }
    }

    /// Checks `component` by what `check` returns, in place of how it was checked before.
    ///
    /// It may return a [`Finding`], a `bool`, or a `Result`.
    ///
    /// # Errors
    ///
    /// Returns that no such component is watched.
    pub fn check<C, F>(self, component: &str, check: C) -> Result<Self, UnknownComponent>
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future + Send + 'static,
        F::Output: Into<Finding>,
    {
        self.probe(component, move || {
            let found = check();
            Box::pin(async { Some(found.await.into()) })
        })
    }

    /// Reads `source` in the rhythm of `component`, in place of how it was checked before.
    ///
    /// # Errors
    ///
    /// Returns that no such component is watched.
    pub fn source<S>(self, component: &str, source: S) -> Result<Self, UnknownComponent>
    where
        S: HealthSource + Send + Sync + 'static,
    {
        self.probe(component, move || Box::pin(ready(source.finding())))
    }

    fn probe<C>(mut self, component: &str, check: C) -> Result<Self, UnknownComponent>
    where
        C: Fn() -> Found + Send + Sync + 'static,
    {
        if self.health.component(component).is_none() {
            return Err(UnknownComponent {
                component: component.to_owned(),
                health: self.health.name().clone(),
            });
        }
        self.probes.retain(|it| it.component.as_str() != component);
        self.probes.push(Arc::new(Probe {
            component: component.to_owned().into(),
            check: Box::new(check),
            busy: AtomicBool::new(false),
        }));
        Ok(self)
    }

    /// Checks until the future is dropped. The check of a component that is removed ends; with the
    /// last one this does.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the checks that are under way; what they found counts nowhere.
    pub async fn run(self) {
        let rounds = self.probes.iter().map(|it| self.keep_checking(it));
        let mut rounds: FuturesUnordered<_> = rounds.collect();
        while rounds.next().await.is_some() {}
    }

    /// Checks every component once, all at the same time, and returns what is known then.
    ///
    /// A check that is under way is not begun a second time, and its last result stands. While checks
    /// are disabled there are none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the checks that are under way; what they found counts nowhere.
    pub async fn check_now(&self) -> HealthSnapshot {
        let checks = self.probes.iter().map(|it| self.check_once(it));
        let mut checks: FuturesUnordered<_> = checks.collect();
        while checks.next().await.is_some() {}
        self.health.snapshot()
    }

    async fn keep_checking(&self, probe: &Probe) {
        loop {
            let began = now();
            let Some(interval) = self.check_once(probe).await else {
                return;
            };
            sleep(interval.saturating_sub(began.elapsed())).await;
        }
    }

    /// Makes one check, and returns the time from its start to the next; `None` where its component
    /// is not watched any more.
    async fn check_once(&self, probe: &Probe) -> Option<Duration> {
        let component = probe.component.as_str();
        let config = self.health.component(component)?;
        let under_way = UnderWay::begin(&probe.busy);
        if !self.health.enabled() || under_way.is_none() {
            return Some(config.interval);
        }
        let (limit, began) = (config.timeout, now());
        // What is cut off may panic when it is dropped, so the limit is inside.
        let found = match unpanicked(|| timeout(limit, (probe.check)())).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Some(Finding::Unhealthy(format!("timed out after {limit:?}"))),
            Err(panic) => Some(Finding::Unhealthy(format!("the check {panic}"))),
        };
        match found {
            None => Some(config.interval),
            Some(found) => {
                let told = self.health.report_timed(component, found, began.elapsed());
                told.ok().map(|()| config.interval)
            }
        }
    }
}

/// Keeps a check from overlapping itself.
struct UnderWay<'a>(&'a AtomicBool);

impl<'a> UnderWay<'a> {
    fn begin(busy: &'a AtomicBool) -> Option<Self> {
        let was = busy.swap(true, Ordering::AcqRel);
        (!was).then(|| Self(busy))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut it = f.debug_struct("Probe");
        it.field("component", &self.component)
            .finish_non_exhaustive()
    }
}
