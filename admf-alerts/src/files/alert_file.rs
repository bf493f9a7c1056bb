//! What a file declares, in whichever form.

use std::collections::BTreeMap;
use std::path::Path;

use super::Form;
use crate::alert_template::{self, Known};
use crate::catalogue::{Metrics, Severity};
use crate::promql::Settings;
use crate::rule::RuleGroup;
use crate::rule_file::RuleFile;
use crate::slo;
use crate::yaml::{self, At, FileError, Kind, Mark};

/// Holds the groups that a file of any [form](Form) declares, and where in it they are.
///
/// # Examples
///
/// ```
/// use admf_alerts::alert_template::Known;
/// use admf_alerts::files::AlertFile;
///
/// let text = "
/// templates:
/// - id: low_win_ratio
///   condition: {type: threshold, metric: win_ratio, operator: lt, value: 0.4}
/// ";
/// let file = AlertFile::parse("desk/alerts.yml", text, None, &Known::default(), |_| None)?;
/// let [group] = file.groups() else { panic!("templates are one group") };
/// assert_eq!((&*group.name, &*group.rules[0].expr), ("alerts", "win_ratio < 0.4"));
/// # Ok::<(), admf_alerts::rule_file::FileError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AlertFile {
    name: String,
    form: Form,
    kept: Kept,
}

#[derive(Clone, Debug)]
enum Kept {
    Rules(RuleFile),
    /// Groups, and where each of their rules is declared.
    Declared(Vec<RuleGroup>, Vec<Vec<Place>>),
}

#[derive(Clone, Debug, Default)]
struct Place {
    mark: Mark,
    field: String,
}

impl AlertFile {
    /// Reads a file, and checks all that can be checked without data.
    ///
    /// Without a `form` it is [recognised](Form::of). Templates are one group with the name of the file without folders
    /// and extension; an objective has its own. `known` says what templates may name and how all expressions are read, `variable`
    /// finds what `${NAME}` stands for in channels.
    ///
    /// # Errors
    ///
    /// As those of [`RuleFile::parse`], [`alert_template::parse`] and [`slo::parse`].
    pub fn parse(
        name: &str,
        text: &str,
        form: Option<Form>,
        known: &Known,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, FileError> {
        let form = match form {
            Some(form) => form,
            None => Form::of(name, text)?,
        };
        let kept = match form {
            Form::Rules => Kept::Rules(RuleFile::parse(name, text, &known.settings)?),
            Form::Templates => templates(name, text, known, variable)?,
            Form::Slos => objectives(name, text)?,
        };
        let name = name.to_owned();
        Ok(Self { name, form, kept })
    }

    /// Returns the form that it has.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// Returns its name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lists its groups.
    #[must_use]
    pub fn groups(&self) -> &[RuleGroup] {
        match &self.kept {
            Kept::Rules(file) => file.groups(),
            Kept::Declared(groups, _) => groups,
        }
    }

    /// Does as [`RuleFile::check`]. Of templates and objectives each thing is said once, at their condition or `sli`.
    #[must_use]
    pub fn check(&self, metrics: &Metrics, settings: &Settings) -> Vec<(Severity, FileError)> {
        let (groups, places) = match &self.kept {
            Kept::Rules(file) => return file.check(metrics, settings),
            Kept::Declared(groups, places) => (groups, places),
        };
        let mut told = Vec::new();
        for found in metrics.check(groups, settings) {
            let Place { mark, field } = &places[found.group][found.rule];
            let error = FileError::new(&self.name, *mark, field, found.error.problem);
            let finding = (found.severity, error);
            if !told.contains(&finding) {
                told.push(finding);
            }
        }
        told
    }

    /// Says which ids are declared again, in the same or another of the files: an engine takes each once.
    #[must_use]
    pub fn repeated_ids(files: &[Self]) -> Vec<FileError> {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        let mut found = Vec::new();
        for file in files {
            let Kept::Declared(groups, places) = &file.kept else {
                continue;
            };
            for (group, places) in groups.iter().zip(places) {
                let rules = group.rules.iter().zip(places);
                for (rule, place) in rules.filter(|(rule, _)| !rule.id.is_empty()) {
                    if let Some(other) = seen.insert(&rule.id, &file.name) {
                        let problem = format!("`{}`: an alert of {other} has this id", rule.id);
                        let field = place.field.trim_end_matches("condition");
                        let field = format!("{field}id");
                        found.push(FileError::new(&file.name, place.mark, &field, problem));
                    }
                }
            }
        }
        found
    }

    /// Does as [`RuleFile::lint`]; other forms have no lints.
    #[must_use]
    pub fn lint(&self) -> Vec<FileError> {
        match &self.kept {
            Kept::Rules(file) => file.lint(),
            Kept::Declared(..) => Vec::new(),
        }
    }
}

fn templates(
    name: &str,
    text: &str,
    known: &Known,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Kept, FileError> {
    let templates = alert_template::parse(name, text, known, variable)?;
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
    let stem = stem.filter(|stem| *stem != "-").unwrap_or("alerts");
    let group = alert_template::group(stem, &templates, known);
    let mut group = group.map_err(|error| FileError::whole(name, error.to_string()))?;
    name.clone_into(&mut group.file);
    let places = yaml::document(name, text, |document| {
        let place = |id: &str| template(At::top(document), id);
        let places = group.rules.iter().map(|rule| of(place(&rule.id)));
        Ok(places.collect())
    })?;
    Ok(Kept::Declared(
        vec![group],
        vec![places.unwrap_or_default()],
    ))
}

fn objectives(name: &str, text: &str) -> Result<Kept, FileError> {
    let mut groups = Vec::new();
    for slo in slo::parse(name, text)? {
        let made = slo.groups();
        groups.extend(made.map_err(|error| FileError::whole(name, error.to_string()))?);
    }
    for group in &mut groups {
        name.clone_into(&mut group.file);
    }
    let places = yaml::document(name, text, |document| {
        // Each objective has two groups.
        let slos = At::top(document).list("slos")?;
        let place = |index: usize| of(slos.get(index / 2).and_then(|slo| slo.get("sli")));
        let groups = groups.iter().enumerate();
        Ok(groups
            .map(|(index, group)| vec![place(index); group.rules.len()])
            .collect())
    })?;
    Ok(Kept::Declared(groups, places.unwrap_or_default()))
}

fn of(at: Option<At<'_>>) -> Place {
    at.map_or_else(Place::default, |at| Place {
        mark: at.node.mark,
        field: at.field,
    })
}

/// Finds the condition of the template that has this id, or this name.
fn template<'n>(at: At<'n>, id: &str) -> Option<At<'n>> {
    let own = at
        .get("id")
        .filter(|it| it.own_text().is_ok_and(|it| it == id));
    if let (Some(_), Some(condition)) = (own, at.get("condition")) {
        return Some(condition);
    }
    match &at.node.kind {
        Kind::Scalar(..) => None,
        Kind::List(nodes) => nodes.iter().enumerate().find_map(|(index, node)| {
            let field = format!("{}[{index}]", at.field);
            template(At { node, field }, id)
        }),
        Kind::Map(entries) => entries.iter().find_map(|entry| {
            let below = at.below(&entry.key, &entry.value);
            let named = below.get("condition").filter(|_| entry.key == id);
            named.or_else(|| template(below, id))
        }),
    }
}
