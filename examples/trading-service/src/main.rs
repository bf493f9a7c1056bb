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
mod ops;
mod portfolio;
mod progress;
mod pulse;
mod reconcile;
mod report;
mod risk;
mod run;
mod serve;
mod settings;
mod side;
mod stack;
mod state;
mod strategy;
#[cfg(test)]
mod testing;
mod trader;
mod venue;

use std::io::{self, Read};
use std::process::ExitCode;

use admf_metrics::healthcheck;
use error::Error;
use settings::{Command, Settings};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match start().await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

async fn start() -> Result<u8, Error> {
    let cli = settings::parse()?;
    if let Some(url) = &cli.healthcheck {
        let said = healthcheck::probe(url, healthcheck::TIMEOUT).map_err(Error::run)?;
        println!("{said}");
        return Ok(0);
    }
    match cli.command {
        None => run::run(&Settings::try_from(cli.args)?).await,
        Some(Command::Metrics { check }) => metrics(check).map(|()| 0),
        Some(Command::Serve(serve)) => {
            let (settings, serve) = (*serve).try_into()?;
            serve::run(&settings, &serve).await.map(|()| 0)
        }
        Some(Command::Venue(venue)) => venue::main(venue).await.map(|()| 0).map_err(Error::run),
    }
}

/// Prints the table of all metrics, or holds what is on standard input against it.
fn metrics(check: bool) -> Result<(), Error> {
    let catalogue = ops::catalogue().map_err(Error::run)?;
    if !check {
        return run::tell(catalogue.markdown().trim_end());
    }
    let failed = |why: &dyn std::fmt::Display| Error::Run(format!("standard input: {why}"));
    let mut scrape = String::new();
    io::stdin()
        .read_to_string(&mut scrape)
        .map_err(|error| failed(&error))?;
    if scrape.trim().is_empty() {
        return Err(failed(&"there is no metric in it"));
    }
    catalogue
        .check_exposed(&scrape)
        .map_err(|error| failed(&error))?;
    run::tell("all is valid and as declared")
}
