//! How what stands in the template itself leads from one place of a page to the next.

use super::names::{self, Holds};
use super::{BLANKS, Page, State, Url};

impl Page {
    /// Goes on by some bytes; says how many, and whether they are shown as they are.
    pub(super) fn step(&mut self, rest: &str) -> (usize, bool) {
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
}
