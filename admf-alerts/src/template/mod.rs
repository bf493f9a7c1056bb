#![doc = include_str!("../../docs/alert_templates.md")]
//!
#![doc = include_str!("../../docs/channel_texts.md")]

mod asked;
mod ast;
mod bounds;
mod dialect;
mod error;
mod eval;
mod format;
mod functions;
mod html;
mod lex;
mod literal;
mod methods;
mod notice;
mod parse;
mod sink;
mod time;
mod value;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use asked::Asked;
pub use error::TemplateError;
pub use notice::{Definitions, Markup, NoticeTemplate};

use crate::labels::Labels;
use ast::{Body, Node};
use dialect::Dialect;
use error::Fault;
use eval::Given;
use sink::Sink;
use value::Value;

/// Writes a text as a literal of Go, between double quotes.
pub(crate) fn go_quoted(text: &str) -> String {
    format::quoted(text, '"', false)
}

/// The longest text of a template, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;
/// The longest text that one rendering may make, in bytes, what it makes on the way included.
pub const MAX_OUTPUT: usize = 1024 * 1024;
/// The longest text that one rendering of a channel's text may make, in bytes, what it makes on the way included.
pub const MAX_NOTICE: usize = 256 * 1024;
/// How much one rendering may do: an action, a call, a turn of a `range` is a step, a query or a
/// pattern that is not a literal a thousand, and 64 bytes that a function reads one more.
pub const MAX_STEPS: usize = 100_000;
/// How deep `if`, `with` and `range` may nest.
pub const MAX_DEPTH: usize = 32;
/// How many blocks and calls of templates may stand around another while they are rendered.
pub const MAX_NESTED: usize = 128;
/// How many pipes, parentheses and fields one action may have.
pub const MAX_LINKS: usize = 64;

/// Renders the text of a label or an annotation: a template of Prometheus, parsed once.
///
/// # Examples
///
/// ```
/// use admf_alerts::Labels;
/// use admf_alerts::template::{Data, NoQueries, Template};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = "{{ $labels.book | toUpper }}: {{ humanizePercentage $value }} lost";
/// let template = Template::parse(text)?;
/// let data = Data::new(Labels::from_iter([("book", "main")]), 0.0512);
/// assert_eq!(template.render(&data, &NoQueries)?, "MAIN: 5.12% lost");
///
/// let error = Template::parse("{{ $value | humanise }}").unwrap_err();
/// assert_eq!(error.to_string(), "line 1, column 13: there is no function `humanise`");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Template {
    text: Arc<str>,
    body: Body,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// Says where the text is no template, or asks for what is not supported: see the module. A text
    /// longer than [`MAX_TEXT`], or nested deeper than [`MAX_DEPTH`], is refused too.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let parsed = parse::parse(text, Dialect::Rule).map_err(|fault| fault.placed(text))?;
        Ok(Self {
            text: text.into(),
            body: parsed.body,
        })
    }

    /// Lists the expressions that it asks.
    pub(crate) fn asked(&self) -> Vec<Asked<'_>> {
        asked::asked(&self.body.nodes)
    }

    /// Fills in what the alert is about. Queries are asked of `query`.
    ///
    /// # Errors
    ///
    /// Says which action failed and why, as where texts and numbers are compared, or a bound was
    /// reached: [`MAX_OUTPUT`], [`MAX_STEPS`]. Where Prometheus would go on with
    /// `<error expanding template: …>` as the text, so can the caller, by the error's
    /// [`text`](TemplateError::text).
    pub fn render(&self, data: &Data, query: &dyn Query) -> Result<String, TemplateError> {
        // Most labels, and many annotations, are the same whatever the alert is about.
        if let [Node::Text(text)] = &*self.body.nodes {
            return Ok(text.to_string());
        }
        let given = Given {
            dialect: Dialect::Rule,
            defined: &notice::Defined::new(),
            query,
            most: MAX_OUTPUT,
        };
        let rendered = eval::render(&self.body, data.value(), &given, Sink::plain());
        rendered.map_err(|fault| fault.placed(&self.text))
    }
}

/// Tells a template what the alert is about.
#[derive(Clone, Debug)]
pub struct Data {
    labels: Arc<Labels>,
    external_labels: Arc<Labels>,
    external_url: Arc<str>,
    value: f64,
}

impl Data {
    /// Creates it from the labels of the series and its value, with nothing external.
    #[must_use]
    pub fn new(labels: impl Into<Arc<Labels>>, value: f64) -> Self {
        Self {
            labels: labels.into(),
            external_labels: Arc::default(),
            external_url: "".into(),
            value,
        }
    }

    /// Sets `$externalLabels` and `$externalURL`: who says it, and where he is reached.
    #[must_use]
    pub fn external(mut self, labels: impl Into<Arc<Labels>>, url: impl Into<Arc<str>>) -> Self {
        self.external_labels = labels.into();
        self.external_url = url.into();
        self
    }

    /// In the order of [`Dialect::fields`].
    fn value(&self) -> Value {
        let values = [
            Value::Labels(Arc::clone(&self.labels)),
            Value::Labels(Arc::clone(&self.external_labels)),
            Value::Text(Arc::clone(&self.external_url)),
            Value::Float(self.value),
        ];
        let names = Dialect::Rule.fields().iter().copied();
        Value::structure("struct", names.zip(values).collect())
    }
}

/// One series of the answer to a query: what `range query "…"` goes over.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its labels, with `__name__` where it has one.
    pub labels: Arc<Labels>,
    /// Its value.
    pub value: f64,
}

/// Evaluates the expressions that templates ask, at the time of the evaluation that renders them.
pub trait Query {
    /// Returns the series of the answer; a number is one series without labels.
    ///
    /// # Errors
    ///
    /// Says why there is no answer, which fails the rendering.
    fn query(&self, expression: &str) -> Result<Vec<Sample>, String>;
}

/// Answers no query: templates that ask one fail.
#[derive(Clone, Copy, Debug)]
pub struct NoQueries;

impl Query for NoQueries {
    fn query(&self, _: &str) -> Result<Vec<Sample>, String> {
        Err("there is nothing to query here".to_owned())
    }
}
