//! Rule files on disk: read, checked, and read again once they are others.
//!
#![doc = include_str!("../../docs/rule_files.md")]

mod alert_file;
mod form;
pub(crate) mod glob;
mod look;
#[cfg(test)]
mod tests;
pub(crate) mod text;
#[cfg(feature = "reload")]
mod wake;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalogue::{Metrics, Severity};
use crate::engine::{AlertEvent, Engine};
use crate::promql::Settings;
use crate::rule::{RuleError, RuleGroup};
use crate::rule_file::{FileError, RuleFile};
pub use alert_file::AlertFile;
pub use form::Form;
use look::{Look, look};
pub use text::utf8;
#[cfg(feature = "reload")]
pub use wake::{Wake, Wakes};

/// How many bytes all rule files may have together, if nobody says otherwise.
const MAX_BYTES: u64 = 16 << 20;

/// Names the rule files of a program, and keeps an [`Engine`] at what they say.
///
/// # Examples
///
/// ```
/// use admf_alerts::files::{Reload, RuleFiles};
/// use admf_alerts::{Engine, Options};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("disks.yml");
/// let text = "groups:\n- name: disks\n  rules:\n  - alert: DiskFull\n    expr: disk_free_ratio < 0.1\n";
/// std::fs::write(&path, text)?;
///
/// let mut files = RuleFiles::new([format!("{}/*.yml", folder.path().display())]);
/// let mut engine = Engine::with([], Options::default())?;
/// assert!(matches!(files.reload_if_changed(&mut engine)?, Reload::Reloaded { .. }));
/// assert_eq!(engine.rules().count(), 1);
///
/// std::fs::write(&path, text.replace("expr", "exqr"))?;
/// let error = files.reload_if_changed(&mut engine).unwrap_err();
/// assert!(error.to_string().contains("disks.yml:5:5: groups[0].rules[0].exqr: unknown field"));
/// assert_eq!(engine.rules().count(), 1); // as it was
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RuleFiles {
    patterns: Vec<String>,
    groups: Vec<RuleGroup>,
    settings: Settings,
    metrics: Option<Metrics>,
    interval: Option<Duration>,
    /// By the name of the group.
    clocks: BTreeMap<String, String>,
    max_bytes: u64,
    /// What was last tried.
    tried: Option<Look>,
    /// What was seen since, once.
    seen: Option<Look>,
}

/// Holds what rule files say.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Loaded {
    /// The groups of the program, then those of the files, in the order of the paths.
    pub groups: Vec<RuleGroup>,
    /// What the check found in the files that is no error.
    pub doubts: Vec<(Severity, FileError)>,
}

/// Says what became of a look at the files.
#[derive(Clone, Debug, PartialEq)]
pub enum Reload {
    /// They are what they were at the last try, whether that went well or not.
    Unchanged,
    /// They are others, and may still be written.
    Changing,
    /// The engine has what they say now.
    Reloaded {
        /// The alerts that fired under rules that are gone.
        withdrawn: Vec<AlertEvent>,
        /// What the check found that is no error.
        doubts: Vec<(Severity, FileError)>,
    },
}

impl RuleFiles {
    /// Names files, by their paths or by patterns as Prometheus has them: `*`, `?`, `[a-z]`, `[^a]`, `\\`.
    pub fn new<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Self {
        Self {
            patterns: patterns.into_iter().map(Into::into).collect(),
            groups: Vec::new(),
            settings: Settings::default(),
            metrics: None,
            interval: None,
            clocks: BTreeMap::new(),
            max_bytes: MAX_BYTES,
            tried: None,
            seen: None,
        }
    }

    /// Adds groups of the program, which are there besides those of the files.
    #[must_use]
    pub fn groups(mut self, groups: impl IntoIterator<Item = RuleGroup>) -> Self {
        self.groups.extend(groups);
        self
    }

