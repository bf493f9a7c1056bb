//! The tokens of a template.

use super::value::Value;
use super::{Fault, literal};

#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    /// The byte of the template where it begins.
    pub(super) at: usize,
    /// Whether blanks stand before it: they part arguments, and a field from another's chain.
    pub(super) spaced: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    /// What stands outside of actions.
    Text(&'t str),
    Open,
    Close,
    Word(&'t str),
    /// `.name`.
    Field(&'t str),
    /// `$name`, with the dollar.
    Variable(&'t str),
    Dot,
    Constant(Value),
    /// `:=`, `=`, `|`, `,`, `(`, `)`.
    Sign(&'static str),
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
const SIGNS: [&str; 6] = [":=", "=", "|", ",", "(", ")"];

pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Fault> {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::new(),
    };
    let mut trim = false;
    while let Some(open) = lexer.rest().find("{{") {
        let action = lexer.at + open;
        let marked = lexer.text[action + 2..].starts_with('-')
            && lexer.text[action + 3..].starts_with(BLANKS);
        lexer.outside(action, trim, marked);
        lexer.at = action + if marked { 4 } else { 2 };
        trim = if lexer.rest().starts_with("/*") {
            lexer.comment(action)?
        } else {
            lexer.action(action)?
        };
    }
    lexer.outside(text.len(), trim, false);
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind<'t>, at: usize, spaced: bool) {
        self.tokens.push(Token { kind, at, spaced });
    }

    /// Takes the text up to `end`, without the blanks that the actions around it take.
    fn outside(&mut self, end: usize, trim_start: bool, trim_end: bool) {
        let mut text = &self.text[self.at..end];
        if trim_end {
            text = text.trim_end_matches(BLANKS);
        }
        if trim_start {
            text = text.trim_start_matches(BLANKS);
        }
        if !text.is_empty() {
            self.push(Kind::Text(text), self.at, false);
        }
    }

    fn comment(&mut self, action: usize) -> Result<bool, Fault> {
        let end = self.rest().find("*/");
        let end = end.ok_or_else(|| Fault::new(action, "comment does not end"))?;
        self.at += end + 2;
        let trim = self.close();
        trim.ok_or_else(|| Fault::new(self.at, "`*/` must be followed by `}}` or ` -}}`"))
    }

    /// Takes `}}` or ` -}}`, and says whether it takes the blanks behind it too.
    fn close(&mut self) -> Option<bool> {
        let rest = self.rest();
        let marked = rest.strip_prefix(BLANKS);
        let marked = marked.is_some_and(|rest| rest.starts_with("-}}"));
        if !marked && !rest.starts_with("}}") {
            return None;
        }
        self.at += if marked { 4 } else { 2 };
        Some(marked)
    }

    fn action(&mut self, action: usize) -> Result<bool, Fault> {
        self.push(Kind::Open, action, false);
        let mut spaced = false;
        loop {
            let at = self.at;
            if let Some(trim) = self.close() {
                self.push(Kind::Close, at, spaced);
                return Ok(trim);
            }
            let rest = self.rest();
            if rest.starts_with(BLANKS) {
                spaced = true;
                self.at += 1;
                continue;
            }
            if rest.is_empty() {
                return Err(Fault::new(action, "`{{` is not closed by `}}`"));
            }
            let (kind, taken) = self.token()?;
            self.at += taken;
            let named = matches!(
                kind,
                Kind::Word(_) | Kind::Field(_) | Kind::Variable(_) | Kind::Dot
            );
            if named && !self.at_end_of_name() {
                return Err(self.bad_character());
            }
            self.push(kind, at, spaced);
            spaced = false;
        }
    }

    fn token(&self) -> Result<(Kind<'t>, usize), Fault> {
        let (rest, at) = (self.rest(), self.at);
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            return Ok((Kind::Sign(sign), sign.len()));
        }
        let mut chars = rest.chars();
        let first = chars.next().unwrap_or_default();
        let second = chars.next().unwrap_or_default();
        let number = first.is_ascii_digit() || matches!(first, '+' | '-');
        match first {
            '"' => {
                let (text, taken) = literal::quoted(rest, at)?;
                Ok((Kind::Constant(Value::text(text)), taken))
            }
            '`' => {
                let end = rest[1..].find('`');
                let end = end.ok_or_else(|| Fault::new(at, "text in back quotes does not end"))?;
                // As in Go, where a raw text has no carriage returns.
                let text = rest[1..=end].replace('\r', "");
                Ok((Kind::Constant(Value::text(text)), end + 2))
            }
            '\'' => {
                let (c, taken) = literal::character(rest, at)?;
                Ok((Kind::Constant(Value::Int(i64::from(u32::from(c)))), taken))
            }
            '.' if second.is_ascii_digit() => self.number(),
            _ if number => self.number(),
            '.' => {
                let length = name_length(&rest[1..]);
                let name = &rest[1..=length];
                let kind = if name.is_empty() {
                    Kind::Dot
                } else {
                    Kind::Field(name)
                };
                Ok((kind, 1 + length))
            }
            '$' => {
                let length = 1 + name_length(&rest[1..]);
                Ok((Kind::Variable(&rest[..length]), length))
            }
            c if in_name(c) => {
                let length = name_length(rest);
                Ok((Kind::Word(&rest[..length]), length))
            }
            _ => Err(self.bad_character()),
        }
    }

    fn number(&self) -> Result<(Kind<'t>, usize), Fault> {
        let rest = self.rest();
        let mut before = ' ';
        let digits = rest.trim_start_matches(['+', '-']);
        let hex = digits.starts_with("0x") || digits.starts_with("0X");
        let end = rest.char_indices().find(|(at, c)| {
            let exponent = matches!(before, 'e' | 'E') && !hex;
            let sign = matches!(c, '+' | '-') && (*at == 0 || exponent);
            before = *c;
            !(sign || *c == '.' || in_name(*c))
        });
        let length = end.map_or(rest.len(), |(at, _)| at);
        let value = literal::number(&rest[..length], self.at)?;
        Ok((Kind::Constant(value), length))
    }

    fn at_end_of_name(&self) -> bool {
        let rest = self.rest();
        let ends = |c: char| BLANKS.contains(&c) || ".,|:()".contains(c);
        rest.is_empty() || rest.starts_with(ends) || rest.starts_with("}}")
    }

    fn bad_character(&self) -> Fault {
        let c = self.rest().chars().next().unwrap_or_default();
        Fault::new(self.at, format!("`{c}` cannot stand here"))
    }
}

fn in_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn name_length(text: &str) -> usize {
    text.find(|c| !in_name(c)).unwrap_or(text.len())
}
