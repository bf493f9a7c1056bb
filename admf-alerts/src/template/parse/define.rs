//! Reads `define`, `template` and `block`: what is rendered by its name.

use std::sync::Arc;

use super::super::ast::{Body, Node};
use super::super::lex::{Kind, Token};
use super::super::value::Value;
use super::{Dialect, Ended, Fault, Parser, Scope};

impl Parser<'_, '_> {
    /// Reads one of them; a definition is nothing where it stands.
    pub(super) fn named(&mut self, word: &str, at: usize) -> Result<Option<Node>, Fault> {
        if self.dialect == Dialect::Rule {
            let problem = format!("`{word}` is not supported in rules");
            return Err(Fault::new(at, problem));
        }
        let name_at = self.at();
        let name = self.name()?;
        if word == "define" {
            if self.depth > 0 {
                return Err(Fault::new(at, "`define` stands in nothing else"));
            }
            self.close()?;
            let body = self.body(at)?;
            self.define(name, body, name_at)?;
            return Ok(None);
        }
        let closes = |kind: &Kind<'_>| matches!(kind, Kind::Close);
        let about = match self.peek() {
            Some(token) if word == "template" && closes(&token.kind) => None,
            _ => Some(self.pipeline()?),
        };
        self.close()?;
        if word == "block" {
            let body = self.body(at)?;
            self.define(Arc::clone(&name), body, name_at)?;
        }
        self.scope.calls.push((Arc::clone(&name), name_at));
        Ok(Some(Node::Template { name, at, about }))
    }

    fn name(&mut self) -> Result<Arc<str>, Fault> {
        let at = self.at();
        match self.take() {
            Some(Token {
                kind: Kind::Constant(Value::Text(name)),
                ..
            }) => Ok(Arc::clone(name)),
            _ => Err(Fault::new(at, "a name in quotes was expected")),
        }
    }

    /// Reads up to `end`. Nothing that is known around it is known there.
    fn body(&mut self, at: usize) -> Result<Body, Fault> {
        self.deeper(at)?;
        let inner = Scope::new(self.dialect, false);
        let outer = std::mem::replace(&mut self.scope, inner);
        let read = self.scoped(at);
        let inner = std::mem::replace(&mut self.scope, outer);
        self.depth -= 1;
        let (nodes, ended) = read?;
        if let Ended::Else(at) = ended {
            return Err(Fault::new(at, "there is no `if`, `with` or `range` here"));
        }
        self.close()?;
        Ok(inner.body(nodes))
    }

    /// Of two definitions by one name at most one may say something.
    fn define(&mut self, name: Arc<str>, body: Body, at: usize) -> Result<(), Fault> {
        let Some(known) = self.defined.iter_mut().find(|it| it.0 == name) else {
            self.defined.push((name, body));
            return Ok(());
        };
        if known.1.is_blank() {
            known.1 = body;
        } else if !body.is_blank() {
            return Err(Fault::new(at, format!("`{name}` is defined already")));
        }
        Ok(())
    }
}
