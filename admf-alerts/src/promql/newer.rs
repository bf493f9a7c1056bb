//! What the parser reads and Prometheus 2 does not.

use super::error::QueryError;
use super::tokens::Token;

/// Words before a list of labels.
const LISTS: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];

/// Sees the tokens one after another.
#[derive(Debug, Default)]
pub(super) struct Newer {
    /// Open brackets, and whether there are names between them where a text would be one.
    open: Vec<(char, bool)>,
    last: Last,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Last {
    #[default]
    Other,
    Operator,
    Offset,
    /// A list of labels may follow.
    List,
}

impl Newer {
    /// Takes the token at the begin of `rest`.
    pub(super) fn take(
        &mut self,
        rest: &str,
        position: usize,
        token: &Token<'_>,
    ) -> Result<(), QueryError> {
        let last = std::mem::replace(&mut self.last, next(token));
        let problem = match token {
            Token::Open(bracket) => {
                self.open
                    .push((*bracket, *bracket == '{' || last == Last::List));
                return Ok(());
            }
            Token::Close(_) => {
                self.open.pop();
                return Ok(());
            }
            Token::Text if self.in_names() && last != Last::Operator => {
                "a name is written without quotes"
            }
            Token::Word("or") if self.open.last() == Some(&('{', true)) => {
                "matchers have no alternatives"
            }
            Token::Operator if last == Last::Offset && rest.starts_with('+') => {
                "an offset has no `+`"
            }
            _ => return Ok(()),
        };
        Err(QueryError::syntax(position, problem))
    }

    fn in_names(&self) -> bool {
        self.open.last().is_some_and(|(_, names)| *names)
    }
}

fn next(token: &Token<'_>) -> Last {
    match token {
        Token::Operator => Last::Operator,
        Token::Word("offset") => Last::Offset,
        Token::Word(word) if LISTS.iter().any(|list| list.eq_ignore_ascii_case(word)) => Last::List,
        _ => Last::Other,
    }
}

#[cfg(test)]
mod tests {
    use crate::promql::{Query, Semantics, Settings};

    #[test]
    fn what_only_3_reads_is_refused_as_2() {
        let older = Settings::default().semantics(Semantics::Prometheus2);
        for (text, error) in [
            ("{\"x\"}", "at 1: a name is written without quotes"),
            ("x{\"a\"=\"b\"}", "at 2: a name is written without quotes"),
            (
                "x{a=\"b\",'c'=\"d\"}",
                "at 8: a name is written without quotes",
            ),
            (
                "sum BY (a, \"b\") (x)",
                "at 11: a name is written without quotes",
            ),
            ("x + on (\"b\") x", "at 8: a name is written without quotes"),
            (
                "x{a=\"b\" or c=\"d\"}",
                "at 8: matchers have no alternatives",
            ),
            ("x offset +5m", "at 9: an offset has no `+`"),
        ] {
            assert!(
                Query::parse(text, &Settings::default()).is_ok() || text.contains(" or "),
                "{text}"
            );
            let refused = Query::parse(text, &older).unwrap_err();
            assert_eq!(refused.to_string(), error);
        }
        for text in [
            "x{a=\"b\"} or y",
            "by{on=\"b\"}",
            "count_values by (a) (\"b\", x)",
            "label_replace(x, \"a\", \"b\", \"c\", \"d\")",
            "x offset -5m + 1",
        ] {
            assert!(Query::parse(text, &older).is_ok(), "{text}");
        }
    }
}
