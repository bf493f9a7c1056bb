//! The one connection that all rates of a store share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Client, RedisError};
use resilience_core::Env;
use resilience_core::backoff::{Backoff, Delays};
use resilience_core::distributed_rate_limiter::StoreFailed;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::debug;

use crate::clock::now;

pub(super) struct Link {
    client: Client,
    connect_timeout: Duration,
    backoff: Backoff,
    env: Env,
    /// Held while a connection is made, so that one is made for all who wait for it.
    state: Mutex<State>,
    /// Whether the server failed since it last answered.
    troubled: AtomicBool,
}

struct State {
    connection: Option<MultiplexedConnection>,
    /// Number of connections so far.
    number: u64,
    delays: Delays,
    retry_at: Option<Instant>,
}

/// A connection, to be told apart from those after it.
pub(super) struct Connected {
    pub(super) connection: MultiplexedConnection,
    number: u64,
}

impl Link {
    pub(super) fn new(client: Client, connect: Duration, backoff: Backoff, env: &Env) -> Self {
        let state = State {
            connection: None,
            number: 0,
            delays: backoff.start(),
            retry_at: None,
        };
        Self {
            client,
            connect_timeout: connect,
            backoff,
            env: env.clone(),
            state: Mutex::new(state),
            troubled: AtomicBool::new(false),
        }
    }

    /// Returns the connection, made anew where there is none and the server is not left alone.
    pub(super) async fn connection(&self) -> Result<Connected, StoreFailed> {
        let mut state = self.state.lock().await;
        if state.connection.is_none() {
            if let Some(failed) = state.left_alone() {
                return Err(failed);
            }
            // Begins before the attempt, and so holds too where that is given up.
            let failed = self.leave_alone(&mut state);
            match self.connect().await {
                Ok(connection) => {
                    state.number += 1;
                    state.retry_at = None;
                    state.connection = Some(connection);
                }
                Err(error) => {
                    debug!(target: "resilience", %error, "no connection to the rate store");
                    state.retry_at = now().checked_add(failed.retry_in);
                    return Err(failed);
                }
            }
        }
        let connection = state.connection.clone();
        Ok(Connected {
            connection: connection.expect("it was there, or was just made"),
            number: state.number,
        })
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let connect = self.client.get_multiplexed_async_connection();
        // The greeting included; answers are bounded where they are awaited.
        match tokio::time::timeout(self.connect_timeout, connect).await {
            Ok(connected) => connected,
            Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
        }
    }

    /// Learns that the server answered.
    pub(super) async fn works(&self) {
        if self.troubled.swap(false, Ordering::Relaxed) {
            self.state.lock().await.delays = self.backoff.start();
        }
    }

    /// Learns that it did not, or with an error; says when to ask again.
    pub(super) async fn failed(&self, connected: &Connected) -> StoreFailed {
        let mut state = self.state.lock().await;
        let known = state.number != connected.number || state.connection.is_none();
        match state.left_alone() {
            Some(failed) if known => failed,
            // There is a newer connection.
            None if known => StoreFailed {
                retry_in: Duration::ZERO,
            },
            _ => {
                state.connection = None;
                self.leave_alone(&mut state)
            }
        }
    }

    fn leave_alone(&self, state: &mut State) -> StoreFailed {
        self.troubled.store(true, Ordering::Relaxed);
        let retry_in = state.delays.next(self.env.chance());
        state.retry_at = now().checked_add(retry_in);
        StoreFailed { retry_in }
    }
}

impl State {
    /// Returns how long the server is left alone, where it is.
    fn left_alone(&self) -> Option<StoreFailed> {
        let retry_in = self.retry_at?.saturating_duration_since(now());
        (!retry_in.is_zero()).then_some(StoreFailed { retry_in })
    }
}
