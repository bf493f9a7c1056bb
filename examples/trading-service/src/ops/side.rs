//! One side of a run as its operator sees it.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use admf_metrics::Component;
use admf_metrics::health::ComponentState::{Healthy, Unhealthy};
use admf_metrics::policies::{PolicyMetrics, PolicyObserver};
use resilience_core::health::HealthChange;
use resilience_core::{Env, Event, HealthStatus, Name, Observer};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::meter::Meter;
use super::watch::Dates;
use super::{Console, Ops};
use crate::engine::{Now, Watcher};
use crate::error::Error;
use crate::risk::Breach;
use crate::trader::{Fate, TraderSummary};

/// Feeds metrics, readiness and alerts with what one side does.
pub(crate) struct SideOps {
    name: &'static str,
    meter: Meter,
    venues: Component,
    replay: Component,
    ready_since: OnceLock<()>,
    policies: PolicyMetrics,
    observer: PolicyObserver,
    started: Instant,
    dates: Arc<Dates>,
    news: Arc<Notify>,
    announcement: Arc<Announcement>,
    on_day: Box<dyn Fn(&Now) + Send + Sync>,
}

impl SideOps {
    pub(super) fn new(
        ops: &Ops,
        name: &'static str,
        on_day: impl Fn(&Now) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let component = |what| ops.health.critical(format!("{name} {what}"));
        Ok(Self {
            name,
            meter: Meter::new(&ops.exporter, name).map_err(Error::run)?,
            venues: component("venues").map_err(Error::run)?,
            replay: component("replay").map_err(Error::run)?,
            ready_since: OnceLock::new(),
            policies: ops.policies.clone(),
            observer: ops.policies.observer(),
            started: Instant::now(),
            dates: Arc::clone(&ops.dates),
            news: Arc::clone(&ops.news),
            announcement: Arc::clone(&ops.announcement),
            on_day: Box::new(on_day),
        })
    }
}

impl Watcher for SideOps {
    fn venues_up(&self) {
        self.venues
            .report(Healthy, self.started.elapsed(), "both listen");
        self.announcement.make();
    }

    fn policies(&self, env: &Env) {
        let exported = self.policies.export(env);
        exported.expect("of the sides of a run one has policies");
    }

    fn policy_event(&self, policy: &Name, event: &Event) {
        self.observer.on_event(policy, event);
    }

    fn day_done(&self, now: &Now) {
        self.meter.day_done(now);
        self.ready_since.get_or_init(|| {
            self.replay
                .report(Healthy, self.started.elapsed(), "bars are replayed");
        });
        if let Some(date) = now.date {
            self.dates.set(self.name, date);
        }
        self.news.notify_one();
        (self.on_day)(now);
    }

    fn rejected(&self, breach: Breach) {
        self.meter.rejected(breach);
    }

    fn overlooked(&self, breach: Breach) {
        self.meter.overlooked(breach);
    }

    fn answered(&self, fate: &Fate, latency: Duration) {
        self.meter.answered(fate, latency);
    }

    fn settled(&self, fate: &Fate) {
        self.meter.settled(fate);
    }

    /// Readiness hangs on the parts without which there is no trading, and begins with the first bars.
    fn health_changed(&self, change: &HealthChange) {
        let component = match change.component.as_str() {
            "venues" => &self.venues,
            "feed" => &self.replay,
            _ => return,
        };
        let since = self.started.elapsed();
        match change.to {
            HealthStatus::Unhealthy => component.report(Unhealthy, since, change.reason.as_str()),
            HealthStatus::Unknown => {}
            _ if self.ready_since.get().is_some() => component.report(Healthy, since, ""),
            _ => {}
        }
    }

    fn took(&self, summary: &TraderSummary) {
        self.meter.took(summary);
    }
}

/// Tells once where operations are served.
///
/// Not before the venues are up: what is wrong with a run until then is told in one line, alone.
pub(super) struct Announcement {
    address: SocketAddr,
    console: Console,
    made: OnceLock<()>,
}

impl Announcement {
    pub(super) fn new(address: SocketAddr, console: Console) -> Self {
        Self {
            address,
            console,
            made: OnceLock::new(),
        }
    }

    pub(super) fn make(&self) {
        self.made.get_or_init(|| {
            let address = self.address;
            (self.console)(&format!(
                "ops listening {address} (/metrics /health /health/detail /ready)"
            ));
        });
    }
}
