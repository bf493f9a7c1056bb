//! What became of the cases.

use std::fmt;

pub(crate) enum Outcome {
    Passed,
    Failed(String),
    OutOfScope(&'static str),
}

pub(crate) struct Case {
    pub(crate) line: usize,
    pub(crate) expr: String,
    pub(crate) outcome: Outcome,
}

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) cases: Vec<Case>,
    /// Cases that expect or forbid a warning or an information.
    pub(crate) annotations: usize,
}

impl Report {
    fn counts(&self) -> [usize; 3] {
        let mut counts = [0; 3];
        for case in &self.cases {
            counts[match case.outcome {
                Outcome::Passed => 0,
                Outcome::Failed(_) => 1,
                Outcome::OutOfScope(_) => 2,
            }] += 1;
        }
        counts
    }

    pub(crate) fn percent(&self) -> f64 {
        let [passed, failed, _] = self.counts();
        100.0 * passed as f64 / (passed + failed) as f64
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.cases.extend(other.cases);
        self.annotations += other.annotations;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [passed, failed, out] = self.counts();
        write!(f, "{passed} passed, {failed} failed, {out} out of scope")
    }
}
