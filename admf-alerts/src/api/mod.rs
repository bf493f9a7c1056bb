//! All of it over HTTP.
//!
#![doc = include_str!("../../docs/alerts_api.md")]

mod acknowledgements;
mod alerts;
mod answer;
mod asked;
mod body;
mod guard;
mod handlers;
mod history;
mod own;
mod posted;
mod rules;
mod silences;
mod status;
#[cfg(test)]
mod tests;
mod time;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use admf_metrics::http::Token;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};

pub use rules::{AlertView, AlertingView, RecordingView, RuleGroupView, RuleView};

use crate::service::AlertService;

/// How many bytes a body has at most.
const BODY: usize = 4 << 20;

type Groups = dyn Fn() -> Vec<RuleGroupView> + Send + Sync;
type Reload = dyn Fn() -> Result<(), String> + Send + Sync;

/// The API of a service: that of Alertmanager 0.25, that of Prometheus 2.42 for rules, and what neither has.
///
/// The caller binds, to the loopback unless he has a reason, and serves it with
/// [`serve`](admf_metrics::http::serve).
///
/// # Examples
///
/// ```
/// use admf_alerts::alertmanager_file::parse;
/// use admf_alerts::api::Api;
/// use admf_alerts::service::{AlertService, ServiceConfig};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("alerts.redb");
/// let setup = parse("alertmanager.yml", "{route: {receiver: r}, receivers: [{name: r}]}", None)?;
/// let service = AlertService::open(ServiceConfig::new(path, setup))?;
/// let router = Api::new(service.clone()).router();
/// // Then, in one future: `join!(service.run(stop), serve(listener, router, config, stop))`.
/// # let _: axum::Router = router;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Api {
    service: AlertService,
    groups: Arc<Groups>,
    reload: Arc<Reload>,
    token: Option<Token>,
    began: Duration,
}

impl Api {
    /// Begins with no rules, nothing to reload, and open to whoever can reach it.
    #[must_use]
    pub fn new(service: AlertService) -> Self {
        Self {
            began: service.now(),
            service,
            groups: Arc::new(Vec::new),
            reload: Arc::new(|| Err("there is nothing to read again".to_owned())),
            token: None,
        }
    }

    /// Shows these groups of rules, all engines' one after another; asked whenever somebody looks. It must not block.
    #[must_use]
    pub fn rules(
        mut self,
        groups: impl Fn() -> Vec<RuleGroupView> + Send + Sync + 'static,
    ) -> Self {
        self.groups = Arc::new(groups);
        self
    }

    /// Reads everything again by this when somebody asks for it; on an error all must stay as it was. What is told of that
    /// is its first line, which must hold no secret.
    #[must_use]
    pub fn reload(
        mut self,
        reload: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.reload = Arc::new(reload);
        self
    }

    /// Asks for a token everywhere but at `/-/healthy` and `/-/ready`.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// Returns the router. It has a fallback, so of two that are merged only one may have one.
    pub fn router(self) -> Router {
        let open = Router::new()
            .route("/-/healthy", get(status::healthy))
            .route("/-/ready", get(status::ready))
            .with_state(self.clone());
        let mut router = Router::new()
            .route("/-/reload", post(status::reload).put(status::reload))
            .route("/api/v1/rules", get(handlers::rules))
            .route("/api/v1/alerts", get(handlers::rule_alerts))
            .nest("/api/v2", alertmanager())
            .nest("/api/admf/v1", own())
            .method_not_allowed_fallback(guard::no_method)
            .fallback(guard::no_path)
            .layer(DefaultBodyLimit::max(BODY))
            .with_state(self.clone());
        if let Some(token) = self.token {
            router = router.layer(from_fn_with_state(token, guard::admitted));
        }
        router.merge(open)
    }
}

fn alertmanager() -> Router<Api> {
    Router::new()
        .route("/alerts", get(handlers::alerts).post(handlers::post_alerts))
        .route("/alerts/groups", get(handlers::groups))
        .route(
            "/silences",
            get(handlers::silences).post(handlers::post_silence),
        )
        .route(
            "/silence/{id}",
            get(handlers::silence).delete(handlers::expire_silence),
        )
        .route("/status", get(status::alertmanager))
        .route("/receivers", get(status::receivers))
}

fn own() -> Router<Api> {
    Router::new()
        .route(
            "/acknowledgements",
            get(acknowledgements::list).post(acknowledgements::acknowledge),
        )
        .route(
            "/acknowledgements/{fingerprint}",
            delete(acknowledgements::unacknowledge),
        )
        .route("/history", get(history::list))
        .route("/routes", get(own::routes))
        .route("/notices", post(own::notice))
        .route("/channels/{receiver}/test", post(own::test_channel))
        .route("/status", get(status::own))
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("service", &self.service)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}
