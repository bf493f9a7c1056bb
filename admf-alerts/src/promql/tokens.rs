//! The words of an expression.

use super::error::QueryError;

pub(super) enum Token<'t> {
    Open(char),
    Close(char),
    Comma,
    /// What has operands, but for the words that do.
    Operator,
    /// In small letters where it is a keyword.
    Word(&'t str),
    /// As far as it may be a length of time, in seconds.
    Number(f64),
    /// A length of time, in seconds.
    Length(f64),
    Text,
    Other,
}

/// Reads tokens with their positions, and ends after the first error.
pub(super) struct Tokens<'t> {
    text: &'t str,
    position: usize,
}

const KEYWORDS: [&str; 5] = ["offset", "and", "or", "unless", "atan2"];

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, position: 0 }
    }

    /// Where the last token ended.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest().trim_start();
            self.position = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.position += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Token<'t>, QueryError> {
        let start = self.position;
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.position += at + 1;
                return Ok(Token::Text);
            }
            if c == '\\' && quote != '`' {
                if is_byte(&self.rest()[at + 1..]) {
                    let problem = "a byte is written as itself: texts are UTF-8";
                    return Err(QueryError::syntax(start + at, problem));
                }
                chars.next();
            }
        }
        Err(QueryError::syntax(start, "the text is not closed"))
    }

    /// The next `len` bytes.
    fn slice(&mut self, len: usize) -> &'t str {
        let slice = &self.rest()[..len];
        self.position += len;
        slice
    }

    fn word(&mut self) -> Token<'t> {
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let rest = self.rest();
        let len = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let word = self.slice(len);
        if ["nan", "inf"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(word))
        {
            return Token::Number(f64::NAN);
        }
        let keyword = KEYWORDS.iter().find(|it| it.eq_ignore_ascii_case(word));
        Token::Word(keyword.copied().unwrap_or(word))
    }

    /// What begins with a digit, or with a point and a digit.
    fn number(&mut self) -> Token<'t> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut len = 0;
        while let Some(&byte) = bytes.get(len) {
            let hex = rest.starts_with("0x") || rest.starts_with("0X");
            let sign = matches!(byte, b'+' | b'-') && len > 0 && !hex;
            let exponent = sign && matches!(bytes[len - 1], b'e' | b'E');
            if !(byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_' || exponent) {
                break;
            }
            len += 1;
        }
        let number = self.slice(len);
        match length(number) {
            Some(seconds) => Token::Length(seconds),
            None => Token::Number(seconds(number)),
        }
    }

    fn symbol(&mut self, c: char) -> Token<'t> {
        self.position += c.len_utf8();
        if matches!(c, '=' | '!' | '<' | '>') {
            let second = self.rest().starts_with(['=', '~']);
            self.position += usize::from(second);
            return Token::Operator;
        }
        match c {
            '(' | '[' | '{' => Token::Open(c),
            ')' | ']' | '}' => Token::Close(c),
            ',' => Token::Comma,
            '+' | '-' | '*' | '/' | '%' | '^' => Token::Operator,
            _ => Token::Other,
        }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Result<(usize, Token<'t>), QueryError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blank();
        let position = self.position;
        let mut chars = self.rest().chars();
        let first = chars.next()?;
        let digit = chars.next().is_some_and(|c| c.is_ascii_digit());
        let token = match first {
            '"' | '\'' | '`' => self.quoted(first),
            'a'..='z' | 'A'..='Z' | '_' => Ok(self.word()),
            '0'..='9' => Ok(self.number()),
            '.' if digit => Ok(self.number()),
            _ => Ok(self.symbol(first)),
        };
        if token.is_err() {
            self.position = self.text.len();
        }
        Some(token.map(|token| (position, token)))
    }
}

/// Says whether an escape stands for a byte that is no character: `\xff`, `\377`. The parser would take
/// it for one.
fn is_byte(escape: &str) -> bool {
    let mut chars = escape.chars();
    match chars.next() {
        Some('x') => chars
            .next()
            .is_some_and(|c| matches!(c, '8'..='9' | 'a'..='f' | 'A'..='F')),
        Some(c) => matches!(c, '2'..='3') || !c.is_ascii(),
        None => false,
    }
}

fn seconds(number: &str) -> f64 {
    let hex = number.strip_prefix("0x").or(number.strip_prefix("0X"));
    match hex {
        Some(digits) => i64::from_str_radix(digits, 16).map_or(f64::NAN, |it| it as f64),
        None => number.parse().unwrap_or(f64::NAN),
    }
}

/// Reads `1h30m`; `None` where it is none.
pub(super) fn length(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let end = after.find(|c: char| c.is_ascii_digit());
        let (unit, next) = after.split_at(end.unwrap_or(after.len()));
        // The parser reads no more than 32 bits, and leaves out what has more.
        let number: u32 = match number.parse() {
            Ok(number) => number,
            Err(_) if number.is_empty() => return None,
            Err(_) => return unit_seconds(unit).map(|_| f64::INFINITY),
        };
        seconds += f64::from(number) * unit_seconds(unit)?;
        rest = next;
    }
    (!text.is_empty()).then_some(seconds)
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        "w" => 7.0 * 86_400.0,
        "y" => 365.0 * 86_400.0,
        _ => return None,
    })
}
