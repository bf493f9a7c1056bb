//! The evaluation of alerts while the service runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use admf_alerts::Samples;
use admf_metrics::Exporter;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::Console;
use super::alerts::{Alerts, KEEP_FIRING};
use crate::bars::Date;

/// How often rules are evaluated where nothing happens.
const TICK: Duration = Duration::from_millis(100);
/// The shortest time between two evaluations: a replay at full speed has hundreds of dates in one,
/// and reading all metrics for each would cost more than the trading.
const GAP: Duration = Duration::from_millis(10);

/// Steps the alerts over what the exporter says, and prints what changes.
pub(super) struct Watch {
    /// There is one once it is served.
    exporter: OnceLock<Exporter>,
    /// `None` once they were evaluated for the last time.
    alerts: Mutex<Option<Alerts>>,
    console: Console,
    dates: Arc<Dates>,
    started: Instant,
}

impl Watch {
    /// Prepares to evaluate what is exported later.
    pub(super) fn new(alerts: Alerts, console: Console, dates: Arc<Dates>) -> Self {
        Self {
            exporter: OnceLock::new(),
            alerts: Mutex::new(Some(alerts)),
            console,
            dates,
            started: Instant::now(),
        }
    }

    /// Evaluates what this exports.
    pub(super) fn begin(&self, exporter: &Exporter) {
        self.exporter.get_or_init(|| exporter.clone());
    }

    /// Evaluates at every tick of real time, and soon after there is news.
    pub(super) async fn run(self: Arc<Self>, news: Arc<Notify>) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => {}
                () = news.notified() => {}
            }
            self.step();
            sleep(GAP).await;
        }
    }

    /// Evaluates now.
    pub(super) fn step(&self) {
        self.step_in(Duration::ZERO);
    }

    /// Evaluates for the last time, as of when nothing is kept firing any more: nobody will say later
    /// that an alert is resolved.
    pub(super) fn finish(&self) {
        self.step();
        self.step_in(KEEP_FIRING);
        *self.alerts() = None;
    }

    fn step_in(&self, ahead: Duration) {
        // Held from the reading on, so that two evaluations do not change places.
        let mut alerts = self.alerts();
        let (Some(alerts), Some(exporter)) = (alerts.as_mut(), self.exporter.get()) else {
            return;
        };
        let now = (self.started.elapsed() + ahead).as_millis();
        let now = Duration::from_millis(u64::try_from(now).unwrap_or(u64::MAX));
        let text = exporter.render();
        let scrape = Samples::parse(&text);
        let scrape = scrape.expect("the exporter writes what the parser reads");
        for event in alerts.step(now, &scrape) {
            let line = match self.dates.of(event.alert().labels.get("side")) {
                Some(date) => format!("{date} {event}"),
                None => event.to_string(),
            };
            (self.console)(&line);
        }
    }

    fn alerts(&self) -> MutexGuard<'_, Option<Alerts>> {
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The date at which each side of a run is.
#[derive(Debug, Default)]
pub(super) struct Dates(Mutex<BTreeMap<&'static str, Date>>);

impl Dates {
    /// Takes the date of a side.
    pub(super) fn set(&self, side: &'static str, date: Date) {
        self.lock().insert(side, date);
    }

    /// Returns the date of a side; what is of none is of the policies, which are the stack's.
    fn of(&self, side: Option<&str>) -> Option<Date> {
        self.lock().get(side.unwrap_or("stack")).copied()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Date>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
