//! Files of templates.

mod channel;
mod condition;
mod fields;
mod short;

use std::collections::BTreeMap;

use super::{AlertTemplate, Known, Severity};
use crate::rule::{AtLeast, NoData, OnError, RuleError};
use crate::yaml::{self, At, FileError, Kind, Node, Read, Refused};

/// Finds the value of a variable.
type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

const TEMPLATE: &[&str] = &[
    "id",
    "name",
    "description",
    "category",
    "severity",
    "enabled",
    "tags",
    "condition",
    "threshold",
    "clear",
    "timeframe",
    "cooldownPeriod",
    "escalationRules",
    "channels",
    "noData",
    "onError",
    "consecutive",
    "labels",
    "annotations",
];

/// Reads templates from YAML or JSON, and checks all that can be checked without data.
///
/// `file` is the name that errors bear; `variable` finds what `${NAME}` stands for in the config of channels, and is
/// usually `|name| std::env::var(name).ok()`. [The page](super) shows the forms.
///
/// # Errors
///
/// The first thing that is refused, with its line: no YAML, an unknown field, a value of the wrong kind, an id that is
/// there twice, an unknown metric or channel, a variable that is not set. No value of a variable is in it.
///
/// # Examples
///
/// ```
/// use admf_alerts::alert_template::{Known, parse};
/// use admf_alerts::catalogue::{KnownMetric, Metrics};
/// use admf_alerts::samples::FamilyKind;
///
/// let ratio = KnownMetric::new("performance_win_ratio", FamilyKind::Gauge);
/// let known = Known::new(Metrics::default().with(ratio));
/// let text = "
/// templates:
/// - id: low_win_ratio
///   condition: {type: threshold, metric: performance.winRation, operator: lt, value: 0.4}
/// ";
/// let error = parse("alerts.yml", text, &known, |_| None).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "alerts.yml:4:40: templates[0].condition.metric: template `low_win_ratio`: `performance.winRation`: \
///      unknown metric `performance.winRation`; near it is `performance_win_ratio`",
/// );
/// # Ok::<(), admf_alerts::rule_file::FileError>(())
/// ```
pub fn parse(
    file: &str,
    text: &str,
    known: &Known,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<AlertTemplate>, FileError> {
    let read = yaml::document(file, text, |document| {
        let mut file = File {
            known,
            variables: &variable,
            lines: BTreeMap::new(),
            templates: Vec::new(),
        };
        file.read(document)?;
        Ok(file.templates)
    });
    read.map(Option::unwrap_or_default)
}

struct File<'f> {
    known: &'f Known,
    variables: Variables<'f>,
    /// Where each id is.
    lines: BTreeMap<String, usize>,
    templates: Vec<AlertTemplate>,
}

impl File<'_> {
    /// A list of templates, one of them, both forms by name, or alerts of the short form by name.
    fn read(&mut self, document: &Node) -> Read<()> {
        let at = At::top(document);
        let nodes = match &document.kind {
            Kind::List(nodes) => nodes,
            Kind::Map(_) if at.get("id").is_some() => return self.template(&at),
            Kind::Map(_)
                if ["templates", "alerts"]
                    .iter()
                    .any(|it| at.get(it).is_some()) =>
            {
                at.knows(&["templates", "alerts"])?;
                for at in at.list("templates")? {
                    self.template(&at)?;
                }
                let alerts = at.some("alerts");
                return alerts.map_or(Ok(()), |at| self.alerts(&at));
            }
            _ if document.is_null() => return Ok(()),
            _ => return self.alerts(&at),
        };
        for (index, node) in nodes.iter().enumerate() {
            self.template(&at.below(&format!("[{index}]"), node))?;
        }
        Ok(())
    }

    fn alerts(&mut self, at: &At<'_>) -> Read<()> {
        let Kind::Map(entries) = &at.node.kind else {
            return Err(at.refused("must be a map of alerts by name, or a list of templates"));
        };
        for entry in entries {
            let at = at.below(&entry.key, &entry.value);
            let alert = short::alert(&at, &entry.key, self.variables);
            let alert = alert.map_err(|refused| named("alert", &entry.key, refused))?;
            self.add("alert", &at, alert)?;
        }
        Ok(())
    }

    fn template(&mut self, at: &At<'_>) -> Read<()> {
        // What has no id has no name to be called by.
        at.knows(TEMPLATE)?;
        let id = at.text("id")?.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| at.refused("`id` must be set"))?;
        let template = template(at, id, self.variables);
        let template = template.map_err(|refused| named("template", id, refused))?;
        self.add("template", at, template)
    }

    fn add(&mut self, what: &str, at: &At<'_>, template: AlertTemplate) -> Read<()> {
        let id = at.get("id");
        let line = id.as_ref().unwrap_or(at).node.mark.line;
        if let Some(before) = self.lines.insert(template.id.clone(), line) {
            let problem = format!("`{}`: line {before} has this id", template.id);
            return Err(id.as_ref().unwrap_or(at).refused(problem));
        }
        if let Err(error) = template.rule(self.known) {
            return Err(named(what, &template.id, place(at, &error)));
        }
        self.templates.push(template);
        Ok(())
    }
}

