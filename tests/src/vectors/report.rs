//! What came of the cases, and what of it fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Failed(String),
    /// The policy or kind that does not exist yet.
    NotBuilt(String),
}

impl Verdict {
    pub(super) fn failed(why: impl fmt::Display) -> Self {
        Self::Failed(why.to_string())
    }
}

/// What came of the cases of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    name: &'static str,
    passed: BTreeSet<String>,
    failed: Vec<(String, String)>,
    /// How many cases wait for what.
    not_built: BTreeMap<String, usize>,
}

impl FileReport {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            passed: BTreeSet::new(),
            failed: Vec::new(),
            not_built: BTreeMap::new(),
        }
    }

    /// Returns the report of a file that holds no cases that could be read: one failure.
    pub(super) fn unreadable(name: &'static str, why: impl fmt::Display) -> Self {
        let mut report = Self::new(name);
        report.add("(the file)", Verdict::failed(why));
        report
    }

    pub(super) fn add(&mut self, id: &str, verdict: Verdict) {
        match verdict {
            Verdict::Passed => {
                self.passed.insert(id.to_owned());
            }
            Verdict::Failed(why) => self.failed.push((id.to_owned(), why)),
            Verdict::NotBuilt(what) => *self.not_built.entry(what).or_default() += 1,
        }
    }

    /// Returns the ids of the cases that failed, each with the reason.
    #[must_use]
    pub fn failed(&self) -> &[(String, String)] {
        &self.failed
    }

    fn counts(&self) -> [usize; 3] {
        let not_built = self.not_built.values().sum();
        [self.passed.len(), self.failed.len(), not_built]
    }
}

/// What came of the cases of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub(super) files: Vec<FileReport>,
}

impl Report {
    /// Says what fails the test, given the cases `held_wrong`: file, id and reason of each.
    ///
    /// Those must fail; every other failure is one of ours. Only a folder that is `complete` must
    /// hold them all.
    ///
    /// # Errors
    ///
    /// Returns the failures that nobody expected, and the entries of the table that do not hold.
    pub fn check(&self, held_wrong: &[(&str, &str, &str)], complete: bool) -> Result<(), String> {
        let held = |file: &str, id: &str| held_wrong.iter().any(|it| (it.0, it.1) == (file, id));
        let mut faults = Vec::new();
        if self.files.is_empty() {
            faults.push("the folder holds none of the files".to_owned());
        }
        for file in &self.files {
            let unexpected = file.failed.iter().filter(|(id, _)| !held(file.name, id));
            faults.extend(unexpected.map(|(id, why)| format!("{}: {id}: {why}", file.name)));
        }
        for &(name, id, _) in held_wrong {
            let file = self.files.iter().find(|it| it.name == name);
            let passed = file.is_some_and(|it| it.passed.contains(id));
            let failed = file.is_some_and(|it| it.failed.iter().any(|(failed, _)| failed == id));
            if passed {
                faults.push(format!("{name}: {id} is held to be wrong, and passes"));
            } else if complete && !failed {
                faults.push(format!(
                    "{name}: {id} is held to be wrong, and is not there"
                ));
            }
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(faults.join("\n")),
        }
    }
}

impl fmt::Display for Report {
    /// Writes what failed and what is not built, then a line for each file, and last the sum.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            for (id, why) in &file.failed {
                writeln!(f, "{}, failed: {id}: {why}", file.name)?;
            }
            for (what, cases) in &file.not_built {
                writeln!(f, "{}, not built: {what} ({cases})", file.name)?;
            }
        }
        let mut sum = [0; 3];
        for file in &self.files {
            let counts = file.counts();
            line(f, file.name, counts)?;
            sum = std::array::from_fn(|at| sum[at] + counts[at]);
        }
        line(f, "vectors", sum)
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, counts: [usize; 3]) -> fmt::Result {
    let [passed, failed, not_built] = counts;
    writeln!(
        f,
        "{name}: {passed} passed, {failed} failed, {not_built} not built"
    )
}
