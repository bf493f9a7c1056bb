//! The server: what `axum::serve` leaves without a bound is bounded here.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::patience::Patient;

/// After an accept that failed for want of files there is nothing to do but to wait.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// The shortest and the longest time to wait: points in time have an end.
const TIMES: [Duration; 2] = [
    Duration::from_millis(1),
    Duration::from_secs(10 * 365 * 24 * 3600),
];

/// Bounds what clients may take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Connections at once; further ones wait to be accepted, and none outlives its answer while all places
    /// are taken. At least 1. Default: 64.
    pub connections: usize,
    /// Time for the whole header of a request, the wait for a next one included, from 1 ms to ten years.
    /// Default: 30 s.
    pub header_timeout: Duration,
    /// Time for a client to take its whole answer, from when it first makes the server wait, from 1 ms to ten
    /// years. Default: 30 s.
    pub write_timeout: Duration,
    /// Bytes of a request's header, at least 8 KiB. Default: 16 KiB.
    pub header_bytes: usize,
    /// Time after which a connection takes no further request. Default: 10 min.
    pub connection_for: Duration,
    /// Time for answers that are under way when a connection or the server ends. Default: 5 s.
    pub drain: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            connections: 64,
            header_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            header_bytes: 16 * 1024,
            connection_for: Duration::from_secs(600),
            drain: Duration::from_secs(5),
        }
    }
}

/// Serves HTTP/1.1 until `stop` ends, and then lets answers that are under way come to their end.
///
/// Handlers find the peer as `ConnectInfo<SocketAddr>`. The future ends when no connection is open any
/// more, at most `drain` after `stop`.
///
/// # Cancel safety
///
/// Dropping the future closes every connection at once.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    config: ServerConfig,
    stop: impl Future<Output = ()>,
) {
    let config = Arc::new(config);
    let most = config.connections.max(1);
    let full = Arc::<AtomicBool>::default();
    let (stopping, stopped) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        full.store(open.len() >= most, Ordering::Relaxed);
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = open.join_next() => {}
            accepted = listener.accept(), if open.len() < most => match accepted {
                Ok((stream, peer)) => {
                    let (config, stopped) = (Arc::clone(&config), stopped.clone());
                    let (routes, full) = (routes.clone(), Arc::clone(&full));
                    open.spawn(async move {
                        let routes = GivingWay { routes, full };
                        connection(stream, peer, routes, &config, stopped).await;
                    });
                }
                Err(error) => after(&error).await,
            },
        }
    }
    drop(listener);
    stopping.send_replace(true);
    while open.join_next().await.is_some() {}
}

/// Waits, unless only the client that was accepted had failed.
async fn after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        sleep(AFTER_FAILED_ACCEPT).await;
    }
}

/// Routes whose answer ends its connection where no place is left for another: otherwise those who ask
/// slowly and again would keep theirs from all others.
struct GivingWay {
    routes: Router,
    /// Whether all places are taken.
    full: Arc<AtomicBool>,
}

impl GivingWay {
    fn answer(
        &self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response, Infallible>> + use<> {
        let full = Arc::clone(&self.full);
        // A router is always ready.
        let answer = self.routes.clone().call(request);
        async move {
            let mut answer = answer.await?;
            if full.load(Ordering::Relaxed) {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(CONNECTION, close);
            }
            Ok(answer)
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    routes: GivingWay,
    config: &ServerConfig,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.answer(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout.clamp(TIMES[0], TIMES[1]))
        .max_buf_size(config.header_bytes.max(8192));
    let stream = Patient::new(stream, config.write_timeout.clamp(TIMES[0], TIMES[1]));
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        biased;
        // What a client did wrong, or that it went away, is its own affair.
        _ = serving.as_mut() => return,
        () = sleep(config.connection_for) => {}
        // An error says that the server is gone.
        _ = stopped.wait_for(|it| *it) => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = timeout(config.drain, serving).await;
}