    /// Sets how expressions are read: as the engine evaluates them. Default: as Prometheus 3.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets what rules of files may ask for. Default: anything.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// Sets the interval of groups in files that name none. Default: they are evaluated at every step.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets by which [clock](RuleGroup::clock) the groups of a name go, in whatever file: a rule file has no word for it.
    /// Default: that of the machine. Whoever has an engine for each clock gives each its own [groups](Loaded::groups).
    #[must_use]
    pub fn clock(mut self, group: impl Into<String>, clock: impl Into<String>) -> Self {
        self.clocks.insert(group.into(), clock.into());
        self
    }

    /// Sets how many bytes all files may have together. Default: 16 MiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Reads all files and checks all of them.
    ///
    /// # Errors
    ///
    /// Names the first file that is not there, is no file, is not UTF-8 or too large, or is refused by
    /// [`RuleFile::parse`], or the first rule that asks for what there is not. A pattern that names nothing is refused too.
    pub fn load(&self) -> Result<Loaded, FileError> {
        self.loaded(&look(&self.patterns, self.max_bytes)?)
    }

    fn loaded(&self, texts: &[(String, String)]) -> Result<Loaded, FileError> {
        let files = texts
            .iter()
            .map(|(name, text)| RuleFile::parse(name, text, &self.settings));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let mut loaded = Loaded {
            groups: self.groups.clone(),
            ..Loaded::default()
        };
        if let Some(metrics) = &self.metrics {
            let all = files.iter().flat_map(RuleFile::groups).chain(&self.groups);
            let metrics = metrics.clone().and_recorded(all);
            for found in files
                .iter()
                .flat_map(|file| file.check(&metrics, &self.settings))
            {
                match found {
                    (Severity::Error, error) => return Err(error),
                    doubt => loaded.doubts.push(doubt),
                }
            }
        }
        for mut group in files.into_iter().flat_map(RuleFile::into_groups) {
            group.interval = group.interval.or(self.interval);
            if let Some(clock) = self.clocks.get(&group.name) {
                group.clock.clone_from(clock);
            }
            loaded.groups.push(group);
        }
        Ok(loaded)
    }

    /// Looks at the files, and where they are not what they were at the last try, has the engine
    /// [take](Engine::reload) what they say. State is carried over by group, name and labels.
    ///
    /// It reads files, and so may wait for the disk.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and what the engine refuses. The engine stays as it was. The same is told once: as long as
    /// the files stay so they are unchanged.
    pub fn reload_if_changed(&mut self, engine: &mut Engine) -> Result<Reload, FileError> {
        let look = look(&self.patterns, self.max_bytes);
        self.seen = None;
        match self.is_tried(&look) {
            true => Ok(Reload::Unchanged),
            false => self.apply(look, engine),
        }
    }

    /// Does so only where two looks in a row find the same, so that nothing is taken that is still being written.
    /// It is for looks from time to time, where nobody says that the files are ready.
    ///
    /// # Errors
    ///
    /// As [`reload_if_changed`](Self::reload_if_changed).
    pub fn reload_if_settled(&mut self, engine: &mut Engine) -> Result<Reload, FileError> {
        let look = look(&self.patterns, self.max_bytes);
        let seen = self.seen.take();
        if self.is_tried(&look) {
            return Ok(Reload::Unchanged);
        }
        if seen.as_ref() == Some(&look) {
            return self.apply(look, engine);
        }
        self.seen = Some(look);
        Ok(Reload::Changing)
    }

    fn is_tried(&self, look: &Look) -> bool {
        self.tried.as_ref() == Some(look)
    }

    fn apply(&mut self, look: Look, engine: &mut Engine) -> Result<Reload, FileError> {
        let loaded = look.clone().and_then(|texts| self.loaded(&texts));
        self.tried = Some(look);
        let Loaded { groups, doubts } = loaded?;
        let withdrawn = engine.reload(groups).map_err(|error| placed(&error))?;
        Ok(Reload::Reloaded { withdrawn, doubts })
    }
}

/// Names the file of what the engine refused.
fn placed(error: &RuleError) -> FileError {
    let file = match error.file() {
        "" => "rules of the program",
        file => file,
    };
    FileError::whole(file, error.to_string())
}
