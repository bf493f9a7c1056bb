//! Tests as scenarios, of which the engine says what is to be expected.

use super::report::Failure;
use super::run::Run;
use super::{Test, TestFile};
use crate::export::Scenario;

impl TestFile {
    /// Takes of each test the series and the times at which it looks, for [`export::tests`](crate::export::tests); what it expects
    /// is left.
    ///
    /// # Errors
    ///
    /// A series or a value that cannot be read, or what a scenario does not have: external labels, an external URL.
    pub fn scenarios(&self) -> Result<Vec<Scenario>, Box<Failure>> {
        self.tests.iter().map(|test| self.scenario(test)).collect()
    }

    fn scenario(&self, test: &Test) -> Result<Scenario, Box<Failure>> {
        let run = Run { file: self, test };
        let beyond = [
            ("external_labels", test.external_labels.is_empty()),
            ("external_url", test.external_url.is_empty()),
        ];
        if let Some((field, _)) = beyond.iter().find(|(_, is_empty)| !is_empty) {
            let problem = format!("{field}: scenarios have none");
            return Err(Box::new(run.failure(test.line, problem)));
        }
        let load = run.load().map_err(|failures| {
            let first = failures.into_iter().next();
            Box::new(first.expect("what stops it says why"))
        })?;
        let alerts = test.alerts.iter().map(|case| case.time);
        let exprs = test.exprs.iter().map(|case| case.time);
        let name = format!("{} of {}", test.shown, self.file);
        let mut scenario = Scenario::new(name, test.interval).at(alerts.chain(exprs));
        scenario.series = load.series;
        Ok(scenario)
    }
}
