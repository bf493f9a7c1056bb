//! Layers as their users see them. One binary, so that they share their helpers.

mod axum;
mod broken;
mod common;
mod contract;
mod failover;
mod fallback;
mod gate;
mod http;
mod http_retry;
mod plain;
mod queue;
mod retry;
mod retry_extras;
mod timeout;
mod trace;
