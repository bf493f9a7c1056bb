//! One side of a run as its operator sees it.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use admf_metrics::health::ComponentState::Healthy;
use admf_metrics::policies::{PolicyMetrics, PolicyObserver};
use admf_metrics::trading::ErrorType;
use admf_metrics::{Clock, Component, DatabaseMetrics, Exporter, Health};
use resilience_core::{Env, Event, Name, Observer};

use super::alerts::Alerts;
use super::meter::Meter;
use super::{Console, Ops};
use crate::broker::Order;
use crate::engine::{Booked, Now, Watcher, Wish};
use crate::error::Error;
use crate::pulse::{Pulse, Turning};
use crate::report::SideReport;
use crate::risk::Breach;
use crate::trader::{Fate, TraderSummary};

/// Feeds metrics, readiness and alerts with what one side does.
pub(crate) struct SideOps {
    name: &'static str,
    meter: Meter,
    exporter: Exporter,
    database: DatabaseMetrics,
    venues: Component,
    replay: Component,
    ready_since: OnceLock<()>,
    policies: PolicyMetrics,
    observer: PolicyObserver,
    health: Health,
    alerts: Option<Arc<Alerts>>,
    pulse: Pulse,
    announcement: Arc<Announcement>,
    on_day: Box<dyn Fn(&Now) + Send + Sync>,
}

impl SideOps {
    pub(super) fn new(
        ops: &Ops,
        name: &'static str,
        on_day: impl Fn(&Now) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let (meter, health) = (ops.exporter().meter(), ops.monitoring.health());
        let component = |what| health.critical(format!("{name} {what}"));
        Ok(Self {
            name,
            meter: Meter::new(meter, name).map_err(Error::run)?,
            exporter: ops.exporter().clone(),
            database: DatabaseMetrics::new(meter, Clock::default()).map_err(Error::run)?,
            venues: component("venues").map_err(Error::run)?,
            replay: component("replay").map_err(Error::run)?,
            ready_since: OnceLock::new(),
            policies: ops.policies.clone(),
            observer: ops.policies.observer(),
            health: health.clone(),
            alerts: ops.alerts.clone(),
            pulse: ops.pulse.clone(),
            announcement: Arc::clone(&ops.announcement),
            on_day: Box::new(on_day),
        })
    }
}

impl Watcher for SideOps {
    fn venues_up(&self) {
        self.venues.report(Healthy, "both listen");
        self.announcement.make();
    }

    fn policies(&self, env: &Env) {
        let exported = self.policies.export(env);
        exported.expect("of the sides of a run one has policies");
        self.health.add_source(env.clone());
    }

    fn policy_event(&self, policy: &Name, event: &Event) {
        self.observer.on_event(policy, event);
    }

    fn day_done(&self, now: &Now) {
        self.meter.day_done(now);
        self.ready_since.get_or_init(|| {
            self.replay.report(Healthy, "bars are replayed");
        });
        if let (Some(alerts), Some(date)) = (&self.alerts, now.date) {
            alerts.on_date(self.name, date);
        }
        (self.on_day)(now);
    }

    fn turning(&self, name: &str) -> Turning {
        self.pulse.begin(format!("{} {name}", self.name))
    }

    fn database(&self) -> DatabaseMetrics {
        self.database.clone()
    }

    fn opened(&self, symbols: &[&str]) {
        self.meter.opened(symbols);
    }

    fn heard(&self, latency: Duration) {
        self.meter.heard(latency);
    }

    fn processed(&self, took: Duration) {
        self.meter.processed(took);
    }

    fn signalled(&self, wish: Wish<'_>, judged: Result<(), Breach>) {
        self.meter.signalled(wish, judged);
    }

    fn overlooked(&self, breach: Breach) {
        self.meter.overlooked(breach);
    }

    fn answered(&self, order: &Order, fate: &Fate, latency: Duration) {
        self.meter.answered(order, fate, latency);
    }

    fn settled(&self, order: &Order, fate: &Fate) {
        self.meter.settled(order, fate);
    }

    fn booked(&self, booked: &Booked<'_>) {
        self.meter.booked(booked);
    }

    fn realized(&self, strategy: &str, cents: i64) {
        self.meter.realized(strategy, cents);
    }

    fn held(&self, symbol: &str, shares: i64) {
        self.meter.held(symbol, shares);
    }

    fn took(&self, summary: &TraderSummary) {
        self.meter.took(summary);
    }

    fn failed(&self, component: &str, error: ErrorType) {
        self.meter.failed(component, error);
    }

    fn ended(&self, report: &SideReport) {
        self.meter.reported(report);
        // What policies count by themselves is read when somebody looks, and they are about to go.
        let _ = self.exporter.render();
    }
}

/// Tells once where operations are served.
///
/// Not before the venues are up: what is wrong with a run until then is told in one line, alone.
pub(super) struct Announcement {
    /// `None` where nothing is served.
    address: Option<SocketAddr>,
    console: Console,
    made: OnceLock<()>,
}

impl Announcement {
    pub(super) fn new(address: Option<SocketAddr>, console: Console) -> Self {
        Self {
            address,
            console,
            made: OnceLock::new(),
        }
    }

    pub(super) fn make(&self) {
        self.made.get_or_init(|| {
            if let Some(address) = self.address {
                self.tell(&format!(
                    "ops listening {address} (/metrics /health /health/detail /ready)"
                ));
            }
        });
    }

    pub(super) fn tell(&self, line: &str) {
        (self.console)(line);
    }
}
