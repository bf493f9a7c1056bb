//! Where in a page a text stands, and so how what is filled in there is escaped.

mod escape;
mod names;
mod steps;

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
