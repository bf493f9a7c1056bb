//! Who is told, and how, as files say it.
//!
#![doc = include_str!("../../docs/alertmanager_file.md")]

mod address;
mod env;
mod matchers;
pub(crate) mod meta;
mod own;
mod read;
mod rules;
mod setup;
#[cfg(test)]
mod tests;
mod write;

use std::path::Path;

pub use crate::yaml::FileError;
pub(crate) use address::check as check_address;
pub use env::from_env;
#[cfg(feature = "api")]
pub(crate) use matchers::matcher;
pub use matchers::matchers;
pub use meta::{CHANNEL_FAILING, Meta, NOT_WRITTEN, TOLD, WATCHDOG};
pub use own::add;
use read::Around;
pub use rules::with_rules;
pub use setup::Setup;
pub use write::{Exported, SetupError, export};

use crate::yaml;

/// Knows variables by their names, such as those of the environment.
pub type Lookup<'v> = &'v dyn Fn(&str) -> Option<String>;

/// What stands before a variable where an address has to be.
const PLACEHOLDER: &str = "https://env.invalid/";

/// The days of the week, as time intervals number and name them.
const DAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

/// Reads an `alertmanager.yml` of Alertmanager 0.25.
///
/// `file` names it in errors, and its folder is the one of relative paths in `http_config` and of `templates`, whose files are
/// read. With `variable`, a secret
/// that is `${NAME}` is taken from that variable; without, it is that text, as for Alertmanager.
///
/// # Errors
///
/// The first thing that is refused, with line and field: all that amtool refuses, and what is not known here. No secret is
/// said.
///
/// # Examples
///
/// ```
/// let text = "
/// route: {receiver: team, group_by: [alertname]}
/// receivers:
/// - name: team
///   slack_configs: [{api_url: '${SLACK_WEBHOOK_URL}'}]
/// ";
/// let variable = |name: &str| (name == "SLACK_WEBHOOK_URL").then(|| "https://hooks.example/T0".to_owned());
/// let setup = admf_alerts::alertmanager_file::parse("alertmanager.yml", text, Some(&variable))?;
/// assert_eq!(setup.channels["team"][0].kind(), "slack");
/// assert!(!format!("{setup:?}").contains("hooks.example"));
/// # Ok::<(), admf_alerts::alertmanager_file::FileError>(())
/// ```
pub fn parse(file: &str, text: &str, variable: Option<Lookup<'_>>) -> Result<Setup, FileError> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let around = Around { folder, variable };
    let read = yaml::document(file, text, |node| read::setup(node, around))?;
    let empty = || FileError::new(file, yaml::Mark::default(), "", "there is no `route`");
    read.ok_or_else(empty)
}
