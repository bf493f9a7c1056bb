//! A simulated venue: a child process with an HTTP server, a durable book and a bad day.

mod book;
mod check;
mod client;
mod desk;
mod problem;
mod process;
mod routes;
mod server;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transport;

pub(crate) use self::{
    client::{VenueClient, VenueError},
    process::{FREE, VenueArgs, VenueProcess, main},
    transport::HttpTransport,
};
