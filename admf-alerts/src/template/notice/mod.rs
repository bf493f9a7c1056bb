//! Texts of channels: templates of Alertmanager over a notice.

mod data;
mod defaults;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::ast::Body;
use super::dialect::Dialect;
use super::error::Fault;
use super::eval::{self, Given};
use super::sink::Sink;
use super::{MAX_NOTICE, NoQueries, TemplateError, parse};
use crate::notify::Batch;

/// What is rendered by its name.
pub(super) type Defined = BTreeMap<Arc<str>, Definition>;

/// A body, and the text in which it stands.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) body: Body,
    pub(super) text: Arc<str>,
}

/// Says where a text goes, and so what in it is escaped: only what is filled in, never the template itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// Nothing is.
    Plain,
    /// A page: by where in it something stands, unless it is `safeHtml`.
    Html,
}

/// Holds what texts may call by name: the names that Alertmanager has by default, and what files define.
///
/// # Examples
///
/// ```
/// use admf_alerts::template::{Definitions, Markup, NoticeTemplate};
///
/// let file = ("team.tmpl", r#"{{ define "team.title" }}{{ .Status }}: {{ template "__subject" . }}{{ end }}"#);
/// let definitions = Definitions::new([file])?;
/// let text = r#"{{ template "team.title" . }}"#;
/// assert!(NoticeTemplate::parse(text, Markup::Plain, &definitions).is_ok());
///
/// let error = NoticeTemplate::parse(text, Markup::Plain, &Definitions::default()).unwrap_err();
/// assert_eq!(error.to_string(), "line 1, column 13: there is no template `team.title`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Definitions {
    defined: Arc<Defined>,
    /// Names and texts of the files.
    files: Arc<[(String, String)]>,
}

impl Definitions {
    /// Reads files, by their names and texts, after the names that there are by default.
    ///
    /// What a later one defines takes the place of what an earlier one does, unless it is blank. The text of a file outside of its
    /// definitions goes by the last part of its name.
    ///
    /// # Errors
    ///
    /// Says which file is no template, and why.
    pub fn new<N: Into<String>, T: Into<String>>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, String> {
        let files = files
            .into_iter()
            .map(|(name, text)| (name.into(), text.into()));
        let files: Arc<[(String, String)]> = files.collect();
        let mut defined = Defined::clone(defaults::defined());
        for (name, text) in files.iter() {
            let base = name.rsplit('/').next().unwrap_or_default();
            let added = add(&mut defined, Some(base), text);
            added.map_err(|fault| format!("{name}: {}", fault.placed(text)))?;
        }
        Ok(Self {
            defined: Arc::new(defined),
            files,
        })
    }
}

/// Reads a text into what is defined, and returns what stands outside of its definitions; that goes by `name`.
fn add(defined: &mut Defined, name: Option<&str>, text: &str) -> Result<Body, Fault> {
    let parsed = parse::parse(text, Dialect::Notice)?;
    let text: Arc<str> = text.into();
    let whole = name.map(|name| (Arc::from(name), parsed.body.clone()));
    for (name, body) in parsed.defined.into_iter().chain(whole) {
        if body.is_blank() && defined.contains_key(&name) {
            continue;
        }
        let text = Arc::clone(&text);
        defined.insert(name, Definition { body, text });
    }
    Ok(parsed.body)
}

/// Those that Alertmanager has by default.
impl Default for Definitions {
    fn default() -> Self {
        Self {
            defined: Arc::clone(defaults::defined()),
            files: Arc::default(),
        }
    }
}

/// Of the same files in the same order.
impl PartialEq for Definitions {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

impl Eq for Definitions {}

impl fmt::Debug for Definitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files.iter().map(|(name, _)| name);
        f.debug_list().entries(files).finish()
    }
}

/// Renders a text of a channel: a template of Alertmanager, parsed once.
///
/// # Examples
///
/// ```
/// use admf_alerts::template::{Definitions, Markup, NoticeTemplate};
///
/// let definitions = Definitions::default();
/// let text = r#"{{ len .Alerts.Firing }} of {{ .CommonLabels.SortedPairs.Values | join " " }}"#;
/// assert!(NoticeTemplate::parse(text, Markup::Plain, &definitions).is_ok());
///
/// let error = NoticeTemplate::parse("{{ .Alert }}", Markup::Plain, &definitions).unwrap_err();
/// assert!(error.to_string().starts_with("line 1, column 4: there is no `.Alert`, but `.Receiver`"));
/// ```
#[derive(Clone, Debug)]
pub struct NoticeTemplate {
    text: Arc<str>,
    body: Body,
    defined: Arc<Defined>,
    markup: Markup,
}

impl NoticeTemplate {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// Says where the text is no template, or calls, itself or by what it calls, a template that nobody has defined.
    pub fn parse(
        text: &str,
        markup: Markup,
        definitions: &Definitions,
    ) -> Result<Self, TemplateError> {
        let read = || {
            let mut defined = Arc::clone(&definitions.defined);
            let body = match text.contains("define") || text.contains("block") {
                // A copy only where there may be something to add.
                true => add(Arc::make_mut(&mut defined), None, text)?,
                false => parse::parse(text, Dialect::Notice)?.body,
            };
            check(&body, &defined)?;
            Ok((body, defined))
        };
        let (body, defined) = read().map_err(|fault: Fault| fault.placed(text))?;
        Ok(Self {
            text: text.into(),
            body,
            defined,
            markup,
        })
    }

    /// Fills in a notice; `external_url` is where this notifier is found.
    ///
    /// # Errors
    ///
    /// Says which action failed and why, or that a bound was reached: [`MAX_NOTICE`], [`MAX_STEPS`](super::MAX_STEPS),
    /// [`MAX_NESTED`](super::MAX_NESTED).
    pub fn render(&self, batch: &Batch, external_url: &str) -> Result<String, TemplateError> {
        let given = Given {
            dialect: Dialect::Notice,
            defined: &self.defined,
            query: &NoQueries,
            most: MAX_NOTICE,
        };
        let sink = match self.markup {
            Markup::Plain => Sink::plain(),
            Markup::Html => Sink::html(),
        };
        let rendered = eval::render(&self.body, data::value(batch, external_url), &given, sink);
        rendered.map_err(|fault| fault.placed(&self.text))
    }
}

/// Goes through all that a body calls.
fn check(body: &Body, defined: &Defined) -> Result<(), Fault> {
    for (name, at) in body.calls.iter() {
        let (mut seen, mut left) = (Vec::new(), vec![name]);
        while let Some(called) = left.pop() {
            let Some(definition) = defined.get(called) else {
                let by = match called == name {
                    true => String::new(),
                    false => format!(", which `{name}` calls"),
                };
                return Err(Fault::new(
                    *at,
                    format!("there is no template `{called}`{by}"),
                ));
            };
            if seen.contains(&called) {
                continue;
            }
            seen.push(called);
            left.extend(definition.body.calls.iter().map(|(name, _)| name));
        }
    }
    Ok(())
}
