//! Reads one line from its start. Its errors say what was expected and what is there.

use crate::problem::shown;
use crate::text;

pub(crate) const BLANKS: [char; 2] = [' ', '\t'];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'t> {
    pub(crate) rest: &'t str,
}

impl<'t> Cursor<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// Says whether there were any.
    pub(crate) fn skip_blanks(&mut self) -> bool {
        let end = self.rest.find(|c| !BLANKS.contains(&c));
        !self.take(end.unwrap_or(self.rest.len())).is_empty()
    }

    pub(crate) fn eat(&mut self, token: char) -> bool {
        let there = self.rest.starts_with(token);
        if there {
            self.take(token.len_utf8());
        }
        there
    }

    /// Takes all up to the next blank.
    pub(crate) fn word(&mut self) -> &'t str {
        self.take(self.rest.find(BLANKS).unwrap_or(self.rest.len()))
    }

    /// Takes `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    pub(crate) fn metric_name(&mut self) -> Result<&'t str, String> {
        let name = self.name(|c| c == ':');
        name.ok_or_else(|| self.expected("a metric name"))
    }

    fn name(&mut self, more: impl Fn(char) -> bool) -> Option<&'t str> {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || more(c);
        let end = self.rest.find(|c| !inside(c)).unwrap_or(self.rest.len());
        let starts = !self.rest.starts_with(|c: char| c.is_ascii_digit());
        (end > 0 && starts).then(|| self.take(end))
    }

    /// Takes the next label of a list, its value as it is written; `None` at the brace that ends it.
    pub(crate) fn label(&mut self) -> Result<Option<(&'t str, &'t str)>, String> {
        self.skip_blanks();
        if self.eat('}') {
            return Ok(None);
        }
        let name = self.name(|_| false);
        let name = name.ok_or_else(|| self.expected("a label name or `}`"))?;
        self.skip_blanks();
        if !self.eat('=') {
            return Err(self.expected("`=`"));
        }
        self.skip_blanks();
        let value = self.quoted()?;
        self.skip_blanks();
        if !self.eat(',') && !self.rest.starts_with('}') {
            return Err(self.expected("`,` or `}`"));
        }
        Ok(Some((name, value)))
    }

    /// Takes a text in double quotes, escapes and all.
    fn quoted(&mut self) -> Result<&'t str, String> {
        if !self.eat('"') {
            return Err(self.expected("a value in double quotes"));
        }
        let mut from = 0;
        while let Some(at) = self.rest[from..].find(['"', '\\']) {
            let at = from + at;
            if self.rest[at..].starts_with('"') {
                let value = self.take(at);
                self.eat('"');
                return Ok(value);
            }
            text::check_escape(&self.rest[at + 1..], "\\\"n")?;
            from = at + 2;
        }
        Err("value in double quotes does not end".to_owned())
    }

    pub(crate) fn expected(&self, what: &str) -> String {
        if self.rest.is_empty() {
            return format!("expected {what}, but there is nothing more");
        }
        let start: String = self.rest.chars().take(20).collect();
        format!("expected {what} at `{}`", shown(&start))
    }

    fn take(&mut self, end: usize) -> &'t str {
        #[cfg(test)]
        steps::add(end + 1);
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// Counts what the cursor does, so that tests can hold it against the length of the text.
#[cfg(test)]
pub(crate) mod steps {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn add(steps: usize) {
        STEPS.set(STEPS.get() + steps);
    }

    pub(crate) fn take() -> usize {
        STEPS.take()
    }
}
