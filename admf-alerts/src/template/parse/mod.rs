//! Reads tokens into nodes.

mod blocks;
mod pipeline;

use super::ast::{Node, Slot};
use super::lex::{self, Kind, Token};
use super::value::DATA_FIELDS;
use super::{Fault, MAX_DEPTH, MAX_LINKS, MAX_TEXT};

/// The variables that Prometheus sets, in the order of their slots and of [`DATA_FIELDS`].
pub(super) const GIVEN: [&str; DATA_FIELDS.len()] =
    ["$labels", "$externalLabels", "$externalURL", "$value"];

/// Returns the nodes of a template, and how many variables it has.
pub(super) fn parse(text: &str) -> Result<(Vec<Node>, usize), Fault> {
    if text.len() > MAX_TEXT {
        let problem = format!("a template has at most {MAX_TEXT} bytes");
        return Err(Fault::new(0, problem));
    }
    let tokens = lex::tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        end: text.len(),
        variables: GIVEN.to_vec(),
        slots: GIVEN.len(),
        depth: 0,
        links: 0,
        ranges: 0,
        dot_is_root: true,
    };
    let (nodes, ended) = parser.nodes()?;
    match ended {
        Ended::Text => Ok((nodes, parser.slots)),
        Ended::End(at) | Ended::Else(at) => {
            Err(Fault::new(at, "there is no `if`, `with` or `range` here"))
        }
    }
}

struct Parser<'a, 't> {
    tokens: &'a [Token<'t>],
    next: usize,
    /// The length of the text: where one is that is missing.
    end: usize,
    /// Those that can be named here. The last of a name is meant.
    variables: Vec<&'t str>,
    slots: usize,
    depth: usize,
    /// How many pipes, parentheses and fields this action has: as deep as its values nest at most.
    links: usize,
    /// How many `range` are around.
    ranges: usize,
    dot_is_root: bool,
}

/// What a list of nodes stops at; the places are those of the words.
enum Ended {
    Text,
    End(usize),
    Else(usize),
}

impl<'a, 't> Parser<'a, 't> {
    fn peek(&self) -> Option<&'a Token<'t>> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'a Token<'t>> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn at(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { kind: Kind::Sign(it), .. }) if *it == sign);
        self.next += usize::from(found);
        found
    }

    fn close(&mut self) -> Result<(), Fault> {
        match self.take() {
            Some(Token {
                kind: Kind::Close, ..
            }) => Ok(()),
            token => {
                let at = token.map_or(self.end, |token| token.at);
                Err(Fault::new(at, "`}}` was expected"))
            }
        }
    }

    fn link(&mut self) -> Result<(), Fault> {
        if self.links == MAX_LINKS {
            let problem = format!("more than {MAX_LINKS} pipes, parentheses and fields");
            return Err(Fault::new(self.at(), problem));
        }
        self.links += 1;
        Ok(())
    }

    fn nodes(&mut self) -> Result<(Vec<Node>, Ended), Fault> {
        let mut nodes = Vec::new();
        while let Some(token) = self.take() {
            if let Kind::Text(text) = token.kind {
                nodes.push(Node::Text(text.into()));
                continue;
            }
            // Outside of text an action opens, and nothing else.
            let at = self.at();
            let word = match self.peek().map(|token| &token.kind) {
                Some(Kind::Word(word)) => *word,
                _ => "",
            };
            match word {
                "end" | "else" => {
                    self.next += 1;
                    let end = if word == "end" {
                        Ended::End(at)
                    } else {
                        Ended::Else(at)
                    };
                    return Ok((nodes, end));
                }
                "if" | "with" | "range" => {
                    self.next += 1;
                    nodes.push(self.block(word, at)?);
                }
                "break" | "continue" => {
                    self.next += 1;
                    nodes.push(self.leave(word, at)?);
                }
                "define" | "template" | "block" => {
                    return Err(Fault::new(
                        at,
                        format!("`{word}` is not supported in rules"),
                    ));
                }
                _ => {
                    let pipeline = self.pipeline()?;
                    self.close()?;
                    nodes.push(Node::Action(pipeline));
                }
            }
        }
        Ok((nodes, Ended::Text))
    }

    /// Makes the name mean a new variable from here on.
    fn declare(&mut self, name: &'t str) -> Slot {
        // Slots are told by scope: those of ended scopes are taken again.
        let slot = self.variables.len();
        self.variables.push(name);
        self.slots = self.slots.max(self.variables.len());
        slot
    }

    fn variable(&self, name: &str, at: usize) -> Result<Slot, Fault> {
        let slot = self.variables.iter().rposition(|it| *it == name);
        slot.ok_or_else(|| Fault::new(at, format!("there is no variable `{name}`")))
    }
}
