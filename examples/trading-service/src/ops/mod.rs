//! What the service shows and watches while it runs: metrics, health, readiness and alerts.

mod admin;
mod alerts;
mod catalogue;
mod data;
mod hold;
#[cfg(test)]
mod hold_tests;
#[cfg(test)]
mod liveness_tests;
mod machine;
mod meter;
#[cfg(test)]
mod meter_tests;
mod notify;
#[cfg(test)]
mod replay_tests;
mod side;
mod stalls;
#[cfg(test)]
mod tests;
mod wall;
mod words;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use admf_metrics::health::ComponentState::Unknown;
use admf_metrics::monitoring::{Builder, Group, StartError};
use admf_metrics::policies::PolicyMetrics;
use admf_metrics::{Exporter, Meter, Monitoring, MonitoringConfig};
use resilience_core::Env;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::yield_now;
use tokio::time::sleep;

pub(crate) use admf_metrics::http::Token;
pub(crate) use admin::AdminConfig;
pub(crate) use alerts::{AlertConfig, RuleFile, RuleFiles, Thresholds};
pub(crate) use catalogue::catalogue;
pub(crate) use notify::{FOLDER as ALERTS_FOLDER, NotifyConfig};
pub(crate) use side::SideOps;

use crate::engine::{Now, Stop};
use crate::error::Error;
use crate::pulse::Pulse;
use crate::report::AlertReport;
use alerts::Alerts;
use hold::Hold;
use notify::Notify;
use side::Announcement;

/// Takes a line for the terminal.
pub(crate) type Console = Arc<dyn Fn(&str) + Send + Sync>;

/// What the user says of operations.
#[derive(Clone, Debug)]
pub(crate) struct OpsConfig<'a> {
    /// Where they are served, and which parts are on.
    pub(crate) monitoring: MonitoringConfig,
    /// What liveness hangs on.
    pub(crate) pulse: &'a Pulse,
    /// When to alert.
    pub(crate) alerts: &'a AlertConfig,
    /// Whom to tell of alerts, beside the console; there must be a folder to keep it in.
    pub(crate) notify: Option<&'a NotifyConfig>,
    /// The folder whose disk is watched, with machine and process.
    pub(crate) data_dir: Option<&'a Path>,
    /// Who may operate policies; `None` where nobody may.
    pub(crate) admin: Option<&'a AdminConfig>,
}

/// The metrics, the health and the alerts of the process; dropped, nothing is served any more.
pub(crate) struct Ops {
    monitoring: Monitoring,
    policies: PolicyMetrics,
    /// The policies that operators may operate.
    operated: admin::Place,
    /// `None` where no rule is evaluated.
    alerts: Option<Arc<Alerts>>,
    /// `None` where nobody is told.
    notify: Option<Arc<Notify>>,
    hold: Hold,
    pulse: Pulse,
    console: Console,
    announcement: Arc<Announcement>,
}

impl Ops {
    /// Takes the address, and begins to serve and to watch; with `admin`, policies can be operated
    /// there too. Switched off, it does neither, and all else works.
    ///
    /// # Errors
    ///
    /// If the address is taken or cannot be had, or a rule cannot be evaluated.
    pub(crate) async fn start(config: OpsConfig<'_>, console: Console) -> Result<Self, Error> {
        let address = config.monitoring.bind();
        let interval = config.monitoring.performance_interval;
        let mut monitoring =
            Monitoring::builder(config.monitoring.clone()).metrics(catalogue::metrics());
        let meter = monitoring.meter().map_err(Error::run)?;
        let policies = PolicyMetrics::new(&meter).map_err(Error::run)?;
        config
            .alerts
            .thresholds
            .export(&meter)
            .map_err(Error::run)?;
        let notify = told(&config)?;
        if let Some(notify) = &notify {
            notify.measure(&meter).map_err(Error::run)?;
        }
        let (builder, alerts) = evaluated(monitoring, &meter, &config, &notify, &console)?;
        monitoring = builder;
        if let Some(data_dir) = config.data_dir {
            monitoring = machine::watched(monitoring, &meter, data_dir, interval)?;
        }
        let operated = admin::Place::default();
        if let Some(admin) = config.admin {
            monitoring = monitoring.routes(admin::routes(
                admin.token.clone(),
                address,
                Arc::clone(&operated),
                meter,
                Arc::clone(&console),
            ));
        }
        monitoring = stalls::watched(monitoring, config.pulse, &console);
        let hold = Hold::default();
        let seen = hold.clone();
        let monitoring = monitoring.around(move |routes| seen.around(routes));
        // To read all rules takes its time, and nobody is to find the task stuck by that.
        yield_now().await;
        let monitoring = monitoring.start().await.map_err(not_started)?;
        if let Some(notify) = &notify {
            let component = monitoring.health().optional("notices");
            notify.begin(monitoring.address(), component.map_err(Error::run)?)?;
        }
        if let Some(alerts) = &alerts {
            alerts.begin(monitoring.exporter()).map_err(Error::run)?;
        }
        Ok(Self {
            policies,
            operated,
            alerts,
            notify,
            hold,
            pulse: config.pulse.clone(),
            announcement: Arc::new(Announcement::new(
                monitoring.address(),
                Arc::clone(&console),
            )),
            console,
            monitoring,
        })
    }

