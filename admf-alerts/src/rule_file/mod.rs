//! Rule files of Prometheus.

mod lint;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::catalogue::{Finding, Metrics, Severity};
use crate::promql::Settings;
use crate::rule::RuleGroup;
pub use crate::yaml::FileError;
use crate::yaml::{self, Mark};

/// Reads a rule file of Prometheus, and checks all that can be checked without data.
///
/// `file` is the name that errors and groups bear. With the semantics of Prometheus 2 the fields of later versions are
/// unknown: `query_offset` and the `labels` of a group. A group that names no interval is evaluated at every step:
/// set [`RuleGroup::interval`] to what is usual where it is `None`.
///
/// # Errors
///
/// The first thing that is no YAML, an unknown field, a key that is there twice, a length of time, expression, name or template
/// that is not valid, with its line. A second document, a merge key and `!!binary` are refused too.
///
/// # Examples
///
/// ```
/// use admf_alerts::promql::Settings;
/// use admf_alerts::rule_file::parse;
///
/// let text = "
/// groups:
/// - name: disks
///   rules:
///   - alert: DiskFull
///     expr: disk_free_ratio < 0.1
///     for: 5min
/// ";
/// let error = parse("disks.yml", text, &Settings::default()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "disks.yml:7:10: groups[0].rules[0].for: `5min` is no length of time such as `30s` or `1h30m`",
/// );
/// let groups = parse("disks.yml", &text.replace("5min", "5m"), &Settings::default())?;
/// assert_eq!(groups[0].rules[0].name, "DiskFull");
/// # Ok::<(), admf_alerts::rule_file::FileError>(())
/// ```
pub fn parse(file: &str, text: &str, settings: &Settings) -> Result<Vec<RuleGroup>, FileError> {
    RuleFile::parse(file, text, settings).map(RuleFile::into_groups)
}

/// Holds the groups of a rule file and where in it they are, to check them with others once all are read.
///
/// # Examples
///
/// ```
/// use admf_alerts::catalogue::{KnownMetric, Metrics};
/// use admf_alerts::promql::Settings;
/// use admf_alerts::rule_file::RuleFile;
/// use admf_alerts::samples::FamilyKind;
///
/// let text = "
/// groups:
/// - name: disks
///   rules:
///   - alert: DiskFull
///     expr: disk_fre_ratio < 0.1
/// ";
/// let settings = Settings::default();
/// let metrics = Metrics::default().with(KnownMetric::new("disk_free_ratio", FamilyKind::Gauge));
/// let file = RuleFile::parse("disks.yml", text, &settings)?;
/// let found = file.check(&metrics, &settings);
/// assert_eq!(
///     found[0].1.to_string(),
///     "disks.yml:6:11: groups[0].rules[0].expr: `DiskFull`: unknown metric `disk_fre_ratio`; \
///      near it is `disk_free_ratio`",
/// );
/// # Ok::<(), admf_alerts::rule_file::FileError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RuleFile {
    name: String,
    groups: Vec<RuleGroup>,
    /// Of the expressions, by group and rule.
    places: Vec<Vec<Place>>,
}

#[derive(Clone, Debug)]
struct Place {
    mark: Mark,
    field: String,
    /// Of the labels and annotations beside it, by their fields.
    texts: BTreeMap<String, Mark>,
}

impl RuleFile {
    /// Reads a rule file, as [`parse`] does.
    ///
    /// # Errors
    ///
    /// As [`parse`].
    pub fn parse(file: &str, text: &str, settings: &Settings) -> Result<Self, FileError> {
        let read = yaml::document(file, text, |document| read::file(file, document, settings))?;
        Ok(Self {
            name: file.to_owned(),
            ..read.unwrap_or_default()
        })
    }

    /// Lists its groups.
    #[must_use]
    pub fn groups(&self) -> &[RuleGroup] {
        &self.groups
    }

    /// Gives its groups away.
    #[must_use]
    pub fn into_groups(self) -> Vec<RuleGroup> {
        self.groups
    }

    /// Does as [`Metrics::check`], and says of each thing where in the file it is. What other files record must be
    /// [known](Metrics::and_recorded).
    #[must_use]
    pub fn check(&self, metrics: &Metrics, settings: &Settings) -> Vec<(Severity, FileError)> {
        let found = metrics.check(&self.groups, settings).into_iter();
        let placed = found.map(|it| (it.severity, self.place(&it)));
        placed.collect()
    }

    fn place(&self, found: &Finding) -> FileError {
        let Place { mark, field, texts } = &self.places[found.group][found.rule];
        let problem = format!("`{}`: {}", found.error.rule(), found.error.problem);
        let of = found.error.field();
        match texts.get(of) {
            Some(mark) => {
                let rule = field.strip_suffix("expr").unwrap_or_default();
                FileError::new(&self.name, *mark, format!("{rule}{of}"), problem)
            }
            None => FileError::new(&self.name, *mark, field, problem),
        }
    }
}
