//! `export-routes`: who is told, as a file for Alertmanager.

use std::path::PathBuf;

use admf_alerts::alertmanager_file::{self, Exported, Setup};
use serde_json::json;

use crate::beside;
use crate::file;
use crate::output::Done;
use crate::problem::Problem;

#[derive(Debug, clap::Args)]
pub(crate) struct ExportRoutes {
    /// An `alertmanager.yml`.
    #[arg(value_name = "FILE")]
    first: String,
    /// The second file, with what Alertmanager does not know.
    #[arg(long, value_name = "FILE")]
    second: Option<String>,
    /// Leaves out what Alertmanager cannot say, and says so in a comment, in place of refusing it.
    #[arg(long)]
    lossy: bool,
    /// Where to write it. Default: standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl ExportRoutes {
    pub(crate) fn run(&self) -> Done {
        let mut done = Done::default();
        let written = self.exported().and_then(|exported| {
            let losses = exported.losses.iter();
            let losses = losses.map(|it| Problem::of_file(&self.first, format!("loss: {it}")));
            done.problems = losses.map(Problem::text).collect();
            self.write(&exported)
        });
        match written {
            Ok((routes, lines)) => {
                done.json = json!({ "routes": routes, "problems": done.problems });
                done.lines = lines;
                let text = routes.map(|text| text.trim_end().to_owned());
                done.lines.extend(text);
            }
            Err(problem) => {
                done.failed = true;
                done.json = json!({ "routes": null, "problems": [problem.json()] });
                done.problems.push(problem.text());
            }
        }
        done
    }

    fn exported(&self) -> Result<Exported, Problem> {
        let setup = self.setup()?;
        let exported = alertmanager_file::export(&setup, self.lossy);
        exported.map_err(|error| Problem::of_file(&self.first, error))
    }

    fn setup(&self) -> Result<Setup, Problem> {
        // Nobody is told anything: a variable stands for itself, and is written as it was.
        let variable = |_: &str| Some("https://env.invalid/".to_owned());
        let wrong = |error| Problem::new("error", &error);
        let text = file::declared(&self.first)?;
        let setup = alertmanager_file::parse(&self.first, &text, Some(&variable)).map_err(wrong)?;
        let Some(second) = &self.second else {
            return Ok(setup);
        };
        let text = file::declared(second)?;
        alertmanager_file::add(setup, second, &text, Some(&variable)).map_err(wrong)
    }

    /// Gives the text, where it is for standard output, or else writes it and says so.
    fn write(&self, exported: &Exported) -> Result<(Option<String>, Vec<String>), Problem> {
        let text = exported.text.clone();
        let Some(output) = &self.output else {
            return Ok((Some(text), Vec::new()));
        };
        let name = output.display().to_string();
        let whole = beside::whole(output)?;
        let read = [Some(&self.first), self.second.as_ref()];
        let mut read = read.into_iter().flatten();
        if read.any(|it| PathBuf::from(it).canonicalize().is_ok_and(|it| it == whole)) {
            let problem = "is read by the same call; write another file";
            return Err(Problem::of_file(&name, problem));
        }
        let written = std::fs::write(output, text);
        written.map_err(|error| Problem::of_file(&name, format!("cannot be written: {error}")))?;
        let secrets = exported.secrets.keys();
        let missing = secrets.map(|it| format!("{name}: put in ${{{it}}}"));
        Ok((None, missing.collect()))
    }
}
