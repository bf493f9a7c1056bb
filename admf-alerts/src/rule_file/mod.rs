//! Rule files of Prometheus.

mod read;
#[cfg(test)]
mod tests;

use crate::promql::Settings;
use crate::rule::RuleGroup;
use crate::yaml;
pub use crate::yaml::FileError;

/// Reads a rule file of Prometheus, and checks all that can be checked without data.
///
/// `file` is the name that errors and groups bear. With the semantics of Prometheus 2 the fields of later versions are
/// unknown: `query_offset` and the `labels` of a group. A group that names no interval is evaluated at every step:
/// set [`RuleGroup::interval`] to what is usual where it is `None`.
///
/// # Errors
///
/// The first thing that is no YAML, an unknown field, a key that is there twice, a length of time, expression, name or template
/// that is not valid, with its line. A second document and a merge key are refused too; tags are passed over.
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
    let groups = yaml::document(file, text, |document| read::file(file, document, settings));
    groups.map(Option::unwrap_or_default)
}
