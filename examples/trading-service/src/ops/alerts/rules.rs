//! The files of the rules.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use admf_alerts::catalogue::{Metrics, Severity};
use admf_alerts::promql::Settings;
use admf_alerts::{RuleGroup, RuleKind, files, rule_file, slo};
use admf_metrics::{Catalogue, red};

use super::evaluator::Evaluator;
use crate::ops::catalogue;

/// What `RuleGroup::clock` says of a group that goes by the dates of the replay.
const TRADING: &str = "trading";
/// Of one that objectives make.
const OBJECTIVES: &str = "objectives";
/// What rules may ask for that others are to feed.
const OTHERS: &str = include_str!("../../../rules/other_metrics.prom");

macro_rules! built_in {
    ($($clock:ident $name:literal),+) => {
        [$((RuleClock::$clock, $name, include_str!(concat!("../../../rules/", $name)))),+]
    };
}

/// The rules that come with the program: all but `external.yml`, which is for what no process sees of itself.
const BUILT_IN: [(RuleClock, &str, &str); 8] = built_in![
    Trading "trading.yml",
    Trading "models.yml",
    Machine "services.yml",
    Machine "system.yml",
    Machine "data.yml",
    Machine "apis.yml",
    Machine "pipelines.yml",
    Objectives "objectives.yaml"
];

/// By which clock the rules of a file are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RuleClock {
    /// Real time.
    Machine,
    /// The dates of the bars that are traded.
    Trading,
    /// Real time, of objectives: seldom, as they look back for days.
    Objectives,
}

impl RuleClock {
    /// Each.
    pub(super) const ALL: [Self; 3] = [Self::Machine, Self::Trading, Self::Objectives];

    /// Returns the word for it in metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Trading => TRADING,
            Self::Objectives => OBJECTIVES,
        }
    }

    /// Returns the word for it in a group, and before a file.
    const fn in_group(self) -> &'static str {
        match self {
            Self::Machine => "",
            other => other.word(),
        }
    }

    /// Reads a file of rules, or of objectives.
    fn parse(self, file: &str, text: &str) -> Result<Vec<RuleGroup>, String> {
        if self != Self::Objectives {
            let groups = rule_file::parse(file, text, &Settings::default());
            return groups.map_err(|error| error.to_string());
        }
        let slos = slo::parse(file, text).map_err(|error| error.to_string())?;
        let mut groups = Vec::new();
        for slo in slos {
            let made = slo.groups().map_err(|error| format!("{file}: {error}"))?;
            groups.extend(made.map(|mut group| {
                file.clone_into(&mut group.file);
                group
            }));
        }
        Ok(groups)
    }
}

/// A file of rules, and their clock: `FILE`, `trading=FILE` or `objectives=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleFile {
    clock: RuleClock,
    path: PathBuf,
}

impl FromStr for RuleFile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = [RuleClock::Trading, RuleClock::Objectives]
            .into_iter()
            .find_map(|clock| {
                let path = text.strip_prefix(clock.word())?.strip_prefix('=')?;
                Some((clock, path))
            });
        let (clock, path) = named.unwrap_or((RuleClock::Machine, text));
        if path.is_empty() {
            return Err("must be FILE, trading=FILE or objectives=FILE");
        }
        Ok(Self {
            clock,
            path: path.into(),
        })
    }
}

/// Where rules are read, each time that they are: those of the program where no file is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RuleFiles(pub(crate) Vec<RuleFile>);

