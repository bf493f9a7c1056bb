//! Texts that the owner of a channel writes.

use std::fmt;
use std::io::{self, Write};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, context};

use super::notice::Notice;
use super::slack::slack_escaped;
use super::webhook::Webhook;
use crate::notify::Batch;

/// How many steps a template may take.
const FUEL: u64 = 100_000;
/// How many bytes it may write.
const MOST: usize = 256 * 1024;

/// Says where a text goes, and so what in it is escaped: only what is filled in, never the template itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// Nothing is.
    Plain,
    /// Markup of pages.
    Html,
    /// Markup of Slack.
    Slack,
}

/// A text with places, in the language of Jinja.
///
/// It sees what a webhook is posted, under the same names (`status`, `commonLabels`, `alerts`, …), and `notice`, a
/// [`Notice`]. A name that is not there is an error, as is a text of more than 256 KiB or too many steps; nothing is read from
/// disk or environment.
///
/// # Examples
///
/// ```
/// use admf_alerts::channel::{ChannelTemplate, TextKind};
///
/// ChannelTemplate::new("{{ notice.rule }} is {{ status }}", TextKind::Plain)?;
/// let error = ChannelTemplate::new("{{ notice.rule", TextKind::Plain).unwrap_err();
/// assert!(error.contains("line 1"), "{error}");
/// # Ok::<(), String>(())
/// ```
pub struct ChannelTemplate {
    environment: Environment<'static>,
}

/// The only template of an environment.
const NAME: &str = "text";

impl ChannelTemplate {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// Says in one line what is wrong, and in which line.
    pub fn new(text: &str, kind: TextKind) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(move |_| match kind {
            TextKind::Plain => AutoEscape::None,
            TextKind::Html => AutoEscape::Html,
            TextKind::Slack => AutoEscape::Custom("slack".into()),
        });
        environment.set_formatter(|out, state, value| match state.auto_escape() {
            AutoEscape::Custom(_) if value.is_undefined() => {
                Err(Error::from(minijinja::ErrorKind::UndefinedError))
            }
            AutoEscape::Custom(_) if !value.is_safe() => {
                let text = slack_escaped(&value.to_string());
                out.write_str(&text).map_err(Error::from)
            }
            _ => minijinja::escape_formatter(out, state, value),
        });
        let added = environment.add_template_owned(NAME, text.to_owned());
        added.map_err(|error| shown(&error))?;
        Ok(Self { environment })
    }

    /// Fills in a batch.
    ///
    /// # Errors
    ///
    /// Says in one line what is wrong, and in which line.
    pub fn render(&self, batch: &Batch, external_url: &str) -> Result<String, String> {
        let webhook = Value::from(Serde(Webhook::new(batch, external_url, 0)));
        let notice = Value::from(Serde(Notice::new(batch)));
        let mut text = Bounded(Vec::new());
        let template = self.environment.get_template(NAME);
        let template = template.map_err(|error| shown(&error))?;
        let filled = template.render_captured_to(context! { notice, ..webhook }, &mut text);
        filled.map_err(|error| shown(&error))?;
        String::from_utf8(text.0).map_err(|error| error.to_string())
    }
}

impl fmt::Debug for ChannelTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelTemplate").finish_non_exhaustive()
    }
}

fn shown(error: &Error) -> String {
    let line = error.line().unwrap_or(1);
    match error.detail() {
        Some(detail) => format!("line {line}: {}: {detail}", error.kind()),
        None => format!("line {line}: {}", error.kind()),
    }
}

/// A text that does not grow beyond [`MOST`].
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            return Err(io::Error::other("the text is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
