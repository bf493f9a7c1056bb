//! Reads `if`, `with` and `range` with what is in them.

use super::super::ast::{Node, Pipeline, Slot};
use super::super::lex::Kind;
use super::{Ended, Fault, MAX_DEPTH, Parser};

impl<'t> Parser<'_, 't> {
    /// Reads one, and adds it to the nodes.
    pub(super) fn block(
        &mut self,
        word: &str,
        at: usize,
        nodes: &mut Vec<Node>,
    ) -> Result<(), Fault> {
        self.deeper(at)?;
        let scope = self.scope.variables.len();
        match word {
            "if" => self.if_(at, nodes)?,
            "with" => self.with(at, nodes)?,
            _ => self.range(at, nodes)?,
        }
        self.depth -= 1;
        self.scope.variables.truncate(scope);
        Ok(())
    }

    pub(super) fn deeper(&mut self, at: usize) -> Result<(), Fault> {
        if self.depth == MAX_DEPTH {
            let problem = format!("a template nests at most {MAX_DEPTH} levels deep");
            return Err(Fault::new(at, problem));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self, word: &str, at: usize) -> Result<Node, Fault> {
        if self.scope.ranges == 0 {
            return Err(Fault::new(at, format!("`{word}` stands in no `range`")));
        }
        self.close()?;
        Ok(match word {
            "break" => Node::Break,
            _ => Node::Continue,
        })
    }

    fn if_(&mut self, at: usize, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let mut arms = Vec::new();
        loop {
            let condition = self.pipeline()?;
            self.close()?;
            let (body, ended) = self.scoped(at)?;
            arms.push((condition, body));
            let otherwise = match ended {
                Ended::Else(_) if self.eat_if() => continue,
                ended => self.otherwise(ended, at)?,
            };
            nodes.push(Node::If { arms, otherwise });
            return Ok(());
        }
    }

    fn eat_if(&mut self) -> bool {
        let found = matches!(self.peek(), Some(token) if matches!(token.kind, Kind::Word("if")));
        self.next += usize::from(found);
        found
    }

    fn with(&mut self, at: usize, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let about = self.pipeline()?;
        self.close()?;
        let root = std::mem::replace(&mut self.scope.dot_is_root, false);
        let body = self.scoped(at);
        self.scope.dot_is_root = root;
        let (body, ended) = body?;
        let otherwise = self.otherwise(ended, at)?;
        nodes.push(Node::With {
            about,
            body,
            otherwise,
        });
        Ok(())
    }

    fn range(&mut self, at: usize, nodes: &mut Vec<Node>) -> Result<(), Fault> {
        let names = self.range_variables()?;
        let Pipeline {
            expr: over,
            at: place,
            ..
        } = self.pipeline()?;
        self.close()?;
        let slots: Vec<Slot> = names.iter().map(|name| self.declare(name)).collect();
        let (key, element) = match slots[..] {
            [element] => (None, Some(element)),
            [key, element] => (Some(key), Some(element)),
            _ => (None, None),
        };
        let root = std::mem::replace(&mut self.scope.dot_is_root, false);
        self.scope.ranges += 1;
        let body = self.scoped(at);
        self.scope.ranges -= 1;
        self.scope.dot_is_root = root;
        let (body, ended) = body?;
        let otherwise = self.otherwise(ended, at)?;
        nodes.push(Node::Range {
            over,
            at: place,
            key,
            element,
            body,
            otherwise,
        });
        Ok(())
    }

    /// Takes `$element :=` or `$key, $element :=`.
    fn range_variables(&mut self) -> Result<Vec<&'t str>, Fault> {
        let start = self.next;
        let mut names = Vec::new();
        while let Some(Kind::Variable(name)) = self.peek().map(|token| &token.kind) {
            names.push(*name);
            self.next += 1;
            if names.len() == 2 || !self.eat(",") {
                break;
            }
        }
        if !names.is_empty() && self.eat(":=") {
            return Ok(names);
        }
        if names.len() > 1 || !names.is_empty() && self.eat("=") {
            let problem = "`range` sets variables as in `range $key, $element := …`";
            return Err(Fault::new(self.at(), problem));
        }
        self.next = start;
        Ok(Vec::new())
    }

    /// Reads nodes up to `end` or `else`; what they declare ends with them.
    pub(super) fn scoped(&mut self, at: usize) -> Result<(Vec<Node>, Ended), Fault> {
        let scope = self.scope.variables.len();
        let (nodes, ended) = self.nodes()?;
        self.scope.variables.truncate(scope);
        match ended {
            Ended::Text => Err(Fault::new(at, "there is no `{{ end }}` to this")),
            ended => Ok((nodes, ended)),
        }
    }

    /// Takes what follows the body that `ended`, up to and with `{{ end }}`.
    fn otherwise(&mut self, ended: Ended, at: usize) -> Result<Vec<Node>, Fault> {
        self.close()?;
        let Ended::Else(_) = ended else {
            return Ok(Vec::new());
        };
        let (nodes, ended) = self.scoped(at)?;
        if let Ended::Else(at) = ended {
            return Err(Fault::new(at, "there is an `else` already"));
        }
        self.close()?;
        Ok(nodes)
    }
}
