//! Texts of mails.

use super::{Reader, Text, TextError};
use crate::channel::config::Email;
use crate::template::Markup;

/// The texts of mails, read once.
#[cfg_attr(
    not(feature = "channels"),
    expect(
        dead_code,
        reason = "only who sends asks for more than that they are templates"
    )
)]
#[derive(Clone, Debug)]
pub struct EmailTexts {
    pub(in crate::channel) to: Text,
    pub(in crate::channel) from: Text,
    pub(in crate::channel) text: Option<Text>,
    pub(in crate::channel) html: Option<Text>,
    pub(in crate::channel) headers: Vec<(String, Text)>,
}

impl EmailTexts {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Says which is no template, and why.
    pub fn new(config: &Email) -> Result<Self, TextError> {
        let reader = Reader(&config.common.definitions);
        let html = config.html.as_deref();
        let html = html.map(|text| reader.marked("html", text, Markup::Html));
        Ok(Self {
            to: reader.text("to", &config.to)?,
            from: reader.text("from", &config.from)?,
            text: reader.maybe("text", &config.text)?,
            html: html.transpose()?,
            headers: reader.named("headers", &config.headers)?,
        })
    }
}
