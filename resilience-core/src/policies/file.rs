//! The text of policies: `[kind.name]` and the settings of each.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::nearest::nearest;
use super::{PoliciesError, PolicyId};
use crate::{Config, ConfigError, PolicyConfig, RetryBudget};

/// Policies as a file describes them, none of whose own rules is broken.
#[derive(Debug)]
pub(super) struct File<'a> {
    path: Option<&'a Path>,
    text: &'a str,
    pub(super) entries: Vec<Entry<'a>>,
}

/// One policy of a file.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) id: PolicyId,
    pub(super) config: PolicyConfig,
    /// Where its name begins.
    at: usize,
    value: Spanned<DeValue<'a>>,
}

impl<'a> File<'a> {
    /// Reads and checks all policies, and what they say of each other.
    pub(super) fn parse(path: Option<&'a Path>, text: &'a str) -> Result<Self, PoliciesError> {
        let mut file = Self {
            path,
            text,
            entries: Vec::new(),
        };
        let kinds = DeTable::parse(text);
        let kinds = kinds.map_err(|error| file.unreadable(&error))?;
        for (kind, policies) in kinds.get_ref() {
            for (name, value) in file.named(kind, policies)? {
                let entry = file.entry(kind.get_ref(), name, value)?;
                file.entries.push(entry);
            }
        }
        // A retry may name a budget, which must be there first.
        let is_budget = |it: &Entry<'_>| it.config.get::<crate::RetryBudgetConfig>().is_ok();
        file.entries.sort_by_key(|it| !is_budget(it));
        for entry in &file.entries {
            let checked = entry.config.check().and_then(|()| file.check_budget(entry));
            checked.map_err(|why| file.breaks(entry, why))?;
        }
        Ok(file)
    }

    /// Returns the policies of one kind.
    fn named<'t>(
        &self,
        kind: &Spanned<toml::de::DeString<'a>>,
        policies: &'t Spanned<DeValue<'a>>,
    ) -> Result<&'t DeTable<'a>, PoliciesError> {
        let word = kind.get_ref().as_ref();
        if !PolicyConfig::KINDS.contains(&word) {
            let near = nearest(word, PolicyConfig::KINDS.iter().copied());
            let why = format!("unknown kind of policy {word:?}, nearest are {near}");
            return Err(self.at(kind.span().start, PoliciesError::said(why)));
        }
        policies.get_ref().as_table().ok_or_else(|| {
            let why = format!("`{word}` must be a table of policies, such as [{word}.venue]");
            self.at(kind.span().start, PoliciesError::said(why))
        })
    }

    fn entry(
        &self,
        kind: &str,
        name: &Spanned<toml::de::DeString<'a>>,
        value: &Spanned<DeValue<'a>>,
    ) -> Result<Entry<'a>, PoliciesError> {
        let at = name.span().start;
        let name = name.get_ref().to_string();
        let read = PolicyConfig::read(kind, ValueDeserializer::from(value.clone()));
        let read = read.expect("the kind was looked up");
        let policy = |kind| PolicyId {
            kind,
            name: name.clone().into(),
        };
        match read {
            Ok(config) => Ok(Entry {
                id: policy(config.kind()),
                config,
                at,
                value: value.clone(),
            }),
            Err(error) => {
                let known = PolicyConfig::KINDS.iter().find(|it| **it == kind);
                let start = error.span().map_or(at, |it| it.start);
                let mut path = Vec::new();
                path_to(value, start, &mut path);
                let refused = PoliciesError::said(error.message()).in_field(&path);
                let refused = refused.of(policy(known.copied().unwrap_or_default()));
                Err(self.at(start, refused))
            }
        }
    }

    /// Checks that no two entries have one budget.
    fn check_budget(&self, entry: &Entry<'_>) -> Result<(), ConfigError> {
        let PolicyConfig::Retry(retry) = &entry.config else {
            return Ok(());
        };
        let rule = "must not be set where another budget has the name of the policy";
        let twice = retry.budget.is_some() && self.has::<RetryBudget>(entry.id.name.as_str());
        ConfigError::unless(!twice, "budget", rule, &entry.id.name)
    }

    /// Says whether there is a policy of that type and name.
    pub(super) fn has<H: crate::Handle>(&self, name: &str) -> bool {
        let is_it = |it: &PolicyId| it.kind == H::KIND && it.name.as_str() == name;
        self.entries.iter().any(|it| is_it(&it.id))
    }

    /// Says that a policy of the file breaks a rule.
    pub(super) fn breaks(&self, entry: &Entry<'_>, why: ConfigError) -> PoliciesError {
        let at = key_of(&entry.value, why.field()).unwrap_or(entry.at);
        self.at(at, PoliciesError::rule(why).of(entry.id.clone()))
    }

    /// Says that another text is being applied.
    pub(super) fn busy(&self) -> PoliciesError {
        PoliciesError::busy().in_file(self.path)
    }

    fn unreadable(&self, error: &toml::de::Error) -> PoliciesError {
        let at = error.span().map_or(0, |it| it.start);
        self.at(at, PoliciesError::said(error.message()))
    }

    fn at(&self, offset: usize, error: PoliciesError) -> PoliciesError {
        let before = self.text.bytes().take(offset);
        let line = before.filter(|it| *it == b'\n').count() + 1;
        error.at_line(line).in_file(self.path)
    }
}

/// Returns where the key `name` begins, of the outermost that are called so.
fn key_of(value: &Spanned<DeValue<'_>>, name: &str) -> Option<usize> {
    let table = value.get_ref().as_table()?;
    let own = table.iter().find(|(key, _)| key.get_ref() == name);
    let own = own.map(|(key, _)| key.span().start);
    own.or_else(|| table.values().find_map(|it| key_of(it, name)))
}

/// Writes down the keys that lead to what is at `offset`; returns whether there are any.
fn path_to<'t>(value: &'t Spanned<DeValue<'_>>, offset: usize, path: &mut Vec<&'t str>) -> bool {
    let Some(table) = value.get_ref().as_table() else {
        return false;
    };
    table.iter().any(|(key, inner)| {
        path.push(key.get_ref());
        let here = [key.span(), inner.span()]
            .iter()
            .any(|it| it.contains(&offset));
        let found = path_to(inner, offset, path) || here;
        if !found {
            path.pop();
        }
        found
    })
}
