//! A trading service.

#![cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "nothing trades yet")
)]

mod broker;
mod day;
mod market;
mod venue;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Is a simulated venue: the service starts its own.
    #[command(hide = true)]
    Venue(venue::VenueArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Venue(args) = Command::parse();
    match venue::main(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
