//! The files of the rules.

use std::path::PathBuf;
use std::str::FromStr;

use admf_alerts::promql::Settings;
use admf_alerts::{RuleGroup, RuleKind, rule_file};

use super::evaluator::Evaluator;

/// What `RuleGroup::clock` says of a group that goes by the dates of the replay.
const TRADING: &str = "trading";

macro_rules! built_in {
    ($($clock:ident $name:literal),+) => {
        [$((RuleClock::$clock, $name, include_str!(concat!("../../../rules/", $name)))),+]
    };
}

/// The rules that come with the program: all but `external.yml`, which is for what no process sees of itself.
const BUILT_IN: [(RuleClock, &str, &str); 7] = built_in![
    Trading "trading.yml",
    Trading "models.yml",
    Machine "services.yml",
    Machine "system.yml",
    Machine "data.yml",
    Machine "apis.yml",
    Machine "pipelines.yml"
];

/// By which clock the rules of a file are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RuleClock {
    /// Real time.
    Machine,
    /// The dates of the bars that are traded.
    Trading,
}

impl RuleClock {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Machine, Self::Trading];

    /// Returns the word for it in metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Trading => TRADING,
        }
    }

    /// Returns the word for it in a group.
    const fn in_group(self) -> &'static str {
        match self {
            Self::Machine => "",
            Self::Trading => TRADING,
        }
    }
}

/// A file of rules, and their clock: `FILE`, or `trading=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleFile {
    clock: RuleClock,
    path: PathBuf,
}

impl FromStr for RuleFile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trading = text
            .strip_prefix(TRADING)
            .and_then(|it| it.strip_prefix('='));
        let (clock, path) = match trading {
            Some(path) => (RuleClock::Trading, path),
            None => (RuleClock::Machine, text),
        };
        if path.is_empty() {
            return Err("must be FILE or trading=FILE");
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
    /// The first file that cannot be read, or what is refused first in one, in one line.
    pub(crate) fn read(&self) -> Result<RuleSet, String> {
        let mut set = RuleSet::default();
        if self.0.is_empty() {
            for (clock, name, text) in BUILT_IN {
                set.add(clock, name, text)?;
            }
        }
        for RuleFile { clock, path } in &self.0 {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| format!("--rules: {name}: {error}"))?;
            set.add(*clock, &name, &text)?;
        }
        set.check()?;
        Ok(set)
    }
}

/// Rules that were read and checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RuleSet {
    groups: Vec<RuleGroup>,
    pub(super) files: usize,
}

impl RuleSet {
    fn add(&mut self, clock: RuleClock, file: &str, text: &str) -> Result<(), String> {
        let groups = rule_file::parse(file, text, &Settings::default());
        for mut group in groups.map_err(|error| error.to_string())? {
            clock.in_group().clone_into(&mut group.clock);
            if clock == RuleClock::Trading {
                // There is something new to say once each date, and nothing in between.
                group.interval = None;
            }
            self.groups.push(group);
        }
        self.files += 1;
        Ok(())
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
