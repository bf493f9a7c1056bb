//! Work in the background: in ticks, or for as long as monitoring runs.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::MonitoringConfig;
use crate::handle::Counter;
use crate::http::Switches;

/// Says by which switch a part is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// By none but that of all monitoring.
    Always,
    /// Samples of performance.
    Performance,
    /// Alert rules.
    Alerts,
    /// Detectors of anomalies.
    AnomalyDetection,
    /// Health checks.
    HealthChecks,
}

impl Group {
    pub(super) const fn is_on(self, config: &MonitoringConfig) -> bool {
        let on = match self {
            Self::Always => true,
            Self::Performance => config.performance,
            Self::Alerts => config.alerts,
            Self::AnomalyDetection => config.anomaly_detection,
            Self::HealthChecks => config.health_checks,
        };
        config.enabled && on
    }

    /// Returns the time between two ticks: that of health checks, or that of performance for the rest.
    pub(super) const fn interval(self, config: &MonitoringConfig) -> Duration {
        match self {
            Self::HealthChecks => config.health_check_interval,
            _ => config.performance_interval,
        }
    }
}

/// How many parts of each group run.
#[derive(Debug, Default)]
pub(super) struct Running([AtomicUsize; Group::HealthChecks as usize + 1]);

impl Running {
    /// Says of which groups any part runs.
    pub(super) fn switches(&self) -> Switches {
        let runs = |group: Group| self.of(group).load(Ordering::Relaxed) > 0;
        Switches {
            enabled: true,
            performance: runs(Group::Performance),
            alerts: runs(Group::Alerts),
            anomaly_detection: runs(Group::AnomalyDetection),
        }
    }

    const fn of(&self, group: Group) -> &AtomicUsize {
        &self.0[group as usize]
    }
}

/// One part that runs, until this is dropped.
struct Runs(Arc<Running>, Group);

impl Runs {
    fn new(running: &Arc<Running>, group: Group) -> Self {
        running.of(group).fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(running), group)
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        self.0.of(self.1).fetch_sub(1, Ordering::Relaxed);
    }
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is to be started.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) group: Group,
    /// Makes the future that runs, given the counter of its panics.
    work: Box<dyn FnOnce(Counter) -> Work + Send>,
}

impl Part {
    /// Does something at once and then in each interval; late ticks are not made up for.
    ///
    /// A tick that panics is counted, and the next one comes.
    pub(super) fn ticking<F>(
        group: Group,
        name: &'static str,
        every: Duration,
        mut tick: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = move |panics: Counter| -> Work {
            Box::pin(async move {
                let mut ticks = interval(every);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    ticks.tick().await;
                    let done = match catch_unwind(AssertUnwindSafe(&mut tick)) {
                        Ok(work) => unpanicked(work).await,
                        Err(_) => false,
                    };
                    panics.increment(u64::from(!done));
                }
            })
        };
        Self {
            name,
            group,
            work: Box::new(work),
        }
    }

    /// Runs a future until it ends or monitoring stops; a panic ends it, and is counted.
    pub(super) fn running(
        group: Group,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let work = |panics: Counter| -> Work {
            Box::pin(async move {
                let done = unpanicked(work).await;
                panics.increment(u64::from(!done));
            })
        };
        Self {
            name,
            group,
            work: Box::new(work),
        }
    }

    pub(super) fn start(self, panics: Counter, running: &Arc<Running>, tasks: &mut JoinSet<()>) {
        let runs = Runs::new(running, self.group);
        let work = (self.work)(panics);
        tasks.spawn(async move {
            work.await;
            drop(runs);
        });
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, group, .. } = self;
        write!(f, "Part({name}, {group:?})")
    }
}

/// Says whether the work came to its end, without a panic.
async fn unpanicked(work: impl Future<Output = ()>) -> bool {
    let mut work = Some(Box::pin(work));
    std::future::poll_fn(|context| {
        let poll = || work.as_mut().map(|it| it.as_mut().poll(context));
        let done = match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(Some(Poll::Pending)) => return Poll::Pending,
            Ok(_) => true,
            Err(_) => false,
        };
        // What it held may panic too.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(work.take())));
        Poll::Ready(done && dropped.is_ok())
    })
    .await
}
