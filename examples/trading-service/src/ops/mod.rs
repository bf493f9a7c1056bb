//! What the service shows and watches while it runs: metrics, health, readiness and alerts.

mod admin;
mod alerts;
mod catalogue;
mod data;
mod machine;
mod meter;
#[cfg(test)]
mod replay_tests;
mod side;
#[cfg(test)]
mod tests;
mod watch;
mod words;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use admf_metrics::health::{self, Heartbeat};
use admf_metrics::http::{ServerConfig, Switches, serve};
use admf_metrics::policies::PolicyMetrics;
use admf_metrics::{Clock, Exporter, HandleError, Health, Routes};
use axum::Router;
use resilience_core::{Env, Policies};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::interval;

pub(crate) use admf_metrics::http::Token;
pub(crate) use admin::AdminConfig;
pub(crate) use alerts::AlertConfig;
pub(crate) use side::SideOps;

use crate::engine::{Now, Stop};
use crate::error::Error;
use alerts::Alerts;
use side::Announcement;
use watch::{Dates, Watch};

/// Time between two beats of the runtime's heart.
const BEAT: Duration = Duration::from_secs(1);
/// Time after which a beat is missed, and liveness fails.
const MISSED: Duration = Duration::from_secs(30);

/// Takes a line for the terminal.
pub(crate) type Console = Arc<dyn Fn(&str) + Send + Sync>;

/// The metrics, the health and the alerts of the process; dropped, nothing is served any more.
pub(crate) struct Ops {
    exporter: Exporter,
    policies: PolicyMetrics,
    health: Health,
    /// The policies that operators may operate.
    operated: admin::Place,
    watch: Arc<Watch>,
    dates: Arc<Dates>,
    /// Wakes the evaluation of alerts.
    news: Arc<Notify>,
    announcement: Arc<Announcement>,
    tasks: JoinSet<()>,
}

impl Ops {
    /// Takes the address, and begins to serve and to watch; with `admin`, policies can be operated
    /// there too.
    ///
    /// # Errors
    ///
    /// If the address is taken or cannot be had, or a rule cannot be evaluated.
    pub(crate) async fn start(
        address: SocketAddr,
        config: &AlertConfig,
        console: Console,
        admin: Option<&AdminConfig>,
    ) -> Result<Self, Error> {
        let (listener, address) = bind("--ops", address).await?;
        let exporter = Exporter::local(catalogue::catalogue().map_err(Error::run)?);
        let policies = PolicyMetrics::new(exporter.meter()).map_err(Error::run)?;
        let alerts = Alerts::new(config.rules().map_err(Error::run)?, &exporter);
        let alerts = alerts.map_err(Error::run)?;
        let dates = Arc::<Dates>::default();
        let watch = Watch::new(
            exporter.clone(),
            alerts,
            console.clone(),
            Arc::clone(&dates),
        );
        let watch = Arc::new(watch);
        let (health, news) = (Health::new(), Arc::<Notify>::default());
        let heartbeat = Heartbeat::new(MISSED, Clock::tokio());
        let routes = routes(&exporter, &health, &heartbeat).map_err(Error::run)?;
        let operated = admin::Place::default();
        let routes = match admin {
            Some(config) => routes.merge(admin::routes(
                config.token.clone(),
                address,
                Arc::clone(&operated),
                exporter.clone(),
                Arc::clone(&console),
            )),
            None => routes,
        };
        let mut tasks = JoinSet::new();
        // It ends with the task.
        let forever = std::future::pending();
        tasks.spawn(serve(listener, routes, ServerConfig::default(), forever));
        tasks.spawn(async move {
            let mut beats = interval(BEAT);
            loop {
                beats.tick().await;
                heartbeat.beat();
            }
        });
        tasks.spawn(Arc::clone(&watch).run(Arc::clone(&news)));
        Ok(Self {
            exporter,
            policies,
            health,
            operated,
            watch,
            dates,
            news,
            announcement: Arc::new(Announcement::new(address, console)),
            tasks,
        })
    }

    /// Adds what one side of a run does, and calls `on_day` after each of its dates.
    pub(crate) fn side(
        &self,
        name: &'static str,
        on_day: impl Fn(&Now) + Send + Sync + 'static,
    ) -> Result<SideOps, Error> {
        SideOps::new(self, name, on_day)
    }

    /// Exports the policies of an environment, and shows how the parts are that it knows of.
    ///
    /// # Errors
    ///
    /// If those of another environment are exported already.
    pub(crate) fn policies(&self, env: &Env) -> Result<(), Error> {
        self.policies.export(env).map_err(Error::run)?;
        self.health.add_source(env.clone());
        Ok(())
    }

    /// Lets operators operate the policies of `env`, once those of `config`'s file go by it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or breaks a rule.
    pub(crate) fn operate(&self, config: &AdminConfig, env: &Env) -> Result<(), Error> {
        let load = |path: &PathBuf| {
            let policies = Policies::load(path, env);
            let policies = policies.map_err(|error| Error::Config(format!("--policies: {error}")));
            Ok::<_, Error>((path.clone(), policies?))
        };
        let file = config.policies.as_ref().map(load).transpose()?;
        let env = env.clone();
        self.operated.get_or_init(|| admin::Operated { env, file });
        Ok(())
    }

    /// Returns what holds the metrics.
    pub(crate) fn exporter(&self) -> &Exporter {
        &self.exporter
    }

    /// Says that every side was added: from here on they decide whether the service is ready.
    pub(crate) fn started(&self) {
        self.health.started();
    }

    /// Tells on the terminal where it listens, once.
    pub(crate) fn announce(&self) {
        self.announcement.make();
    }

    /// Says that the service takes no new work, and never will again.
    pub(crate) fn shutting_down(&self) {
        self.health.shutting_down();
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

    /// Evaluates the alerts a last time.
    pub(crate) fn finish(&self) {
        self.shutting_down();
        self.watch.finish();
    }
}

impl fmt::Debug for Ops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ops")
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

/// Gives the routes for probes and scrapes; alerts are always watched here.
fn routes(
    exporter: &Exporter,
    health: &Health,
    heartbeat: &Heartbeat,
) -> Result<Router, HandleError> {
    health::export(exporter.meter(), health)?;
    let switches = Switches {
        alerts: true,
        ..Switches::default()
    };
    let routes = Routes::new(exporter, health)?;
    Ok(routes.heartbeat(heartbeat).switches(switches).router())
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
