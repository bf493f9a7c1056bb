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
        Some(Command::Metrics) => {
            let table = ops::catalogue().map_err(Error::run)?.markdown();
            run::tell(table.trim_end()).map(|()| 0)
        }
        Some(Command::Serve(serve)) => {
            let (settings, serve) = (*serve).try_into()?;
            serve::run(&settings, &serve).await.map(|()| 0)
        }
        Some(Command::Venue(venue)) => venue::main(venue).await.map(|()| 0).map_err(Error::run),
    }
}
