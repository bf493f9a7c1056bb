//! What is started, and how.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::parts::{Group, Part, Running};
use super::{METRICS, Monitoring, MonitoringConfig, PANICS, StartError};
use crate::catalogue::{Catalogue, Metric};
use crate::clock::Clock;
use crate::exporter::Exporter;
use crate::health::{self, Health, HealthSource, Heartbeat};
use crate::http::{self, Routes, ServerConfig, serve};
use crate::meter::{HandleError, Meter};

/// Time between two beats of the heartbeat.
const BEAT: Duration = Duration::from_secs(1);
/// The longest interval: points in time have an end.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// Time after which a beat is missed.
const MISSED: Duration = Duration::from_secs(30);

/// What is put around the routes.
struct Around(Box<dyn FnOnce(Router) -> Router + Send>);

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Around")
    }
}

/// Prepares [`Monitoring`].
#[derive(Debug)]
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    pub(super) config: MonitoringConfig,
    server: ServerConfig,
    pub(super) metrics: Vec<Metric>,
    /// Made by the first who needs it: later metrics could not be declared any more.
    exporter: Option<Exporter>,
    health: Health,
    heartbeat: Option<Heartbeat>,
    routes: Router,
    pub(super) parts: Vec<Part>,
    /// The folder whose room is watched, where the machine is.
    #[cfg(feature = "system")]
    pub(super) data_dir: Option<std::path::PathBuf>,
    /// From the innermost to the outermost.
    around: Vec<Around>,
}

impl Builder {
    pub(super) fn new(config: MonitoringConfig) -> Self {
        let own = METRICS.into_iter().chain(health::METRICS);
        Self {
            config,
            server: ServerConfig::default(),
            metrics: own.chain(http::METRICS).collect(),
            exporter: None,
            health: Health::new(),
            heartbeat: None,
            routes: Router::new(),
            around: Vec::new(),
            parts: Vec::new(),
            #[cfg(feature = "system")]
            data_dir: None,
        }
    }

    /// Declares metrics beside those that monitoring feeds itself.
    ///
    /// Before [`meter`](Self::meter) is asked for: [`start`](Self::start) refuses what came later.
    pub fn metrics(mut self, metrics: impl IntoIterator<Item = Metric>) -> Self {
        self.metrics.extend(metrics);
        self
    }

    /// Returns what gives handles, for parts that take them before they start. No metric can be declared
    /// after that.
    ///
    /// # Errors
    ///
    /// A metric breaks a rule of the catalogue.
    pub fn meter(&mut self) -> Result<Meter, StartError> {
        Ok(self.exporter()?.meter().clone())
    }

    pub(super) fn exporter(&mut self) -> Result<&Exporter, StartError> {
        let exporter = match self.exporter.take() {
            Some(exporter) => exporter,
            None => Exporter::local(Catalogue::new(self.metrics.iter().copied())?),
        };
        Ok(self.exporter.insert(exporter))
    }

    /// Returns the health that will be shown, to add components.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// Asks a source for health too.
    pub fn source(self, source: impl HealthSource + 'static) -> Self {
        self.health.add_source(source);
        self
    }

    /// Lets liveness hang on a loop of the program's own, which beats. Otherwise a task does, each second,
    /// so that liveness says that the runtime still turns: a beat is missed after 30 s.
    pub fn heartbeat(mut self, heartbeat: &Heartbeat) -> Self {
        self.heartbeat = Some(heartbeat.clone());
        self
    }

    /// Bounds what clients may take.
    pub fn server(mut self, server: ServerConfig) -> Self {
        self.server = server;
        self
    }

    /// Serves other routes beside its own; who may use them they say themselves.
    ///
    /// # Panics
    ///
    /// They have a fallback, or two of them one path. So does [`start`](Self::start) where a path is one of
    /// monitoring's own.
    pub fn routes(mut self, routes: Router) -> Self {
        self.routes = self.routes.merge(routes);
        self
    }

