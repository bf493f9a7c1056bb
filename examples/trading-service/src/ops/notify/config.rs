//! Who is told, as files and variables say it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use admf_alerts::alertmanager_file::{Setup, add, parse};

use super::own::Own;

/// The routes that come with the program.
const ROUTES: &str = include_str!("../../../notify/alertmanager.yml");
const CHANNELS: &str = include_str!("../../../notify/admf.yml");
/// How soon after a notice of an alert the next one may follow, in a run by the routes that come with the program.
const PACE: Duration = Duration::from_millis(100);
/// What the second file is called, beside the first.
const SECOND: &str = "admf.yml";

/// Whom to tell of alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NotifyConfig {
    /// A file of an Alertmanager, and `admf.yml` beside it if that is there; the program's own without.
    pub(crate) routes: Option<PathBuf>,
    /// What has to outlive the process; in the folder of the run without.
    pub(crate) data: Option<PathBuf>,
    /// Whether another process goes on with it: then nobody is told of an end that is only this one's.
    pub(crate) kept: bool,
    /// Whether the process stays up: a run lasts seconds, and what its day raises is told at their pace.
    pub(crate) stays_up: bool,
}

impl NotifyConfig {
    /// Checks the files, before anything is started that would go by them.
    ///
    /// # Errors
    ///
    /// What is refused first, in one line, with file, line and field.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.read(Path::new(""), &Own::new()).map(drop)
    }

    /// Reads the files; those of the program write into `folder`.
    pub(super) fn read(&self, folder: &Path, own: &Own) -> Result<Setup, String> {
        let variable = |name: &str| std::env::var(name).ok().or_else(|| own.variable(name));
        let first = |file: &str, text: &str| {
            let setup = parse(file, text, Some(&variable));
            setup.map_err(|error| format!("--notify: {error}"))
        };
        let second = |setup, file: &str, text: &str| {
            let setup = add(setup, file, text, Some(&variable));
            setup.map_err(|error| format!("--notify: {error}"))
        };
        let Some(path) = &self.routes else {
            let mut setup = first("alertmanager.yml", ROUTES)?;
            if !self.stays_up {
                setup.notify.route.group_interval = Some(PACE);
            }
            return second(setup, &folder.join(SECOND).display().to_string(), CHANNELS);
        };
        let setup = first(&path.display().to_string(), &text_of(path)?)?;
        let beside = path.with_file_name(SECOND);
        match beside.exists() {
            true => second(setup, &beside.display().to_string(), &text_of(&beside)?),
            false => Ok(setup),
        }
    }
}

fn text_of(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path);
    text.map_err(|error| format!("--notify: {}: {error}", path.display()))
}
