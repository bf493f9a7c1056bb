//! Files of templates.

mod channel;
mod condition;
mod fields;
mod place;
mod short;
mod template;

use std::collections::BTreeMap;

use super::{AlertTemplate, Known};
use crate::yaml::{self, At, FileError, Kind, Node, Read, Refused};

/// Finds the value of a variable.
type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

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
        at.knows(template::FIELDS)?;
        let id = at.text("id")?.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| at.refused("`id` must be set"))?;
        let template = template::template(at, id, self.variables);
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
            return Err(named(what, &template.id, place::place(at, &error)));
        }
        self.templates.push(template);
        Ok(())
    }
}

fn named(what: &str, id: &str, refused: Refused) -> Refused {
    let problem = format!("{what} `{id}`: {}", refused.problem);
    Refused { problem, ..refused }
}
