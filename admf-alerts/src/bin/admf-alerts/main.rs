//! Checks, tests and exports alert rules, evaluates expressions, and asks a running service.
//!
#![doc = include_str!("../../../docs/alert_command_line.md")]

mod beside;
mod check;
mod client;
mod data;
mod eval;
mod export;
mod export_routes;
mod file;
mod input;
mod moment;
mod output;
mod problem;
mod shown;
mod test;

use std::process::ExitCode;

use admf_alerts::promql;
use clap::{Parser, Subcommand, ValueEnum};
use output::Done;

/// Checks, tests and exports alert rules, evaluates expressions, and asks a running service.
///
/// Ends with 0 where all is well, with 1 where something is wrong with what it was given or who was asked refuses, with 2 where it
/// was called wrongly.
#[derive(Debug, Parser)]
#[command(name = "admf-alerts", version)]
struct Args {
    /// Writes one JSON document to standard output, and nothing else.
    #[arg(long, global = true)]
    json: bool,
    /// Whose rules hold.
    #[arg(long, global = true, value_enum, default_value_t = Semantics::Prometheus2)]
    semantics: Semantics,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says whether files that declare alerts can be loaded.
    Check(check::Check),
    /// Runs unit tests of rules, written for promtool.
    Test(test::Test),
    /// Writes what files declare as one rule file for Prometheus.
    Export(export::Export),
    /// Writes routes and receivers back as an `alertmanager.yml`.
    ExportRoutes(export_routes::ExportRoutes),
    /// Evaluates an expression over samples.
    Eval(eval::Eval),
    #[command(flatten)]
    Asks(client::Asks),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Semantics {
    Prometheus2,
    Prometheus3,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let settings = promql::Settings::default().semantics(match args.semantics {
        Semantics::Prometheus2 => promql::Semantics::Prometheus2,
        Semantics::Prometheus3 => promql::Semantics::Prometheus3,
    });
    let done: Done = match &args.command {
        Command::Check(check) => check.run(&settings),
        Command::Test(test) => test.run(&settings),
        Command::Export(export) => export.run(&settings),
        Command::ExportRoutes(export) => export.run(),
        Command::Eval(eval) => eval.run(&settings),
        Command::Asks(asks) => asks.run(),
    };
    output::end(&done, args.json)
}
