//! The service that stays up: an API for quotes and orders, and operations beside it.
//!
//! | file | holds |
//! |---|---|
//! | `api` | the routes, and the layers around them |
//! | `check` | the rules that a new order is held to |
//! | `answer` | answers as JSON, and what refuses as status and `Retry-After` |
//! | `desk` | what stands between the API and the stack: risk, portfolio, age of quotes |
//! | `orders` | every order by its client id, so that a repeated one is the same |
//! | `feed` | the bars as a slow feed |
//! | `parts` | how venues and feed are, and what brings them back |

mod answer;
mod api;
mod check;
mod desk;
mod feed;
mod orders;
mod parts;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::bars::Bars;
use crate::broker::Broker;
use crate::engine::{Live, Stop};
use crate::error::Error;
use crate::ops::{Console, Ops, OpsConfig, bind};
use crate::pulse::Pulse;
use crate::settings::{ServeSettings, Settings};
use crate::side::Venues;
use crate::stack::{Stack, Surroundings};
use crate::state::StateDir;

use desk::Desk;
use feed::Feed;
use parts::Parts;

/// What a request may take beyond the time of an order.
const MARGIN: Duration = Duration::from_millis(500);

/// Serves until asked to stop, and finishes what is in flight then.
pub(crate) async fn run(settings: &Settings, serve: &ServeSettings) -> Result<(), Error> {
    let pulse = Pulse::new(settings.stalled_after);
    pulse.beside(stay_up(settings, serve, &pulse)).await
}

async fn stay_up(settings: &Settings, serve: &ServeSettings, pulse: &Pulse) -> Result<(), Error> {
    serve.admin.check()?;
    let bars = Bars::load(&settings.data, settings.bad_bars)?;
    let state = StateDir::open(settings.state.as_deref())?;
    let folder = state.path().join("serve");
    std::fs::create_dir_all(&folder)
        .map_err(|error| Error::Run(format!("{}: {error}", folder.display())))?;
    let (listener, address) = bind("--api", serve.api).await?;
    let console: Console = Arc::new(|line| eprintln!("{line}"));
    let config = OpsConfig {
        monitoring: settings.monitoring.clone(),
        pulse,
        alerts: &settings.alerts,
        notify: Some(&settings.notify),
        data_dir: Some(&folder),
        admin: Some(&serve.admin),
    };
    let ops = Ops::start(config, Arc::clone(&console)).await?;
    console(&format!(
        "api listening {address} (/api/quotes /api/orders)"
    ));
    ops.announce();

    let stop = Stop::default();
    let service = Service {
        settings,
        serve,
        bars: Arc::new(bars),
        live: Live::new(ops.side("stack", |_| {})?),
        ops: &ops,
        console,
        stop: &stop,
    };
    ops.started();
    let serving = ops.until_stopped(&stop, service.run(&folder, listener));
    let served = tokio::select! {
        biased;
        served = stop.while_listening(serving) => served?,
        failed = ops.reload_on_hangup() => failed.map(|never| match never {}),
    };
    ops.tell_all().await;
    ops.stop().await;
    served
}

struct Service<'a> {
    settings: &'a Settings,
    serve: &'a ServeSettings,
    bars: Arc<Bars>,
    live: Live,
    ops: &'a Ops,
    console: Console,
    stop: &'a Stop,
}

impl Service<'_> {
    /// Starts the venues, trades through them until the wish to stop, and ends them.
    async fn run(&self, folder: &Path, listener: TcpListener) -> Result<(), Error> {
        let venues = Venues::start(folder, self.settings, self.bars.all.len() as u64).await?;
        self.live.venues_up();
        let served = self.trade(&venues, listener).await;
        venues.stop().await?;
        served
    }

    async fn trade(&self, venues: &Venues, listener: TcpListener) -> Result<(), Error> {
        let Self { settings, live, .. } = self;
        let stack = Stack::build(Surroundings {
            venues,
            settings,
            live,
        })?;
        self.ops.policies(stack.env())?;
        let env = stack.env().clone();
        let parts = Parts::new(&env, Arc::clone(&self.console))?;
        let circuits = stack.circuits();
        let desk = Desk::new(stack, settings, Arc::clone(&self.bars), live.clone());
        let desk = desk.log(Arc::clone(&self.console));
        let clients = venues.clients();
        for venue in &clients {
            let book = venue.book(self.bars.all.len() as u64).await;
            desk.remember(
                book.map_err(|error| Error::Run(format!("venue {}: {error}", venue.name())))?,
            );
        }
        let desk = Arc::new(desk);
        let limit = settings.order_timeout + MARGIN;
        let routes = api::routes(Arc::clone(&desk), &env, limit, self.ops.exporter());
        self.ops.operate(&self.serve.admin, &env)?;
        let routes = routes.map_err(Error::run)?;
        let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, routes).with_graceful_shutdown(self.stop.wanted());
        let ServeSettings {
            pace, feed_trouble, ..
        } = self.serve;
        let feed = Feed::new(&desk, &clients, *pace, feed_trouble);
        let overdue = async {
            self.stop.wanted().await;
            sleep(limit).await;
        };
        let served = tokio::select! {
            biased;
            served = serving.into_future() => served.map_err(|error| Error::Run(format!("api: {error}"))),
            () = overdue => Ok(()),
            lost = parts.keep(venues.each(), &circuits, &feed) => lost.map(|never| match never {}),
        };
        // Orders whose clients went away go on: an order that was begun comes to its end.
        let _ = timeout(limit, desk.finish()).await;
        served
    }
}
