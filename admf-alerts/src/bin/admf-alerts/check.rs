//! `check`: whether files that declare alerts can be loaded.

use admf_alerts::files::{AlertFile, Form};
use admf_alerts::promql::Settings;
use serde_json::json;

use crate::input::{Input, counted, shown};
use crate::output::Done;
use crate::problem::Problem;

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    #[command(flatten)]
    input: Input,
    /// Asks rule files for a severity, a summary and a runbook_url, and for each name and labels once.
    #[arg(long)]
    lint: bool,
}

impl Check {
    pub(crate) fn run(&self, settings: &Settings) -> Done {
        let declared = self.input.read(settings);
        let files = &declared.files;
        let mut problems = declared.problems;
        if self.lint {
            let lints = files.iter().flat_map(AlertFile::lint);
            problems.extend(lints.map(|it| Problem::new("lint", &it)));
        }
        let lines = files.iter().map(|file| {
            let counted = counted(file.groups().iter());
            format!("{}: {}", file.name(), shown(counted))
        });
        let json = files.iter().map(|file| {
            let (groups, rules) = counted(file.groups().iter());
            let form = match file.form() {
                Form::Rules => "rules",
                Form::Templates => "templates",
                Form::Slos => "slos",
            };
            json!({"file": file.name(), "form": form, "groups": groups, "rules": rules})
        });
        Done {
            failed: problems.iter().any(Problem::fails),
            json: json!({
                "files": json.collect::<Vec<_>>(),
                "problems": problems.iter().map(Problem::json).collect::<Vec<_>>(),
            }),
            lines: lines.collect(),
            problems: problems.into_iter().map(Problem::text).collect(),
        }
    }
}
