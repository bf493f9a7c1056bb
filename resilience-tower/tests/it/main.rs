//! Layers as their users see them. One binary, so that they share their helpers.

mod axum;
mod broken;
mod common;
mod contract;
mod failover;
mod fallback;
mod gate;
mod http;
mod queue;
mod retry;
mod timeout;
mod trace;
mod watch;
