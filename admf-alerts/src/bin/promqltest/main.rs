//! Runs tests in the language of Prometheus' own (`load`, `eval`, `expect`) over a folder of `.test` files.
//!
//! `promqltest DIR [--table] [--least PERCENT] [--semantics prometheus2|prometheus3]`
//!
//! Ends with 1 where fewer than PERCENT (98) of the cases in scope pass, with 2 where there is nothing to run.

mod compare;
mod data;
mod expectation;
mod report;
mod run;
mod scope;
mod script;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use admf_alerts::promql::{Semantics, Settings};

use report::{Outcome, Report};

struct Options {
    folder: PathBuf,
    table: bool,
    least: f64,
    settings: Settings,
}

const USAGE: &str =
    "usage: promqltest DIR [--table] [--least PERCENT] [--semantics prometheus2|prometheus3]";

fn main() -> ExitCode {
    match options(std::env::args().skip(1)).and_then(|options| run_all(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("promqltest: {problem}");
            ExitCode::from(2)
        }
    }
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut folder = None;
    let (mut table, mut least, mut semantics) = (false, 98.0, Semantics::default());
    while let Some(arg) = args.next() {
        match &*arg {
            "--table" => table = true,
            "--least" => {
                let percent = args.next().and_then(|it| it.parse().ok());
                least = percent.ok_or("--least takes a number")?;
            }
            "--semantics" => {
                semantics = match args.next().as_deref() {
                    Some("prometheus2") => Semantics::Prometheus2,
                    Some("prometheus3") => Semantics::Prometheus3,
                    _ => return Err("--semantics is prometheus2 or prometheus3".to_owned()),
                };
            }
            _ if folder.is_none() && !arg.starts_with('-') => folder = Some(PathBuf::from(arg)),
            _ => return Err(format!("`{arg}` is not known; {USAGE}")),
        }
    }
    Ok(Options {
        folder: folder.ok_or(USAGE)?,
        table,
        least,
        // What the tests of Prometheus are run with.
        settings: Settings::default()
            .semantics(semantics)
            .delayed_name_removal(true),
    })
}

fn run_all(options: &Options) -> Result<bool, String> {
    let mut total = Report::default();
    for file in files(&options.folder)? {
        let shown = file.display();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{shown}: {error}"))?;
        let script = script::parse(&text).map_err(|problem| format!("{shown}:{problem}"))?;
        let report = run::run(&script, &options.settings);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        println!("{name}: {report}");
        if options.table {
            table(&name, &report);
        }
        total.add(report);
    }
    if total.annotations > 0 {
        let count = total.annotations;
        println!("not looked at: {count} cases expect or forbid a warning or an information");
    }
    println!("promql: {total}");
    Ok(total.percent() >= options.least)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{shown}: {error}"))?;
    let mut files = vec![];
    for entry in entries {
        let path = entry.map_err(|error| format!("{shown}: {error}"))?.path();
        if path.extension().is_some_and(|it| it == "test") {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(format!("{shown}: there is no .test file"));
    }
    files.sort();
    Ok(files)
}

fn table(name: &str, report: &Report) {
    for case in &report.cases {
        let (kind, why) = match &case.outcome {
            Outcome::Passed => continue,
            Outcome::Failed(why) => ("failed", &**why),
            Outcome::OutOfScope(why) => ("out of scope", *why),
        };
        println!(
            "| {name}:{} | {kind} | `{}` | {why} |",
            case.line, case.expr
        );
    }
}
