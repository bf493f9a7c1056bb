//! Layers as their users see them. One binary, so that they share their helpers.

mod axum;
mod broken;
mod by_key;
mod cache;
mod common;
mod context;
mod contract;
mod factory;
mod failover;
mod fallback;
mod gate;
mod header_and_path;
mod health;
mod http;
mod http_retry;
mod keys;
mod plain;
mod queue;
mod rate_limit;
mod recovery;
mod retry;
mod retry_extras;
mod supervisor;
mod timeout;
mod trace;
mod watch;
