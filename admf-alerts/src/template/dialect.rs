//! The two kinds of templates: what each is given.

use super::value::Value;

/// Which functions there are, and what a template is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Texts of rules, as in Prometheus.
    Rule,
    /// Texts of channels, as in Alertmanager.
    Notice,
}

impl Dialect {
    /// The fields of what a template is given, in the order in which `{{ . }}` prints them.
    pub(super) const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Rule => &["Labels", "ExternalLabels", "ExternalURL", "Value"],
            Self::Notice => &[
                "Receiver",
                "Status",
                "Alerts",
                "GroupLabels",
                "CommonLabels",
                "CommonAnnotations",
                "ExternalURL",
            ],
        }
    }

    /// The variables that are set beforehand, to what the fields are.
    pub(super) const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Rule => &["$labels", "$externalLabels", "$externalURL", "$value"],
            Self::Notice => &[],
        }
    }

    /// Says that what a template is given has no such field.
    pub(super) fn no_field(self, name: &str) -> String {
        let names = self.fields().iter().map(|name| format!("`.{name}`"));
        let names = names.collect::<Vec<_>>().join(", ");
        format!("there is no `.{name}`, but {names}")
    }

    /// The values of the variables that are set beforehand.
    pub(super) fn given(self, root: &Value) -> Vec<Value> {
        match (self, root) {
            (Self::Rule, Value::Struct(root)) => {
                root.fields.iter().map(|(_, value)| value.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}
