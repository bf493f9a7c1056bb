//! Reads tokens into nodes.

mod blocks;
mod define;
mod pipeline;

use std::sync::Arc;

use super::ast::{Body, Node, Slot};
use super::dialect::Dialect;
use super::lex::{self, Kind, Token};
use super::{Fault, MAX_DEPTH, MAX_LINKS, MAX_TEXT};

/// What a text is made of.
pub(super) struct Parsed {
    /// What stands outside of definitions.
    pub(super) body: Body,
    /// What it defines, each name once.
    pub(super) defined: Vec<(Arc<str>, Body)>,
}

/// Reads a text.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Parsed, Fault> {
    if text.len() > MAX_TEXT {
        let problem = format!("a template has at most {MAX_TEXT} bytes");
        return Err(Fault::new(0, problem));
    }
    let tokens = lex::tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        end: text.len(),
        dialect,
        scope: Scope::new(dialect, true),
        depth: 0,
        links: 0,
        defined: Vec::new(),
    };
    let (nodes, ended) = parser.nodes()?;
    match ended {
        Ended::Text => Ok(Parsed {
            body: parser.scope.body(nodes),
            defined: parser.defined,
        }),
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
    dialect: Dialect,
    scope: Scope<'t>,
    depth: usize,
    /// How many pipes, parentheses and fields this action has: as deep as its values nest at most.
    links: usize,
    defined: Vec<(Arc<str>, Body)>,
}

/// What is known of the body that is being read.
struct Scope<'t> {
    /// Those that can be named here. The last of a name is meant.
    variables: Vec<&'t str>,
    slots: usize,
    /// How many `range` are around.
    ranges: usize,
    /// Whether `$` is what the dialect gives, and not what a call does.
    root_is_given: bool,
    dot_is_root: bool,
    calls: Vec<(Arc<str>, usize)>,
}

impl Scope<'_> {
    fn new(dialect: Dialect, root_is_given: bool) -> Self {
        let variables = dialect.variables().to_vec();
        Self {
            slots: variables.len(),
            variables,
            ranges: 0,
            root_is_given,
            dot_is_root: true,
            calls: Vec::new(),
        }
    }

    fn body(self, nodes: Vec<Node>) -> Body {
        Body {
            nodes: nodes.into(),
            slots: self.slots,
            calls: self.calls.into(),
        }
    }
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
                    self.block(word, at, &mut nodes)?;
                }
                _ => self.no_block(word, at, &mut nodes)?,
            }
        }
        Ok((nodes, Ended::Text))
    }

    // Not in `nodes`, which is in itself as often as blocks nest.
    fn no_block(&mut self, word: &str, at: usize, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        match word {
            "break" | "continue" => {
                self.next += 1;
                nodes.push(self.leave(word, at)?);
            }
            "define" | "template" | "block" => {
                self.next += 1;
                nodes.extend(self.named(word, at)?);
            }
            _ => {
                let pipeline = self.pipeline()?;
                self.close()?;
                nodes.push(Node::Action(pipeline));
            }
        }
        Ok(())
    }

    /// Makes the name mean a new variable from here on.
    fn declare(&mut self, name: &'t str) -> Slot {
        // Slots are told by scope: those of ended scopes are taken again.
        let scope = &mut self.scope;
        let slot = scope.variables.len();
        scope.variables.push(name);
        scope.slots = scope.slots.max(scope.variables.len());
        slot
    }

    fn variable(&self, name: &str, at: usize) -> Result<Slot, Fault> {
        let slot = self.scope.variables.iter().rposition(|it| *it == name);
        slot.ok_or_else(|| Fault::new(at, format!("there is no variable `{name}`")))
    }
}