    /// Adds what one side of a run does, and calls `on_day` after each of its dates.
    pub(crate) fn side(
        &self,
        name: &'static str,
        on_day: impl Fn(&Now) + Send + Sync + 'static,
    ) -> Result<SideOps, Error> {
        if let Some(alerts) = &self.alerts {
            alerts.add_side(name).map_err(Error::run)?;
        }
        SideOps::new(self, name, on_day)
    }

    /// Reads the rules again at each SIGHUP.
    ///
    /// # Errors
    ///
    /// If the signal cannot be heard.
    pub(crate) async fn reload_on_hangup(&self) -> Result<Infallible, Error> {
        let mut hangups = signal(SignalKind::hangup()).map_err(Error::run)?;
        while hangups.recv().await.is_some() {
            self.reload_rules();
        }
        std::future::pending().await
    }

    /// Reads the rules again, and keeps those that there are where anything is wrong.
    pub(crate) fn reload_rules(&self) {
        match &self.alerts {
            Some(alerts) => {
                // Both say what came of it.
                let _ = alerts.reload();
                if let Some(notify) = &self.notify {
                    let _ = notify.reload_and_say(&self.console);
                }
            }
            None => (self.console)("rules not read again: they are not evaluated"),
        }
    }

    /// Returns what became of the alerts until now.
    pub(crate) fn alerts(&self) -> AlertReport {
        let alerts = self.alerts.as_ref();
        let report = alerts.map_or_else(AlertReport::default, |it| it.report());
        AlertReport {
            notices: self.notify.as_ref().map(|it| it.report()),
            ..report
        }
    }

    /// Tells people of what is still to be told, as far as that takes seconds, and then nothing more.
    pub(crate) async fn tell_all(&self) {
        if let Some(notify) = &self.notify {
            notify.finish().await;
        }
    }

    /// Tells people once of something that happened, and has no end.
    pub(crate) fn happened(&self, name: &str, summary: String) {
        if let Some(notify) = &self.notify {
            notify.once(name, "info", summary);
        }
    }

    /// Exports the policies of an environment, and shows how the parts are that it knows of.
    ///
    /// # Errors
    ///
    /// If those of another environment are exported already.
    pub(crate) fn policies(&self, env: &Env) -> Result<(), Error> {
        self.policies.export(env).map_err(Error::run)?;
        self.monitoring.health().add_source(env.clone());
        Ok(())
    }

    /// Lets operators operate the policies of `env`, once those of `config`'s file go by it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or breaks a rule.
    pub(crate) fn operate(&self, config: &AdminConfig, env: &Env) -> Result<(), Error> {
        let file = config.load(env)?;
        let env = env.clone();
        self.operated.get_or_init(|| admin::Operated { env, file });
        Ok(())
    }

    /// Returns what holds the metrics.
    pub(crate) fn exporter(&self) -> &Exporter {
        self.monitoring.exporter()
    }

    /// Says that every side was added: from here on they decide whether the service is ready.
    pub(crate) fn started(&self) {
        self.monitoring.health().started();
    }

    /// Tells on the terminal where it listens, once.
    pub(crate) fn announce(&self) {
        self.announcement.make();
    }