    /// Puts something around all routes, its own among them: such as a layer that writes down who scraped.
    pub fn around(mut self, around: impl FnOnce(Router) -> Router + Send + 'static) -> Self {
        self.around.push(Around(Box::new(around)));
        self
    }

    /// Does something in the interval of a group: health checks have theirs, all others that of
    /// performance. The first time is at once.
    pub fn tick<F>(
        self,
        group: Group,
        name: &'static str,
        tick: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let every = group.interval(&self.config);
        self.every(group, name, every, tick)
    }

    /// Does something in an interval of its own, from 1 ms to ten years. The first time is at once.
    pub fn every<F>(
        self,
        group: Group,
        name: &'static str,
        every: Duration,
        tick: impl FnMut() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let every = every.clamp(Duration::from_millis(1), LONGEST);
        self.part(Part::ticking(group, name, every, tick))
    }

    /// Runs a future beside the rest, until it ends or monitoring stops.
    pub fn run(
        self,
        group: Group,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.part(Part::running(group, name, work))
    }

    fn part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Listens, and starts every part that is on. Off as a whole, it starts nothing and listens nowhere.
    ///
    /// # Errors
    ///
    /// The config or a metric breaks a rule, or the address cannot be had. Nothing was started then.
    pub async fn start(mut self) -> Result<Monitoring, StartError> {
        self.config.check()?;
        let exporter = self.exporter()?.clone();
        self.check_declared(exporter.meter())?;
        #[cfg(feature = "system")]
        self.sample_system(exporter.meter())?;
        self.health
            .enable_checks(self.config.enabled && self.config.health_checks);
        let (stopping, _) = watch::channel(false);
        let mut running = Monitoring {
            exporter,
            health: self.health.clone(),
            address: None,
            stopping,
            server: JoinSet::new(),
            tasks: JoinSet::new(),
        };
        if self.config.enabled {
            self.start_on(&mut running).await?;
        }
        Ok(running)
    }

    /// Checks that no metric came too late.
    fn check_declared(&self, meter: &Meter) -> Result<(), HandleError> {
        self.metrics.iter().try_for_each(|it| meter.declares(it))
    }

    async fn start_on(mut self, running: &mut Monitoring) -> Result<(), StartError> {
        let address = self.config.bind();
        let failed = |error| StartError::Bind { address, error };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        running.address = Some(listener.local_addr().map_err(failed)?);
        health::export(running.meter(), &self.health)?;
        let heartbeat = self.beating();
        let parts = Arc::<Running>::default();
        let known = Arc::clone(&parts);
        let mut routes = Routes::new(&running.exporter, &self.health)?
            .heartbeat(&heartbeat)
            .switches(move || known.switches());
        if let Some(token) = &self.config.token {
            routes = routes.token(token.clone());
        }
        let routes = routes.router().merge(self.routes);
        let routes = self
            .around
            .into_iter()
            .fold(routes, |it, Around(put)| put(it));
        let mut stopped = running.stopping.subscribe();
        let stop = async move {
            // An error says that the handle is gone.
            let _ = stopped.wait_for(|it| *it).await;
        };
        running
            .server
            .spawn(serve(listener, routes, self.server, stop));
        for part in self.parts {
            if part.group.is_on(&self.config) {
                let panics = running.meter().counter(&PANICS, &[("part", part.name)])?;
                part.start(panics, &parts, &mut running.tasks);
            }
        }
        Ok(())
    }

    /// Returns the heartbeat that liveness asks: the program's, or one that a part of ours beats.
    fn beating(&mut self) -> Heartbeat {
        if let Some(heartbeat) = self.heartbeat.take() {
            return heartbeat;
        }
        let heartbeat = Heartbeat::new(MISSED, Clock::tokio());
        let beat = heartbeat.clone();
        let beat = move || {
            beat.beat();
            std::future::ready(())
        };
        self.parts
            .push(Part::ticking(Group::Always, "heartbeat", BEAT, beat));
        heartbeat
    }
}
