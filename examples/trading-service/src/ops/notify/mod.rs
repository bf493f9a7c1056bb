//! Who is told of alerts: channels beside the lines of the console.
//!
//! | file | holds |
//! |---|---|
//! | `config` | the files that say who is told |
//! | `own` | what those files know of the service itself |
//! | `hear` | what comes of evaluations, handed to the thread |
//! | `post` | what is told of an alert, by whichever clock |
//! | `queue` | changes in order, each told |
//! | `teller` | the thread that tells |
//! | `webhook` | where the service hears what it tells |

mod config;
mod hear;
mod own;
mod post;
mod queue;
mod teller;
#[cfg(test)]
mod tests;
mod webhook;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use admf_alerts::api::Api;
use admf_alerts::channel::io::Wall;
use admf_alerts::service::{AlertService, ServiceConfig};
use admf_alerts::{Engine, Options};
use admf_metrics::http::Token;
use admf_metrics::{Clock, Component, HandleError, Meter};
use axum::Router;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

pub(crate) use config::NotifyConfig;

use super::alerts::Alerts;
use super::{Console, wall};
use crate::error::Error;
use crate::report::{ChannelReport, NoticeReport};
use own::Own;
use teller::{Heard, Teller};
use webhook::Webhook;

/// The folder of what is kept, in that of the run.
pub(crate) const FOLDER: &str = "alerts";

/// Tells people of alerts, on a thread of its own: whoever trades waits for no disk and no channel.
pub(super) struct Notify {
    config: NotifyConfig,
    folder: PathBuf,
    clock: Clock,
    service: AlertService,
    webhook: Webhook,
    own: Mutex<Own>,
    /// An alert that fires at all times, evaluated with the rules of real time.
    watchdog: Mutex<Engine>,
    heard: UnboundedSender<Heard>,
    /// What was heard before the thread begins waits for it.
    inbox: Mutex<Option<UnboundedReceiver<Heard>>>,
    done: Mutex<Option<oneshot::Receiver<u64>>>,
    left_out: Mutex<u64>,
}

impl Notify {
    /// Opens what is kept. Nobody is told before [`begin`](Self::begin).
    ///
    /// # Errors
    ///
    /// What the files say is refused, or what is kept cannot be opened.
    pub(super) fn open(config: &NotifyConfig, folder: &Path) -> Result<Arc<Self>, Error> {
        let folder = folder.join(FOLDER);
        let failed = |error| Error::Run(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let own = Own::new();
        let asked = Token::new(&own.token);
        let asked = asked.map_err(|rule| Error::Config(format!("ALERTS_WEBHOOK_TOKEN: {rule}")))?;
        let clock = wall::clock();
        let setup = config.read(&folder, &own).map_err(Error::Config)?;
        let data = config.data.clone();
        let data = data.unwrap_or_else(|| folder.join("state.redb"));
        let mut opened = ServiceConfig::new(data, setup);
        let wall = clock.clone();
        opened.shared.wall = Wall::new(move || wall.now());
        let options = Options::default().watchdog(true);
        let (heard, inbox) = unbounded_channel();
        Ok(Arc::new(Self {
            config: config.clone(),
            service: AlertService::open(opened).map_err(Error::run)?,
            webhook: Webhook::new(asked),
            own: Mutex::new(own),
            watchdog: Mutex::new(Engine::with([], options).map_err(Error::run)?),
            inbox: Mutex::new(Some(inbox)),
            done: Mutex::new(None),
            heard,
            left_out: Mutex::new(0),
            folder,
            clock,
        }))
    }

    /// Exports how telling goes.
    pub(super) fn measure(&self, meter: &Meter) -> Result<(), HandleError> {
        self.service.measure(meter)
    }

    /// Gives the routes on which it hears what it tells.
    pub(super) fn routes(&self) -> Router {
        self.webhook.routes()
    }

    /// Gives the API of alerts, silences, history and rules.
    pub(super) fn api(self: &Arc<Self>, alerts: &Arc<Alerts>, console: &Console) -> Router {
        let (shown, read) = (Arc::clone(alerts), Arc::clone(alerts));
        let (notify, console) = (Arc::clone(self), Arc::clone(console));
        Api::new(self.service.clone())
            .rules(move || shown.views())
            .reload(move || read.reload().and(notify.reload_and_say(&console)))
            .router()
    }

    /// Begins to tell, and to hear at this address what is told.
    pub(super) fn begin(
        &self,
        address: Option<SocketAddr>,
        component: Component,
    ) -> Result<(), Error> {
        if let Some(at) = address {
            lock(&self.own).listens(at);
        }
        self.reload().map_err(Error::Config)?;
        let Some(inbox) = lock(&self.inbox).take() else {
            return Ok(());
        };
        let (tell, done) = oneshot::channel();
        let service = self.service.clone();
        let teller = Teller::new(service.clone(), component);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::run)?;
        let work = move || {
            let mut left_out = 0;
            let told = async { left_out = teller.run(inbox).await };
            runtime.block_on(service.run(told));
            // Nobody waits for it where the run has failed.
            let _ = tell.send(left_out);
        };
        let named = std::thread::Builder::new().name("alerts".to_owned());
        named.spawn(work).map_err(Error::run)?;
        *lock(&self.done) = Some(done);
        Ok(())
    }

    /// Reads again who is told; all stays as it was where anything is refused.
    pub(super) fn reload(&self) -> Result<(), String> {
        let setup = self.config.read(&self.folder, &lock(&self.own))?;
        let taken = self.service.reload(setup);
        taken.map_err(|error| format!("--notify: {error}"))
    }

    /// Reads again who is told, and says on the console what came of it.
    pub(super) fn reload_and_say(&self, console: &Console) -> Result<(), String> {
        let read = self.reload();
        console(&match &read {
            Ok(()) => "routes and receivers reloaded".to_owned(),
            Err(error) => format!("routes and receivers not reloaded, those before stay: {error}"),
        });
        read
    }

    /// Ends, once people were told of all that they can be told of within seconds. What fires still is told as ended,
    /// unless another process goes on.
    pub(super) async fn finish(&self) {
        let done = lock(&self.done).take();
        let Some(done) = done else {
            return;
        };
        let ends = !self.config.kept;
        let _ = self.heard.send(Heard::Finish { ends });
        if let Ok(left_out) = done.await {
            *lock(&self.left_out) = left_out;
        }
    }

    /// Returns how telling went until now.
    pub(super) fn report(&self) -> NoticeReport {
        let totals = self.service.totals();
        let channels = totals.channels.into_values().flatten();
        let channels = channels.map(|it| ChannelReport {
            name: it.name,
            sent: it.sent,
            failed: it.failed + it.refused,
            said: it.said,
        });
        NoticeReport {
            channels: channels.collect(),
            heard: self.webhook.heard(),
            watchdog: self.webhook.watchdog(),
            undelivered: totals.undelivered,
            dropped: totals.dropped + *lock(&self.left_out),
            failing: totals.failing,
        }
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
