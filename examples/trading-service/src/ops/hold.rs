//! Whether the end of a run was scraped.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::{Method, StatusCode};
use http_body::{Frame, SizeHint};
use tokio::sync::watch;

/// Sees which scrapes show the end, and which of them were answered whole. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Hold {
    /// Whether nothing will be counted any more.
    counted: Arc<AtomicBool>,
    scraped: Arc<watch::Sender<u32>>,
}

impl Hold {
    /// Says that all is counted: a scrape that begins from here on shows the end.
    pub(super) fn counted(&self) {
        self.counted.store(true, Ordering::SeqCst);
    }

    /// Waits until so many scrapes that began after [`counted`](Self::counted) have their whole answers on the way.
    pub(super) async fn scraped(&self, times: u32) {
        // An error says that nobody is left who could scrape: `self` is.
        let _ = self.scraped.subscribe().wait_for(|it| *it >= times).await;
    }

    /// Looks at the scrapes of these routes.
    pub(super) fn around(&self, routes: Router) -> Router {
        routes.layer(from_fn_with_state(self.clone(), look))
    }
}

async fn look(State(hold): State<Hold>, request: Request, next: Next) -> Response {
    let scrape = request.method() == Method::GET && request.uri().path() == "/metrics";
    let shows_end = scrape && hold.counted.load(Ordering::SeqCst);
    let response = next.run(request).await;
    if !shows_end || response.status() != StatusCode::OK {
        return response;
    }
    let scraped = hold.scraped;
    response.map(|body| Body::new(Told { body, scraped }))
}

/// A body that tells once all of it was taken. One that is dropped before, as where the client went away,
/// tells nothing.
struct Told {
    body: Body,
    scraped: Arc<watch::Sender<u32>>,
}

impl HttpBody for Told {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if self.body.is_end_stream() {
            self.scraped.send_modify(|it| *it = it.saturating_add(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use futures_util::FutureExt;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn ask(routes: &Router, method: Method, path: &str) -> Response {
        let request = http::Request::builder().method(method).uri(path);
        let request = request.body(Body::empty()).unwrap();
        routes.clone().oneshot(request).await.unwrap()
    }

    fn routes(hold: &Hold) -> Router {
        let routes = Router::new().route("/metrics", get(async || "a 1\n"));
        hold.around(routes.route("/health", get(async || "ok")))
    }

    fn is_over(hold: &Hold) -> bool {
        hold.scraped(1).now_or_never().is_some()
    }

    #[tokio::test]
    async fn a_scrape_that_began_before_all_was_counted_does_not_show_the_end() {
        let hold = Hold::default();
        let routes = routes(&hold);
        let early = ask(&routes, Method::GET, "/metrics").await;
        hold.counted();
        early.into_body().collect().await.unwrap();
        assert!(!is_over(&hold));
        let late = ask(&routes, Method::GET, "/metrics").await;
        assert!(!is_over(&hold), "its body is not taken yet");
        let body = late.into_body().collect().await.unwrap().to_bytes();
        assert!(is_over(&hold) && body == "a 1\n");
        assert!(hold.scraped(2).now_or_never().is_none());
        let later = ask(&routes, Method::GET, "/metrics").await;
        later.into_body().collect().await.unwrap();
        assert!(hold.scraped(2).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_client_that_goes_away_and_what_is_no_scrape_do_not_end_it() {
        let hold = Hold::default();
        let routes = routes(&hold);
        hold.counted();
        drop(ask(&routes, Method::GET, "/metrics").await);
        for (method, path) in [
            (Method::HEAD, "/metrics"),
            (Method::POST, "/metrics"),
            (Method::GET, "/health"),
        ] {
            let answer = ask(&routes, method, path).await;
            answer.into_body().collect().await.unwrap();
        }
        assert!(!is_over(&hold));
    }

    #[tokio::test]
    async fn a_scrape_that_is_refused_does_not_end_it() {
        let hold = Hold::default();
        let refused = Router::new().route("/metrics", get(async || StatusCode::UNAUTHORIZED));
        let routes = hold.around(refused);
        hold.counted();
        let answer = ask(&routes, Method::GET, "/metrics").await;
        answer.into_body().collect().await.unwrap();
        assert!(!is_over(&hold));
    }
}
