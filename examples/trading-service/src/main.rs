//! A trading service on a bad day: real bars, two venues that fail on script, and a stack that
//! brings every order to a known end.

mod bars;
mod broker;
mod day;
mod engine;
mod error;
mod ledger;
mod market;
mod naive;
mod portfolio;
mod reconcile;
mod risk;
mod strategy;
mod trader;
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
