//! `check`: whether rule files can be loaded.

use admf_alerts::catalogue::{Metrics, Severity};
use admf_alerts::promql::Settings;
use admf_alerts::rule_file::{FileError, RuleFile};
use serde_json::{Value, json};

use crate::file;
use crate::output::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Rule files of Prometheus; `-` is standard input.
    #[arg(required = true)]
    files: Vec<String>,
    /// Holds what rules ask for against the metrics with a `# TYPE` in this Prometheus text.
    #[arg(long, value_name = "FILE")]
    metrics: Option<String>,
    /// Asks for a severity, a summary and a runbook_url, and for each name and labels once.
    #[arg(long)]
    lint: bool,
}

/// Something that is wrong, and how bad it is.
struct Problem {
    severity: &'static str,
    file: String,
    error: Option<Box<FileError>>,
    text: String,
}

impl Problem {
    fn of_file(file: &str, text: String) -> Self {
        Self {
            severity: "error",
            file: file.to_owned(),
            error: None,
            text,
        }
    }

    fn new(severity: &'static str, error: FileError) -> Self {
        let mark = match severity {
            "error" => String::new(),
            other => format!(" [{other}]"),
        };
        Self {
            severity,
            file: error.file().to_owned(),
            text: format!("{error}{mark}"),
            error: Some(Box::new(error)),
        }
    }

    fn json(&self) -> Value {
        let error = self.error.as_deref();
        let problem = error.map_or(self.text.as_str(), FileError::problem);
        json!({
            "severity": self.severity,
            "file": self.file,
            "line": error.map(FileError::line),
            "column": error.map(FileError::column),
            "field": error.map(FileError::field),
            "problem": problem,
        })
    }
}

impl Check {
    pub(crate) fn run(&self, settings: &Settings) -> Done {
        let mut problems = Vec::new();
        let mut files = Vec::new();
        for name in &self.files {
            match read(name, settings) {
                Ok(file) => files.push((name, file)),
                Err(problem) => problems.push(problem),
            }
        }
        if self.lint {
            let lints = files.iter().flat_map(|(_, file)| file.lint());
            problems.extend(lints.map(|it| Problem::new("lint", it)));
        }
        match self.metrics() {
            Ok(Some(metrics)) => problems.extend(known(metrics, &files, settings)),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
        let bad = |it: &Problem| ["error", "lint"].contains(&it.severity);
        let counted = files.iter().map(|(name, file)| {
            let groups = file.groups();
            let rules: usize = groups.iter().map(|group| group.rules.len()).sum();
            (name.as_str(), groups.len(), rules)
        });
        let lines = counted
            .clone()
            .map(|(name, groups, rules)| format!("{name}: {rules} rules in {groups} groups"));
        let json = counted
            .map(|(name, groups, rules)| json!({"file": name, "groups": groups, "rules": rules}));
        Done {
            failed: problems.iter().any(bad),
            json: json!({
                "files": json.collect::<Vec<_>>(),
                "problems": problems.iter().map(Problem::json).collect::<Vec<_>>(),
            }),
            lines: lines.collect(),
            problems: problems.into_iter().map(|it| it.text).collect(),
        }
    }

    fn metrics(&self) -> Result<Option<Metrics>, Problem> {
        let Some(name) = &self.metrics else {
            return Ok(None);
        };
        let text = file::text(name).map_err(|problem| Problem::of_file(name, problem))?;
        let metrics = Metrics::parse(&text);
        let metrics = metrics.map_err(|it| Problem::of_file(name, format!("{name}: {it}")))?;
        Ok(Some(metrics))
    }
}

fn read(name: &str, settings: &Settings) -> Result<RuleFile, Problem> {
    let text = file::text(name).map_err(|problem| Problem::of_file(name, problem))?;
    RuleFile::parse(name, &text, settings).map_err(|error| Problem::new("error", error))
}

/// What rules of any file record is known to all.
fn known(metrics: Metrics, files: &[(&String, RuleFile)], settings: &Settings) -> Vec<Problem> {
    let groups = files.iter().flat_map(|(_, file)| file.groups());
    let metrics = metrics.and_recorded(groups);
    let found = files
        .iter()
        .flat_map(|(_, file)| file.check(&metrics, settings));
    let problem = |(severity, error)| {
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Skipped => "skipped",
        };
        Problem::new(severity, error)
    };
    found.map(problem).collect()
}
