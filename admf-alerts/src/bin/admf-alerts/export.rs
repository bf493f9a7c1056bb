//! `export`: what files declare, as a rule file for Prometheus.

use std::path::{Path, PathBuf};
use std::time::Duration;

use admf_alerts::RuleGroup;
use admf_alerts::export::{self, ExportError, Options, Scenario};
use admf_alerts::promql::Settings;
use admf_alerts::rule_test::TestFile;
use serde_json::json;

use crate::input::{self, Input, counted, shown};
use crate::output::Done;
use crate::problem::Problem;
use crate::{beside, file};

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    input: Input,
    /// Writes what Prometheus cannot say as a comment at its rule, in place of refusing it.
    #[arg(long)]
    lossy: bool,
    /// The interval of groups that name none.
    #[arg(long, value_name = "LENGTH", value_parser = input::length)]
    interval: Option<Duration>,
    /// Where to write the rule file. Default: standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Where to write unit tests for promtool, by which Prometheus says what we say.
    #[arg(long, value_name = "FILE", requires_all = ["output", "scenarios"])]
    tests: Option<PathBuf>,
    /// Unit tests for promtool, of which the series and the times are taken; may be given again.
    #[arg(long, value_name = "FILE", requires = "tests")]
    scenarios: Vec<String>,
}

/// A text and where it goes.
type Written<'a> = (&'a Path, String, String);

impl Export {
    pub(crate) fn run(&self, settings: &Settings) -> Done {
        let declared = self.input.read(settings);
        let groups: Vec<_> = declared.groups().map(|group| self.of(group)).collect();
        let mut problems = declared.problems;
        let mut done = Done::default();
        let mut rules = None;
        if !problems.iter().any(Problem::fails) {
            match self.exported(&groups, settings, &mut problems) {
                Ok((text, lines)) => (rules, done.lines) = (text, lines),
                Err(problem) => problems.push(problem),
            }
        }
        done.failed = problems.iter().any(Problem::fails);
        done.json = json!({
            "rules": rules,
            "written": self.written(done.failed),
            "problems": problems.iter().map(Problem::json).collect::<Vec<_>>(),
        });
        done.lines
            .extend(rules.map(|text| text.trim_end().to_owned()));
        done.problems = problems.into_iter().map(Problem::text).collect();
        done
    }

    fn of(&self, group: &RuleGroup) -> RuleGroup {
        let mut group = group.clone();
        group.interval = group.interval.or(self.interval);
        group
    }

    fn written(&self, failed: bool) -> Vec<String> {
        let files = [&self.output, &self.tests].into_iter().flatten();
        let files = files.filter(|_| !failed);
        files.map(|it| it.display().to_string()).collect()
    }

    /// Gives the rule file, where it is for standard output, or else writes it and says so.
    fn exported(
        &self,
        groups: &[RuleGroup],
        settings: &Settings,
        problems: &mut Vec<Problem>,
    ) -> Result<(Option<String>, Vec<String>), Problem> {
        let refused = |error: ExportError| Problem::of_export("error", &error);
        let options = Options::default().settings(*settings).lossy(self.lossy);
        let losses = export::losses(groups, &options).map_err(refused)?;
        // As one of them would stop it, so do all, each on its line.
        let severity = if self.lossy { "loss" } else { "error" };
        problems.extend(losses.iter().map(|it| Problem::of_export(severity, it)));
        if !self.lossy && !losses.is_empty() {
            return Ok((None, Vec::new()));
        }
        let rules = export::rules(groups, &options).map_err(refused)?;
        let Some(output) = &self.output else {
            return Ok((Some(rules), Vec::new()));
        };
        let mut files: Vec<Written<'_>> = vec![(output, rules, shown(counted(groups.iter())))];
        if let Some(tests) = &self.tests {
            let scenarios = self.scenarios(settings)?;
            let name = beside::pattern(tests, output)?;
            let text = export::tests(&name, groups, &scenarios, &options).map_err(refused)?;
            files.push((tests, text, format!("{} scenarios", scenarios.len())));
        }
        self.write(&files).map(|lines| (None, lines))
    }

    fn scenarios(&self, settings: &Settings) -> Result<Vec<Scenario>, Problem> {
        let mut scenarios = Vec::new();
        for name in &self.scenarios {
            let text = file::declared(name)?;
            let tests = TestFile::parse(name, &text, settings);
            let tests = tests.map_err(|error| Problem::new("error", &error))?;
            let read = tests.scenarios();
            let read = read.map_err(|failure| Problem::of_test(&failure))?;
            scenarios.extend(read);
        }
        Ok(scenarios)
    }

    /// Writes nothing unless all of it can be meant.
    fn write(&self, files: &[Written<'_>]) -> Result<Vec<String>, Problem> {
        let read = self.input.names().iter().chain(&self.scenarios);
        let mut taken: Vec<PathBuf> = read
            .filter_map(|name| Path::new(name).canonicalize().ok())
            .collect();
        for (path, ..) in files {
            let whole = beside::whole(path)?;
            if taken.contains(&whole) {
                let problem = "is read, or written, by the same call; write another file";
                return Err(Problem::of_file(&path.display().to_string(), problem));
            }
            taken.push(whole);
        }
        let mut lines = Vec::new();
        for (path, text, what) in files {
            let name = path.display().to_string();
            let unwritten = |error| Problem::of_file(&name, format!("cannot be written: {error}"));
            std::fs::write(path, text).map_err(unwritten)?;
            lines.push(format!("{name}: {what}"));
        }
        Ok(lines)
    }
}
