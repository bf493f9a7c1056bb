//! The files of a test.

use std::path::{Path, PathBuf};

use super::report::{Failure, Stopped};
use crate::files::{glob, text};
use crate::promql::Settings;
use crate::rule::RuleGroup;
use crate::rule_file;

/// How many bytes each of them may have.
const BYTES: u64 = 16 << 20;

pub(super) fn text(path: &Path) -> Stopped<String> {
    let read = text::read(path, &mut { BYTES });
    read.map_err(|error| vec![Failure::from(&error)])
}

/// The rule files that there are, each once.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) paths: Vec<PathBuf>,
    pub(super) warnings: Vec<String>,
}

pub(super) fn found(test: &Path, patterns: &[String]) -> Stopped<Found> {
    let base = test.parent().unwrap_or(Path::new(""));
    let refused = |problem: String| vec![Failure::of_file(&test.display().to_string(), problem)];
    let base = base.to_str();
    let base = base.ok_or_else(|| refused("the path of its folder is not UTF-8".to_owned()))?;
    let mut found = Found::default();
    for pattern in patterns {
        let whole = match pattern.strip_prefix("./").unwrap_or(pattern) {
            pattern if base.is_empty() || pattern.is_empty() || pattern.starts_with('/') => {
                pattern.to_owned()
            }
            pattern => format!("{base}/{pattern}"),
        };
        let paths = glob::glob(&whole)
            .map_err(|problem| refused(format!("rule_files: `{pattern}`: {problem}")))?
            .paths;
        if paths.is_empty() {
            found.warnings.push(format!("no file fits `{pattern}`"));
        }
        for path in paths {
            if !found.paths.contains(&path) {
                found.paths.push(path);
            }
        }
    }
    Ok(found)
}

pub(super) fn groups(paths: &[PathBuf], settings: &Settings) -> Stopped<Vec<RuleGroup>> {
    let mut groups = Vec::new();
    for path in paths {
        let read = rule_file::parse(&path.display().to_string(), &text(path)?, settings);
        groups.extend(read.map_err(|error| vec![Failure::from(&error)])?);
    }
    Ok(groups)
}
