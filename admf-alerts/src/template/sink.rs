//! Where a rendering goes.

use super::bounds::Out;
use super::format;
use super::html::Page;
use super::value::Value;

/// What is written so far, and how what is filled in is escaped.
pub(super) struct Sink {
    out: Out,
    page: Option<Page>,
}

impl Sink {
    /// One that escapes nothing.
    pub(super) fn plain() -> Self {
        Self {
            out: Out::default(),
            page: None,
        }
    }

    /// One that escapes what is filled in by where in a page it stands.
    pub(super) fn html() -> Self {
        Self {
            out: Out::default(),
            page: Some(Page::default()),
        }
    }

    /// Says whether it escapes.
    pub(super) fn is_page(&self) -> bool {
        self.page.is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    pub(super) fn into_text(self) -> String {
        self.out.into_text()
    }

    /// Writes what stands in the template itself.
    pub(super) fn literal(&mut self, text: &str) -> Result<(), String> {
        match &mut self.page {
            None => self.out.push(text),
            Some(page) => page.literal(text, &mut self.out),
        }
    }

    /// Writes the value of an action.
    pub(super) fn value(&mut self, value: &Value) -> Result<(), String> {
        let Some(page) = &mut self.page else {
            return format::action(&mut self.out, value);
        };
        let mut shown = Out::default();
        // Nothing at all is nothing on a page.
        if !matches!(value, Value::Nil) {
            format::action(&mut shown, value)?;
        }
        let safe = matches!(value, Value::Html(_));
        page.value(&shown.into_text(), safe, &mut self.out)
    }
}
