//! Texts that the owner of a channel writes: templates of Alertmanager.

mod email;
mod pagerduty;
mod slack;

use std::collections::BTreeMap;
use std::fmt;

pub use email::EmailTexts;
pub use pagerduty::PagerDutyTexts;
pub use slack::SlackTexts;

use super::config::Channel;
use crate::notify::Batch;
use crate::template::{Definitions, Markup, NoticeTemplate};

/// Reports a text of a channel that is no template: its field, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    field: String,
    problem: String,
}

impl TextError {
    /// Returns the field, such as `title` or `fields[0].value`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns what is wrong there, with line and column of the text.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.field, self.problem)
    }
}

impl std::error::Error for TextError {}

impl Channel {
    /// Reads all texts of the channel, as who sends by it does.
    ///
    /// # Errors
    ///
    /// Says which text is no template, and why.
    pub fn check_texts(&self) -> Result<(), TextError> {
        match self {
            Self::Email(it) => EmailTexts::new(it).map(drop),
            Self::Slack(it) => SlackTexts::new(it).map(drop),
            Self::PagerDuty(it) => PagerDutyTexts::new(it).map(drop),
            Self::Webhook(_) | Self::Alertmanager(_) | Self::Console(_) | Self::File(_) => Ok(()),
        }
    }
}

/// A text, and which one it is.
#[derive(Clone, Debug)]
pub(super) struct Text {
    field: String,
    template: NoticeTemplate,
}

/// Reads texts that may call the same names.
#[derive(Clone, Copy)]
struct Reader<'d>(&'d Definitions);

impl Reader<'_> {
    fn text(self, field: impl Into<String>, text: &str) -> Result<Text, TextError> {
        self.marked(field, text, Markup::Plain)
    }

    fn marked(
        self,
        field: impl Into<String>,
        text: &str,
        markup: Markup,
    ) -> Result<Text, TextError> {
        let field = field.into();
        match NoticeTemplate::parse(text, markup, self.0) {
            Ok(template) => Ok(Text { field, template }),
            Err(error) => Err(TextError {
                field,
                problem: error.to_string(),
            }),
        }
    }

    fn maybe(self, field: &str, text: &Option<String>) -> Result<Option<Text>, TextError> {
        text.as_deref()
            .map(|text| self.text(field, text))
            .transpose()
    }

    /// Texts by names of their own.
    fn named(
        self,
        field: &str,
        texts: &BTreeMap<String, String>,
    ) -> Result<Vec<(String, Text)>, TextError> {
        let texts = texts.iter();
        let texts = texts
            .map(|(name, text)| Ok((name.clone(), self.text(format!("{field}.{name}"), text)?)));
        texts.collect()
    }

    /// A text that says nothing where it is empty.
    fn filled(self, field: impl Into<String>, text: &str) -> Result<Option<Text>, TextError> {
        match text.is_empty() {
            true => Ok(None),
            false => self.text(field, text).map(Some),
        }
    }
}

/// Reads all of a list, each by the field that it is.
fn each<T, R>(
    field: &str,
    all: &[T],
    read: impl Fn(&str, &T) -> Result<R, TextError>,
) -> Result<Vec<R>, TextError> {
    let all = all.iter().enumerate();
    all.map(|(at, it)| read(&format!("{field}[{at}]"), it))
        .collect()
}

/// Fills a batch into texts, and remembers what is wrong with the first that fails.
pub(super) struct Filler<'b> {
    batch: &'b Batch,
    external_url: &'b str,
    pub(super) noted: Option<String>,
}

impl<'b> Filler<'b> {
    pub(super) fn new(batch: &'b Batch, external_url: &'b str) -> Self {
        Self {
            batch,
            external_url,
            noted: None,
        }
    }

    /// Fills in one that must not fail.
    pub(super) fn must(&self, text: &Text) -> Result<String, String> {
        let filled = text.template.render(self.batch, self.external_url);
        filled.map_err(|error| format!("`{}`: {error}", text.field))
    }

    /// Fills in one; `None` where it is not there, or fails, so that what the channel says by itself takes its place.
    pub(super) fn fill<'t>(&mut self, text: impl Into<Option<&'t Text>>) -> Option<String> {
        match self.must(text.into()?) {
            Ok(text) => Some(text),
            Err(error) => {
                self.noted.get_or_insert(format!("template {error}"));
                None
            }
        }
    }

    /// Puts one in place of what the channel says by itself.
    pub(super) fn put<'t>(&mut self, text: impl Into<Option<&'t Text>>, into: &mut String) {
        if let Some(text) = self.fill(text) {
            *into = text;
        }
    }

    /// The same, as the empty text where there is none.
    pub(super) fn or_empty<'t>(&mut self, text: impl Into<Option<&'t Text>>) -> String {
        self.fill(text).unwrap_or_default()
    }
}
