//! Layers as their users see them. One binary, so that they share their helpers.

mod axum;
mod broken;
mod cache;
mod common;
mod context;
mod contract;
mod factory;
mod failover;
mod fallback;
mod gate;
mod health;
mod http;
mod queue;
mod recovery;
mod retry;
mod supervisor;
mod timeout;
mod trace;
