//! The series of a test.

use std::collections::BTreeMap;

use super::report::Stopped;
use super::run::Run;
use crate::notation::{Described, Item, Load};

/// How many values the series of a test may have.
const VALUES: usize = 5_000_000;

impl Run<'_> {
    /// Of a series that is given twice the last counts.
    pub(super) fn load(&self) -> Stopped<Load> {
        let mut series = BTreeMap::new();
        let mut values = 0;
        let last = self.test.input.len();
        for (index, input) in self.test.input.iter().enumerate() {
            let refused = |problem: String| {
                let field = format!("input_series[{index}]: {problem}");
                vec![self.failure(input.line, field)]
            };
            let text = input.text.trim_matches([' ', '\t']);
            let line = text.trim_end();
            if line.contains('\n') || text.len() > line.len() && index + 1 < last {
                let problem =
                    "a line feed, after which promtool reads another series or none; write `>-`";
                return Err(refused(problem.to_owned()));
            }
            let described = Described::parse(line).map_err(refused)?;
            if described.items.contains(&Item::Native) {
                return Err(refused("native histograms are not known here".to_owned()));
            }
            values += described.items.len();
            if values > VALUES {
                return Err(refused(format!("more than {VALUES} values")));
            }
            series.insert(described.labels.clone(), described);
        }
        Ok(Load {
            step: i64::try_from(self.test.interval.as_millis()).unwrap_or(i64::MAX),
            series: series.into_values().collect(),
        })
    }
}