impl RuleFiles {
    /// Reads all, and checks them.
    ///
    /// # Errors
    ///
    /// The first file that cannot be read, or what is refused first in one, in one line: a rule too that asks for what the
    /// service does not export, as it could never fire.
    pub(crate) fn read(&self) -> Result<RuleSet, String> {
        let mut set = RuleSet::default();
        if self.0.is_empty() {
            for (clock, name, text) in BUILT_IN {
                set.add(clock, clock.parse(name, text)?);
            }
            set.files = BUILT_IN.len();
        }
        for clock in [RuleClock::Machine, RuleClock::Trading] {
            let of = self.0.iter().filter(|file| file.clock == clock);
            let paths = of.map(|file| file.path.display().to_string());
            let files = files::RuleFiles::new(paths).metrics(known());
            let loaded = files.load().map_err(|error| format!("--rules: {error}"))?;
            set.add(clock, loaded.groups);
            set.doubts
                .extend(loaded.doubts.iter().map(|(_, doubt)| doubt.to_string()));
        }
        for RuleFile { clock, path } in &self.0 {
            if *clock == RuleClock::Objectives {
                set.add(*clock, objectives(path)?);
            }
        }
        set.files += self.0.len();
        set.check()?;
        Ok(set)
    }
}

/// Reads a file of objectives, which must be of what the service exports.
fn objectives(path: &Path) -> Result<Vec<RuleGroup>, String> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("--rules: {name}: {error}"))?;
    let groups = RuleClock::Objectives.parse(&name, &text);
    let groups = groups.map_err(|error| format!("--rules: {error}"))?;
    let mut found = known().check(&groups, &Settings::default()).into_iter();
    match found.find(|it| it.severity == Severity::Error) {
        Some(found) => Err(format!("--rules: {name}: {}", found.error)),
        None => Ok(groups),
    }
}

/// What rules may ask for: what the service exports, and what the rules that come with it wait for.
pub(super) fn known() -> Metrics {
    let catalogue = catalogue::catalogue().expect("what the service declares is valid");
    let calls = red::METRICS.into_iter().chain(red::http::CLIENT_METRICS);
    let calls = Catalogue::new(calls).expect("what is declared there is valid");
    let others = Metrics::parse(OTHERS).expect("the file is the program's own");
    Metrics::from(&catalogue)
        .and(Metrics::from(&calls))
        .and(others)
}

/// Rules that were read and checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RuleSet {
    groups: Vec<RuleGroup>,
    pub(super) files: usize,
    /// What is no error, and seldom meant.
    pub(super) doubts: Vec<String>,
}

impl RuleSet {
    fn add(&mut self, clock: RuleClock, groups: Vec<RuleGroup>) {
        self.groups.extend(groups.into_iter().map(|mut group| {
            clock.in_group().clone_into(&mut group.clock);
            if clock != RuleClock::Machine {
                // There is something new to say at each of their steps, once a date or a minute, and nothing in between.
                group.interval = None;
            }
            group
        }));
    }

    /// Checks what no file breaks alone, so that every engine takes the groups.
    fn check(&self) -> Result<(), String> {
        for clock in RuleClock::ALL {
            let evaluator = Evaluator::new(clock, None, self.of(clock));
            evaluator.map_err(|error| format!("--rules: {error}"))?;
        }
        Ok(())
    }

    /// Returns the groups of a clock.
    pub(super) fn of(&self, clock: RuleClock) -> Vec<RuleGroup> {
        let mine = |group: &&RuleGroup| group.clock == clock.in_group();
        self.groups.iter().filter(mine).cloned().collect()
    }

    /// Returns how many rules there are by a clock, those that record among them.
    pub(super) fn count(&self, clock: RuleClock) -> usize {
        self.of(clock).iter().map(|group| group.rules.len()).sum()
    }

    /// Lists the alerts by name and severity, where that is not told by a template.
    pub(super) fn alerts(&self) -> impl Iterator<Item = (&str, &str)> {
        let rules = self.groups.iter().flat_map(|group| &group.rules);
        let alerts = rules.filter(|rule| rule.kind == RuleKind::Alert);
        alerts.filter_map(|rule| {
            let severity = rule.labels.get("severity").map_or("", String::as_str);
            (!severity.contains("{{")).then_some((rule.name.as_str(), severity))
        })
    }
}
