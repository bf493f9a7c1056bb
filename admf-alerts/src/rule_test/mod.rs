//! Unit tests of rules, as `promtool test rules` runs them.
//!
#![doc = include_str!("../../docs/alert_unit_tests.md")]

mod cases;
mod compare;
mod files;
mod input;
mod number;
mod read;
mod report;
mod run;
mod scenarios;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::promql::Settings;
use crate::rule::RuleGroup;
use crate::yaml;
pub use crate::yaml::FileError;
pub use report::{Failure, Report};

/// Holds a file of unit tests.
#[derive(Clone, Debug)]
pub struct TestFile {
    file: String,
    rule_files: Vec<String>,
    interval: Duration,
    order: Vec<String>,
    fuzzy: bool,
    tests: Vec<Test>,
    settings: Settings,
}

#[derive(Clone, Debug)]
struct Test {
    line: usize,
    /// `` test `name` ``, or `tests[0]`.
    shown: String,
    interval: Duration,
    input: Vec<Input>,
    alerts: Vec<AlertCase>,
    exprs: Vec<ExprCase>,
    external_labels: BTreeMap<String, String>,
    external_url: String,
}

#[derive(Clone, Debug)]
struct Input {
    line: usize,
    /// Series and values.
    text: String,
}

#[derive(Clone, Debug)]
struct AlertCase {
    line: usize,
    time: Duration,
    name: String,
    expected: Vec<compare::Alert>,
}

#[derive(Clone, Debug)]
struct ExprCase {
    line: usize,
    time: Duration,
    expr: String,
    /// A series as it is written, and its value.
    expected: Vec<(String, f64)>,
}

impl TestFile {
    /// Reads a file of unit tests; `file` is the name that failures bear.
    ///
    /// As 3 there is `fuzzy_compare`, and the interval of samples is that of evaluation where a test names none.
    ///
    /// # Errors
    ///
    /// The first thing that is no YAML, an unknown field, a key that is there twice, a length of time or a number that is not
    /// valid, a group that is named twice in the order, with its line. A second document and a merge key are refused too.
    pub fn parse(file: &str, text: &str, settings: &Settings) -> Result<Self, FileError> {
        let read = yaml::document(file, text, |document| read::file(document, settings))?;
        let mut read = match read {
            Some(read) => read,
            None => read::empty(settings),
        };
        file.clone_into(&mut read.file);
        Ok(read)
    }

    /// Returns the patterns of the rule files, as they are written.
    #[must_use]
    pub fn rule_files(&self) -> &[String] {
        &self.rule_files
    }

    /// Runs all tests over rules, which need not come from files.
    #[must_use]
    pub fn run(&self, groups: &[RuleGroup]) -> Report {
        let mut report = Report::new(&self.file);
        for test in &self.tests {
            report.tests += 1;
            report.cases += test.alerts.len() + test.exprs.len();
            report.failures.extend(run::test(self, test, groups));
        }
        report
    }
}

/// Reads a file of unit tests and the rule files that it names, relative to it, and runs the tests.
///
/// Whatever keeps them from running is a failure in the report. A pattern of rule files that fits none is a warning, as for promtool.
///
/// # Examples
///
/// ```
/// use admf_alerts::promql::{Semantics, Settings};
/// use admf_alerts::rule_test;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("rules.yml"), "
/// groups:
/// - name: disks
///   rules:
///   - alert: DiskFull
///     expr: disk_free_ratio < 0.1
///     for: 1m
/// ")?;
/// let path = folder.path().join("tests.yml");
/// std::fs::write(&path, "
/// rule_files: ['*rules.yml']
/// tests:
/// - interval: 1m
///   input_series:
///   - series: disk_free_ratio{disk=\"a\"}
///     values: 0.5 0.05x5
///   alert_rule_test:
///   - {alertname: DiskFull, eval_time: 1m, exp_alerts: []}
///   - {alertname: DiskFull, eval_time: 2m, exp_alerts: [{exp_labels: {disk: a}}]}
/// ")?;
/// let report = rule_test::run(&path, &Settings::default().semantics(Semantics::Prometheus2));
/// assert!(report.passed(), "{report}");
/// assert_eq!(report.cases, 2);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn run(path: &Path, settings: &Settings) -> Report {
    let shown = path.display().to_string();
    let text = match files::text(path) {
        Ok(text) => text,
        Err(stopped) => return Report::new(&shown).failed(stopped),
    };
    let file = match TestFile::parse(&shown, &text, settings) {
        Ok(file) => file,
        Err(error) => return Report::new(&shown).failed(vec![Failure::from(&error)]),
    };
    let found = match files::found(path, &file.rule_files) {
        Ok(found) => found,
        Err(stopped) => return Report::new(&shown).failed(stopped),
    };
    // Without a test nobody looks into the rules.
    let groups = match file.tests.is_empty() {
        true => Ok(Vec::new()),
        false => files::groups(&found.paths, settings),
    };
    let mut report = match groups {
        Ok(groups) => file.run(&groups),
        Err(stopped) => Report::new(&shown).failed(stopped),
    };
    report.warnings = found.warnings;
    report
}
