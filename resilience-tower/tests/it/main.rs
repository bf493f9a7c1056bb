//! Layers as their users see them. One binary, so that they share their helpers.

mod axum;
mod broken;
mod by_key;
mod common;
mod contract;
mod failover;
mod fallback;
mod gate;
mod header_and_path;
mod http;
mod keys;
mod queue;
mod rate_limit;
mod retry;
mod timeout;
mod trace;
