#![doc = include_str!("../../docs/serving.md")]

mod access;
mod clock;
mod detail;
mod encoding;
mod pages;
mod patience;
mod scrape;
mod server;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use detail::Told;

use crate::catalogue::{Label, Metric};
use crate::exporter::Exporter;
use crate::handle::Counter;
use crate::health::{Health, Heartbeat};
use crate::meter::HandleError;
pub use access::{Denied, Token, TokenError};
pub use detail::Switches;
use pages::{Guard, admitted, alive, detailed, metrics, ready, refusal};
use scrape::Scrapes;
pub use server::{ServerConfig, serve};

/// Counts who was not let in.
const DENIED: Metric = Metric::counter(
    "admf_monitoring_auth_failures_total",
    "Requests to monitoring that were refused for want of the token, by reason.",
)
.labels(&[Label::one_of("reason", &Denied::REASONS)])
.fed_by("routes");

/// The metrics that [`Routes`] feed.
pub const METRICS: [Metric; 1] = [DENIED];

/// Names one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// `/metrics`.
    Metrics,
    /// `/health`.
    Health,
    /// `/ready`.
    Ready,
    /// `/health/detail`.
    Detail,
}

/// The routes that monitoring asks for.
///
/// # Examples
///
/// ```
/// use admf_metrics::http::{self, Routes};
/// use admf_metrics::{Catalogue, Exporter, Health};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new(http::METRICS)?);
/// let app = Routes::new(&exporter, &Health::new())?.router();
/// // The caller binds, and serves with `http::serve`.
/// # let _: axum::Router = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Routes {
    scrapes: Scrapes,
    health: Health,
    heartbeat: Option<Heartbeat>,
    switches: Told,
    token: Option<Token>,
    guarded: Vec<Page>,
    /// In the order of [`Denied`].
    denied: [Counter; 3],
}

impl Routes {
    /// Begins with routes that are open to whoever can reach them.
    ///
    /// # Errors
    ///
    /// The exporter's catalogue does not declare [`METRICS`].
    pub fn new(exporter: &Exporter, health: &Health) -> Result<Self, HandleError> {
        let count = |reason| exporter.meter().counter(&DENIED, &[("reason", reason)]);
        let [missing, malformed, wrong] = Denied::REASONS.map(count);
        Ok(Self {
            scrapes: Scrapes::new(exporter.clone()),
            health: health.clone(),
            heartbeat: None,
            switches: Told::default(),
            token: None,
            guarded: vec![Page::Metrics, Page::Detail],
            denied: [missing?, malformed?, wrong?],
        })
    }

    /// Lets `/health` fail where a loop does not turn any more.
    #[must_use]
    pub fn heartbeat(mut self, heartbeat: &Heartbeat) -> Self {
        self.heartbeat = Some(heartbeat.clone());
        self
    }

    /// Tells in `/health/detail` which parts of monitoring run, as `switches` says whenever it is asked.
    /// It must not block.
    #[must_use]
    pub fn switches(mut self, switches: impl Fn() -> Switches + Send + Sync + 'static) -> Self {
        self.switches = Told::by(switches);
        self
    }

    /// Asks for a token: for `/metrics` and `/health/detail`, which tell much, and not for `/health` and
    /// `/ready`, since probes rarely can show one.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// Asks for the token for these pages, and for no other.
    #[must_use]
    pub fn guard(mut self, pages: &[Page]) -> Self {
        self.guarded = pages.to_vec();
        self
    }

    /// Returns the router. It has a fallback, so of two that are merged only one may come from here.
    pub fn router(self) -> Router {
        let guarded = |page, method_router: axum::routing::MethodRouter<Self>| match &self.token {
            Some(token) if self.guarded.contains(&page) => {
                let guard = Guard {
                    token: token.clone(),
                    denied: self.denied.clone(),
                };
                method_router.layer(from_fn_with_state(guard, admitted))
            }
            _ => method_router,
        };
        Router::new()
            .route("/metrics", guarded(Page::Metrics, get(metrics)))
            .route("/health", guarded(Page::Health, get(alive)))
            .route("/health/detail", guarded(Page::Detail, get(detailed)))
            .route("/ready", guarded(Page::Ready, get(ready)))
            .method_not_allowed_fallback(async |method: Method| {
                let line = format!("method: {method} is not one of this path");
                refusal(StatusCode::METHOD_NOT_ALLOWED, &line)
            })
            .fallback(async || refusal(StatusCode::NOT_FOUND, "path: is unknown"))
            .with_state(self)
    }
}
