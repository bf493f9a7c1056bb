//! A rule that has been checked, with its templates parsed.

use std::collections::BTreeMap;

use crate::condition::Row;
use crate::labels::Labels;
use crate::rule::{Rule, RuleError};
use crate::scan;
use crate::template::{Data, NoQueries, Template};

#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) rule: Rule,
    labels: Vec<(String, Template)>,
    annotations: Vec<(String, Template)>,
}

impl Compiled {
    pub(super) fn new(rule: Rule) -> Result<Self, RuleError> {
        let error = |field: String, value: &str, problem: &str| RuleError {
            rule: rule.name.clone(),
            field,
            value: value.to_owned(),
            problem: problem.to_owned(),
        };
        if rule.name.is_empty() || rule.name.contains(char::is_control) {
            let problem = "must not be empty, nor hold control characters";
            return Err(error("name".to_owned(), &rule.name, problem));
        }
        if rule.expr.threshold.is_nan() {
            return Err(error("expr".to_owned(), "NaN", "threshold must not be NaN"));
        }
        let compile = |field: &str, templates: &BTreeMap<String, String>| {
            let compiled = templates.iter().map(|(name, text)| {
                if !scan::is_label_name(name) || name == "__name__" {
                    let problem = "name must match [a-zA-Z_][a-zA-Z0-9_]* and not be `__name__`";
                    return Err(error(field.to_owned(), name, problem));
                }
                let template = Template::parse(text);
                let template =
                    template.map_err(|e| error(format!("{field}.{name}"), text, &e.to_string()))?;
                Ok((name.clone(), template))
            });
            compiled.collect::<Result<Vec<_>, _>>()
        };
        let labels = compile("labels", &rule.labels)?;
        let annotations = compile("annotations", &rule.annotations)?;
        Ok(Self {
            rule,
            labels,
            annotations,
        })
    }

    /// Returns the labels of the alert that a row is.
    pub(super) fn labels(&self, row: &Row) -> Labels {
        let mut labels = row.labels.clone();
        labels.remove("__name__");
        for (name, text) in rendered(&self.labels, row) {
            labels.insert(name, text);
        }
        labels.insert("alertname", &self.rule.name);
        labels
    }

    pub(super) fn annotations(&self, row: &Row) -> BTreeMap<String, String> {
        rendered(&self.annotations, row).collect()
    }
}

/// Fills templates in. One that fails says so in its text, so that the alert goes out all the same.
fn rendered<'t>(
    templates: &'t [(String, Template)],
    row: &Row,
) -> impl Iterator<Item = (String, String)> + 't {
    let data = Data::new(row.labels.clone(), row.value);
    templates.iter().map(move |(name, template)| {
        let text = template.render(&data, &NoQueries);
        (name.clone(), text.unwrap_or_else(|error| error.text()))
    })
}
