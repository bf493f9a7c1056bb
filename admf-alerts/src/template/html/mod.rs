//! Where in a page a text stands, and so how what is filled in there is escaped.

mod escape;
mod names;

use super::bounds::Out;
use names::Holds;

const BLANKS: [char; 5] = [' ', '\t', '\n', '\x0c', '\r'];

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page {
    state: State,
    /// The element whose tag or text this is, where its text is no markup.
    raw: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Between tags.
    #[default]
    Text,
    /// In a tag, before the name of an attribute.
    Tag,
    /// In the name of an attribute, which began at the last word written.
    Name(Holds),
    /// Behind the name of an attribute.
    Named(Holds),
    /// Behind its `=`.
    Equals(Holds),
    /// In its value, which a quote ends or, without, a blank or the tag's end.
    Value(Holds, Option<char>, Url),
    /// In `<!-- -->`, which is left out.
    Comment,
    /// In an element whose text is no markup.
    Raw,
}

/// How far an address has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Url {
    Start,
    Path,
    Query,
}

impl Page {
    /// Writes what stands in the template itself.
    pub(super) fn literal(&mut self, text: &str, out: &mut Out) -> Result<(), String> {
        let mut rest = text;
        while !rest.is_empty() {
            let (taken, shown) = self.step(rest);
            if self.state != State::Comment && shown {
                out.push(&rest[..taken])?;
            } else if self.state == State::Text && rest[..taken] == *"<" {
                // One that begins no tag.
                out.push("&lt;")?;
            }
            rest = &rest[taken..];
        }
        Ok(())
    }

    /// Goes on by some bytes; says how many, and whether they are shown as they are.
    fn step(&mut self, rest: &str) -> (usize, bool) {
        match self.state {
            State::Text => self.text(rest),
            State::Raw => (self.raw_text(rest), true),
            State::Comment => match rest.find("-->") {
                Some(end) => {
                    self.state = State::Text;
                    (end + 3, false)
                }
                None => (rest.len(), false),
            },
            State::Tag => (self.tag(rest), true),
            State::Name(_) | State::Named(_) | State::Equals(_) => (self.attribute(rest), true),
            State::Value(holds, quote, url) => {
                (self.attribute_value(rest, holds, quote, url), true)
            }
        }
    }

    fn text(&mut self, rest: &str) -> (usize, bool) {
        let Some(open) = rest.find('<') else {
            return (rest.len(), true);
        };
        if open > 0 {
            return (open, true);
        }
        if rest.starts_with("<!--") {
            self.state = State::Comment;
            return (4, false);
        }
        let name = rest[1..].strip_prefix('/').unwrap_or(&rest[1..]);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let doctype = rest
                .get(..9)
                .is_some_and(|it| it.eq_ignore_ascii_case("<!doctype"));
            return (1, doctype);
        }
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-')));
        let length = end.unwrap_or(name.len());
        let closes = rest[1..].starts_with('/');
        self.raw = names::raw(&name[..length]).filter(|_| !closes);
        self.state = State::Tag;
        (rest.len() - name.len() + length, true)
    }

    /// Up to the tag that ends the element.
    fn raw_text(&mut self, rest: &str) -> usize {
        let end = self.raw.and_then(|name| names::end_of(rest, name));
        match end {
            None => rest.len(),
            Some(end) => {
                self.state = State::Text;
                self.raw = None;
                end
            }
        }
    }

    fn tag(&mut self, rest: &str) -> usize {
        if rest.starts_with('>') {
            self.state = match self.raw {
                Some(_) => State::Raw,
                None => State::Text,
            };
            return 1;
        }
        if rest.starts_with(BLANKS) {
            return 1;
        }
        let end = rest.find(|c| BLANKS.contains(&c) || matches!(c, '=' | '>'));
        let name = &rest[..end.unwrap_or(rest.len()).max(1)];
        let holds = names::holds(name);
        self.state = match end {
            Some(_) => State::Named(holds),
            None => State::Name(holds),
        };
        name.len()
    }

    fn attribute(&mut self, rest: &str) -> usize {
        let first = rest.chars().next().unwrap_or_default();
        if let State::Name(holds) = self.state {
            self.state = State::Named(holds);
            let end = rest.find(|c| BLANKS.contains(&c) || matches!(c, '=' | '>'));
            return end.unwrap_or(rest.len());
        }
        if BLANKS.contains(&first) {
            return 1;
        }
        match (self.state, first) {
            (State::Named(holds), '=') => {
                self.state = State::Equals(holds);
                1
            }
            (State::Equals(holds), quote @ ('"' | '\'')) => {
                self.state = State::Value(holds, Some(quote), Url::Start);
                1
            }
            (State::Equals(_), '>') | (State::Named(_), _) => {
                self.state = State::Tag;
                0
            }
            (State::Equals(holds), _) => {
                self.state = State::Value(holds, None, Url::Start);
                0
            }
            _ => 1,
        }
    }

    fn attribute_value(
        &mut self,
        rest: &str,
        holds: Holds,
        quote: Option<char>,
        url: Url,
    ) -> usize {
        let end = match quote {
            Some(quote) => rest.find(quote),
            None => rest.find(|c| BLANKS.contains(&c) || c == '>'),
        };
        let value = &rest[..end.unwrap_or(rest.len())];
        let url = match url {
            _ if value.contains(['#', '?']) => Url::Query,
            Url::Start if !value.trim().is_empty() => Url::Path,
            url => url,
        };
        self.state = match end {
            Some(_) => State::Tag,
            None => State::Value(holds, quote, url),
        };
        value.len() + usize::from(end.is_some() && quote.is_some())
    }

    /// Writes what is filled in; `safe` is what says of itself that it is markup.
    pub(super) fn value(&mut self, text: &str, safe: bool, out: &mut Out) -> Result<(), String> {
        // A value without quotes begins with what is filled in.
        if let State::Equals(holds) = self.state {
            self.state = State::Value(holds, None, Url::Start);
        }
        match self.state {
            State::Text if safe => out.push(text),
            State::Text => escape::text(text, out),
            State::Comment => Ok(()),
            State::Raw if matches!(self.raw, Some("title" | "textarea")) => escape::text(text, out),
            State::Value(Holds::Text, Some(_), _) => escape::text(text, out),
            State::Value(Holds::Text, None, _) => escape::unquoted(text, out),
            State::Value(Holds::Address, quote, url) => {
                let text = match url {
                    Url::Start if !escape::is_harmless(text) => "#ZgotmplZ".to_owned(),
                    Url::Start | Url::Path => escape::address(text, true),
                    Url::Query => escape::address(text, false),
                };
                match quote {
                    Some(_) => escape::text(&text, out),
                    None => escape::unquoted(&text, out),
                }
            }
            State::Raw | State::Value(Holds::Code, ..) => {
                Err("nothing can be filled into scripts and styles".to_owned())
            }
            State::Tag | State::Name(_) | State::Named(_) | State::Equals(_) => {
                Err("only values of attributes can be filled into a tag".to_owned())
            }
        }
    }
}
