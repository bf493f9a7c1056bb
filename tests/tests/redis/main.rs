//! Rates that processes share, by a Redis that each test starts for itself.

mod cell;
mod processes;
mod script;
mod server;
mod store;