    /// Says that the service takes no new work, and never will again.
    pub(crate) fn shutting_down(&self) {
        self.monitoring.health().shutting_down();
    }

    /// Does `work` to its end, and is not ready any more once somebody asks to stop.
    pub(crate) async fn until_stopped<T>(&self, stop: &Stop, work: impl Future<Output = T>) -> T {
        let unready = async {
            stop.wanted().await;
            self.shutting_down();
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            biased;
            never = unready => match never {},
            done = work => done,
        }
    }

    /// Evaluates the alerts a last time; from here on nothing is counted any more.
    pub(crate) fn finish(&self) {
        self.shutting_down();
        if let Some(alerts) = &self.alerts {
            alerts.finish();
        }
        self.hold.counted();
    }

    /// Serves on until what was counted in the end was scraped so often, for at most this time, or until
    /// somebody asks to stop.
    pub(crate) async fn hold(&self, at_most: Duration, times: u32, stop: &Stop) {
        let Some(address) = self.monitoring.address() else {
            return;
        };
        let seconds = at_most.as_secs_f64();
        let scrapes = match times {
            1 => "scrape".to_owned(),
            _ => format!("{times} scrapes"),
        };
        self.announcement.tell(&format!(
            "ops held for the last {scrapes} of {address}/metrics, at most {seconds} s"
        ));
        tokio::select! {
            biased;
            () = self.hold.scraped(times) => {}
            () = stop.wanted() => {}
            () = sleep(at_most) => {}
        }
    }

    /// Ends, and lets the answers that are under way come to their end.
    pub(crate) async fn stop(self) {
        self.monitoring.stop().await;
    }
}

impl fmt::Debug for Ops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ops")
            .field("monitoring", &self.monitoring)
            .finish_non_exhaustive()
    }
}

/// Opens who tells people, where rules are evaluated and there is a folder to keep it in.
fn told(config: &OpsConfig<'_>) -> Result<Option<Arc<Notify>>, Error> {
    let on = config.monitoring.switches().alerts;
    let (Some(notify), Some(folder), true) = (config.notify, config.data_dir, on) else {
        return Ok(None);
    };
    Notify::open(notify, folder).map(Some)
}

/// Lets alerts be evaluated, and says how that goes as a component, or that it is off; shows them where people are told.
fn evaluated(
    monitoring: Builder,
    meter: &Meter,
    config: &OpsConfig<'_>,
    notify: &Option<Arc<Notify>>,
    console: &Console,
) -> Result<(Builder, Option<Arc<Alerts>>), Error> {
    let component = monitoring.health().optional("alerts").map_err(Error::run)?;
    if !config.monitoring.switches().alerts {
        component.report(Unknown, "evaluation is off (MONITORING_ALERTS_ENABLED)");
        return Ok((monitoring, None));
    }
    let (clock, told) = (wall::clock(), notify.clone());
    let alerts = Alerts::new(
        config.alerts,
        clock,
        meter,
        Arc::clone(console),
        component,
        told,
    );
    let alerts = Arc::new(alerts.map_err(Error::run)?);
    let ticking = Arc::clone(&alerts);
    let tick = move || {
        ticking.tick();
        std::future::ready(())
    };
    let interval = config.alerts.interval;
    let mut monitoring = monitoring.every(Group::Alerts, "alerts", interval, tick);
    if let Some(notify) = notify {
        let api = notify.api(&alerts, console);
        let token = config.admin.and_then(|it| it.token.clone());
        let (address, console) = (config.monitoring.bind(), Arc::clone(console));
        let api = admin::alerts(api, token, address, meter.clone(), console);
        monitoring = monitoring.routes(notify.routes()).routes(api);
    }
    Ok((monitoring, Some(alerts)))
}

/// Says why nothing is served: an address by the flag that names it.
fn not_started(error: StartError) -> Error {
    match error {
        StartError::Bind { address, error } => Error::Run(format!("--ops {address}: {error}")),
        StartError::Setting(error) => Error::Config(error.to_string()),
        error => Error::run(error),
    }
}

/// Listens at an address that `flag` gave.
///
/// # Errors
///
/// If it is taken, or not of this machine: in one line that names flag and address.
pub(crate) async fn bind(
    flag: &str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |error: io::Error| Error::Run(format!("{flag} {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
