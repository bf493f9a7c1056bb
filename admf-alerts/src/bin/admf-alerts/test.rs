//! `test`: unit tests of rules.

use std::path::PathBuf;

use admf_alerts::promql::Settings;
use admf_alerts::rule_test::{self, Failure, Report};
use serde_json::{Value, json};

use crate::output::Done;

#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Files of unit tests; the rule files that they name are relative to them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

impl Test {
    pub(crate) fn run(&self, settings: &Settings) -> Done {
        let files = self.files.iter();
        let reports: Vec<_> = files.map(|it| rule_test::run(it, settings)).collect();
        let passed = reports.iter().all(Report::passed);
        Done {
            lines: reports.iter().map(ToString::to_string).collect(),
            problems: Vec::new(),
            json: json!({
                "passed": passed,
                "files": reports.iter().map(report).collect::<Vec<_>>(),
            }),
            failed: !passed,
        }
    }
}

fn report(report: &Report) -> Value {
    json!({
        "file": report.file,
        "passed": report.passed(),
        "tests": report.tests,
        "cases": report.cases,
        "warnings": report.warnings,
        "failures": report.failures.iter().map(failure).collect::<Vec<_>>(),
    })
}

fn failure(failure: &Failure) -> Value {
    json!({
        "file": failure.file,
        "line": failure.line,
        "test": failure.test,
        "alertname": failure.alertname,
        "expr": failure.expr,
        "time": failure.time.map(|time| time.as_secs_f64()),
        "problem": failure.problem,
        "expected": failure.expected,
        "got": failure.got,
    })
}
