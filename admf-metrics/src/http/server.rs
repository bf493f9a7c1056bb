//! The server: what `axum::serve` leaves without a bound is bounded here.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
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
    /// Connections at once; further ones wait to be accepted. At least 1. Default: 64.
    pub connections: usize,
    /// Time for the whole header of a request, the wait for a next one included, from 1 ms to ten years.
    /// Default: 30 s.
    pub header_timeout: Duration,
    /// Time that a client may take nothing of its answer, from 1 ms to ten years. Default: 30 s.
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
    let places = Arc::new(Semaphore::new(
        config.connections.clamp(1, Semaphore::MAX_PERMITS),
    ));
    let (stopping, stopped) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            // It is never closed.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = open.join_next() => {}
            (place, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    let (routes, config) = (routes.clone(), Arc::clone(&config));
                    let stopped = stopped.clone();
                    open.spawn(async move {
                        connection(stream, peer, routes, &config, stopped).await;
                        drop(place);
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

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
    config: &ServerConfig,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
        routes.clone().call(request)
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
