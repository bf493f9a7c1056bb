//! In which form a file declares alerts.

use crate::yaml::{self, At, FileError, Kind, Node, Read};

/// Names a form in which files declare alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A [rule file](crate::rule_file) of Prometheus: `groups`.
    Rules,
    /// [Templates](crate::alert_template) and the short form: `templates`, `alerts`, a list, or alerts by name.
    Templates,
    /// [Objectives](crate::slo): `slos`.
    Slos,
}

impl Form {
    /// Recognises the form of a file by its content. An empty one is a rule file.
    ///
    /// # Errors
    ///
    /// It is no YAML, or of no form.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_alerts::files::Form;
    ///
    /// assert_eq!(Form::of("a.yml", "groups: []")?, Form::Rules);
    /// assert_eq!(Form::of("a.yml", "open: {condition: 'breaker == 1'}")?, Form::Templates);
    /// let error = Form::of("a.yml", "gruops: []").unwrap_err();
    /// assert!(error.to_string().starts_with("a.yml:1:1: gruops: unknown field; there are `groups`, "));
    /// # Ok::<(), admf_alerts::rule_file::FileError>(())
    /// ```
    pub fn of(file: &str, text: &str) -> Result<Self, FileError> {
        let form = yaml::document(file, text, of)?;
        Ok(form.unwrap_or(Self::Rules))
    }
}

fn of(document: &Node) -> Read<Form> {
    let at = At::top(document);
    let has = |keys: &[&str]| keys.iter().any(|key| at.get(key).is_some());
    let Kind::Map(entries) = &document.kind else {
        return match &document.kind {
            Kind::List(_) => Ok(Form::Templates),
            _ if document.is_null() => Ok(Form::Rules),
            _ => Err(at.refused("must be a map, such as `groups: []`")),
        };
    };
    if entries.is_empty() || has(&["groups"]) {
        return Ok(Form::Rules);
    }
    if has(&["slos"]) {
        return Ok(Form::Slos);
    }
    if has(&["rule_files", "tests"]) {
        let problem = "is a file of unit tests, and declares no alerts: it is for `test`";
        return Err(at.refused(problem));
    }
    let is_alert = |node: &Node| node.get("condition").is_some();
    if has(&["id", "templates", "alerts"]) || entries.iter().any(|it| is_alert(&it.value)) {
        return Ok(Form::Templates);
    }
    at.knows(&["groups", "slos", "templates", "alerts"])?;
    Ok(Form::Rules)
}
