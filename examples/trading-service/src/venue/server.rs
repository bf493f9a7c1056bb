//! The venue's connections.
//!
//! axum's own server cannot close a connection without an answer, which is half of what a venue
//! does on a bad day; hyper's closes it when a service fails.

use std::{convert::Infallible, error::Error, fmt, io, sync::Arc};

use axum::{
    Router,
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::ServiceExt;

use super::{desk::Desk, routes::routes};

/// Answers whoever connects, until it is dropped, which closes all connections.
///
/// # Errors
///
/// When no more connections can be accepted.
pub(super) async fn serve(listener: TcpListener, desk: Arc<Desk>) -> io::Result<Infallible> {
    let routes = routes(desk);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, routes.clone()));
                }
                Err(error) if ended_by_client(&error) => {}
                Err(error) => return Err(error),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

fn ended_by_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

async fn connection(stream: TcpStream, routes: Router) {
    // Without it the answer may come late, nothing more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let routes = routes.clone();
        async move {
            let response = routes
                .oneshot(request)
                .await
                .unwrap_or_else(|never| match never {});
            match response.extensions().get() {
                Some(HangUp) => Err(HangUp),
                None => Ok(response),
            }
        }
    });
    // How a connection ends is the client's business, or a fault that we made.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Closes the connection in place of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct HangUp;

impl HangUp {
    /// Gives the response that is never sent.
    pub(super) fn response() -> Response {
        let mut response = ().into_response();
        response.extensions_mut().insert(Self);
        response
    }
}

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up without an answer")
    }
}

impl Error for HangUp {}
