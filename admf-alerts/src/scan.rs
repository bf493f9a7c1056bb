//! Reads names, numbers, quoted texts and lists in braces: what conditions and rules are made of.

/// The rest of a text, read from its start. Its errors say what was expected and what is there.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'t> {
    pub(crate) rest: &'t str,
}

impl<'t> Scanner<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    pub(crate) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(BLANKS);
    }

    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    pub(crate) fn metric_name(&mut self) -> Result<&'t str, String> {
        self.name(":").ok_or_else(|| self.expected("a metric name"))
    }

    /// Takes `[a-zA-Z_][a-zA-Z0-9_]*`.
    fn label_name(&mut self) -> Result<&'t str, String> {
        self.name("")
            .ok_or_else(|| self.expected("a label name or `}`"))
    }

    fn name(&mut self, more: &str) -> Option<&'t str> {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || more.contains(c);
        let end = self.rest.find(|c| !inside(c)).unwrap_or(self.rest.len());
        let starts = !self.rest.starts_with(|c: char| c.is_ascii_digit());
        (end > 0 && starts).then(|| self.take(end))
    }

    /// Takes `{name OP "value", …}`, or nothing where there is no brace; a last comma is allowed.
    pub(crate) fn braces<O: Copy>(
        &mut self,
        operators: &[(&str, O)],
    ) -> Result<Vec<(&'t str, O, String)>, String> {
        let mut list = Vec::new();
        if !self.eat("{") {
            return Ok(list);
        }
        loop {
            self.skip_blanks();
            if self.eat("}") {
                return Ok(list);
            }
            let name = self.label_name()?;
            self.skip_blanks();
            let operator = operators.iter().find(|(token, _)| self.eat(token));
            let Some((_, operator)) = operator else {
                let tokens: Vec<_> = operators.iter().map(|(t, _)| format!("`{t}`")).collect();
                return Err(self.expected(&tokens.join(" or ")));
            };
            self.skip_blanks();
            list.push((name, *operator, self.quoted()?));
            self.skip_blanks();
            if !self.eat(",") && !self.rest.starts_with('}') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        if !self.eat("\"") {
            return Err(self.expected("a value in double quotes"));
        }
        let mut value = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(value);
                }
                '\n' => break,
                '\\' => value.push(escaped(chars.next().map(|(_, c)| c), "\\\"n")?),
                c => value.push(c),
            }
        }
        Err("value in double quotes does not end".to_owned())
    }

    pub(crate) fn end(&self) -> Result<(), String> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.expected("the end"))
        }
    }

    pub(crate) fn expected(&self, what: &str) -> String {
        if self.rest.is_empty() {
            return format!("expected {what}, but there is nothing more");
        }
        let start: String = self.rest.chars().take(20).collect();
        format!("expected {what} at `{}`", shown(&start))
    }

    fn take(&mut self, end: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Reads the character after a backslash; `known` are those that may stand there.
fn escaped(c: Option<char>, known: &str) -> Result<char, String> {
    match c {
        Some(c) if !known.contains(c) => Err(format!(
            "unknown escape `\\{}`",
            shown(c.encode_utf8(&mut [0; 4]))
        )),
        Some('n') => Ok('\n'),
        Some(c) => Ok(c),
        None => Err("backslash at the end".to_owned()),
    }
}

/// Makes a text fit for one line of an error or a console, which must not obey what is in it.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// Reads a float: decimal, `NaN`, `Inf`, `+Inf`, `-Inf`. A number that does not fit is refused.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    let value: f64 = text
        .parse()
        .map_err(|_| format!("`{}` is not a number", shown(text)))?;
    if value.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{text}` is out of range"));
    }
    Ok(value)
}

/// Says whether the text is a label name.
pub(crate) fn is_label_name(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.label_name().is_ok() && scanner.rest.is_empty()
}