fn named(what: &str, id: &str, refused: Refused) -> Refused {
    let problem = format!("{what} `{id}`: {}", refused.problem);
    Refused { problem, ..refused }
}

fn template(at: &At<'_>, id: &str, variables: Variables<'_>) -> Read<AlertTemplate> {
    let Some(condition) = at.some("condition") else {
        return Err(at.refused("`condition` must be set"));
    };
    let text = |key| {
        let text = at.text(key)?.unwrap_or_default();
        Ok(text.to_owned())
    };
    let no_data = [NoData::Ok, NoData::Alert, NoData::KeepLast];
    let no_data = no_data.map(|it| (it.name(), it));
    let on_error = [OnError::Ok, OnError::Alert, OnError::KeepLast];
    let on_error = on_error.map(|it| (it.name(), it));
    let mut template = AlertTemplate::new(id, condition::condition(&condition)?);
    template.name = text("name")?;
    template.description = text("description")?;
    template.category = text("category")?;
    template.severity = fields::word(at, "severity", &Severity::WORDS)?.unwrap_or_default();
    template.enabled = fields::truth(at, "enabled")?.unwrap_or(true);
    template.tags = fields::texts(at, "tags")?.unwrap_or_default();
    template.threshold = fields::number(at, "threshold")?;
    template.clear = fields::number(at, "clear")?;
    template.timeframe = fields::minutes(at, "timeframe")?.unwrap_or_default();
    template.cooldown_period = fields::minutes(at, "cooldownPeriod")?.unwrap_or_default();
    template.escalation_rules = channel::escalation(at)?;
    template.channels = channel::channels(at, variables)?;
    template.no_data = fields::word(at, "noData", &no_data)?.unwrap_or_default();
    template.on_error = fields::word(at, "onError", &on_error)?.unwrap_or_default();
    template.consecutive = consecutive(at)?;
    template.labels = at.texts("labels")?;
    template.annotations = at.texts("annotations")?;
    Ok(template)
}

/// `3`: the last three; `{times: 3, of: 5}`: three of the last five.
fn consecutive(at: &At<'_>) -> Read<Option<AtLeast>> {
    let Some(here) = at.some("consecutive") else {
        return Ok(None);
    };
    let at_least = if let Kind::Scalar(..) = here.node.kind {
        let times = fields::count(at, "consecutive")?.unwrap_or_default();
        AtLeast { times, of: times }
    } else {
        here.knows(&["times", "of"])?;
        AtLeast {
            times: fields::count(&here, "times")?.unwrap_or_default(),
            of: fields::count(&here, "of")?.unwrap_or_default(),
        }
    };
    match (1..=at_least.of).contains(&at_least.times) {
        true => Ok(Some(at_least)),
        false => Err(here.refused("`times` must be from 1 to `of`")),
    }
}

/// Finds the place of what is refused, as near as there is one, and names what is not there.
fn place(at: &At<'_>, error: &RuleError) -> Refused {
    let mut here = At::top(at.node);
    here.field.clone_from(&at.field);
    let mut missing = Vec::new();
    for key in error.field.split(['.', '[']).filter(|it| !it.is_empty()) {
        match below(&here, key).filter(|_| missing.is_empty()) {
            Some(next) => here = next,
            None => missing.push(key.trim_end_matches(']')),
        }
    }
    let mut problem = error.problem.clone();
    if !error.value.is_empty() {
        problem = format!("`{}`: {problem}", error.value);
    }
    if !missing.is_empty() {
        problem = format!("{}: {problem}", missing.join("."));
    }
    here.refused(problem)
}

/// A value by its key, or by its index and a bracket.
fn below<'n>(at: &At<'n>, key: &str) -> Option<At<'n>> {
    let (Kind::List(nodes), Some(index)) = (&at.node.kind, key.strip_suffix(']')) else {
        return at.get(key);
    };
    let node = nodes.get(index.parse::<usize>().ok()?)?;
    let field = format!("{}[{index}]", at.field);
    Some(At { node, field })
}
