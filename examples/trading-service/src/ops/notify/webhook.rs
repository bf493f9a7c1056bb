//! Where the service hears what it tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use admf_metrics::http::Token;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

/// Where it is, among what is served for operations.
pub(super) const PATH: &str = "/ops/alerts/webhook";

/// Counts the notices that arrive with the token. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Webhook(Arc<Heard>);

#[derive(Debug)]
struct Heard {
    token: Token,
    notices: AtomicU64,
    watchdog: AtomicU64,
}

impl Webhook {
    pub(super) fn new(token: Token) -> Self {
        let (notices, watchdog) = Default::default();
        Self(Arc::new(Heard {
            token,
            notices,
            watchdog,
        }))
    }

    pub(super) fn routes(&self) -> Router {
        let watchdog = format!("{PATH}/watchdog");
        Router::new()
            .route(PATH, post(notice))
            .route(&watchdog, post(still_there))
            .with_state(self.clone())
    }

    /// Returns how many notices have arrived, those of the Watchdog not among them.
    pub(super) fn heard(&self) -> u64 {
        self.0.notices.load(Ordering::SeqCst)
    }

    /// Returns how often the Watchdog was heard.
    pub(super) fn watchdog(&self) -> u64 {
        self.0.watchdog.load(Ordering::SeqCst)
    }

    fn count(&self, headers: &HeaderMap, counter: &AtomicU64) -> StatusCode {
        if self.0.token.admit(headers).is_err() {
            return StatusCode::UNAUTHORIZED;
        }
        counter.fetch_add(1, Ordering::SeqCst);
        StatusCode::NO_CONTENT
    }
}

async fn notice(State(webhook): State<Webhook>, headers: HeaderMap) -> StatusCode {
    webhook.count(&headers, &webhook.0.notices)
}

async fn still_there(State(webhook): State<Webhook>, headers: HeaderMap) -> StatusCode {
    webhook.count(&headers, &webhook.0.watchdog)
}
