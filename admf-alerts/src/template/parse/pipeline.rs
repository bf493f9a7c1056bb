//! Reads what stands in an action: variables, calls and pipelines.

use super::super::ast::{Expr, Pipeline};
use super::super::functions::{self, Function};
use super::super::lex::{Kind, Token};
use super::super::methods;
use super::super::value::Value;
use super::{Dialect, Fault, Parser};

/// The first operand of a command: only a function takes arguments.
enum Head {
    Function(&'static Function, usize),
    Value(Expr),
}

impl Parser<'_, '_> {
    /// Reads a pipeline, with the variable that it sets.
    pub(super) fn pipeline(&mut self) -> Result<Pipeline, Fault> {
        self.links = 0;
        let at = self.at();
        let [first, second] = [0, 1].map(|i| self.tokens.get(self.next + i).map(|it| &it.kind));
        let (Some(Kind::Variable(name)), Some(Kind::Sign(sign @ (":=" | "=")))) = (first, second)
        else {
            let expr = self.commands()?;
            return Ok(Pipeline {
                set: None,
                expr,
                at,
            });
        };
        self.next += 2;
        let expr = self.commands()?;
        let set = match *sign {
            _ if *name == "$" => return Err(Fault::new(at, "`$` cannot be set")),
            ":=" => self.declare(name),
            _ => self.variable(name, at)?,
        };
        let set = Some(set);
        Ok(Pipeline { set, expr, at })
    }

    fn commands(&mut self) -> Result<Expr, Fault> {
        let mut expr = self.command(None)?;
        while self.eat("|") {
            self.link()?;
            if !self.at_operand() {
                return Err(Fault::new(self.at(), "`|` leads to nothing"));
            }
            expr = self.command(Some(expr))?;
        }
        Ok(expr)
    }

    /// Reads a function and its arguments, or one value. What is piped in is the last argument.
    fn command(&mut self, piped: Option<Expr>) -> Result<Expr, Fault> {
        let at = self.at();
        let head = self.operand()?;
        let mut args = Vec::new();
        while self.at_operand() {
            if self.peek().is_some_and(|token| !token.spaced) {
                return Err(Fault::new(self.at(), "a blank was expected"));
            }
            args.push(match self.operand()? {
                Head::Function(function, at) => functions::call(function, Vec::new(), at)?,
                Head::Value(value) => value,
            });
        }
        args.extend(piped);
        self.given(head, args, at)
    }

    // Not in `command`, which is in itself as often as parentheses nest.
    fn given(&self, head: Head, args: Vec<Expr>, at: usize) -> Result<Expr, Fault> {
        match head {
            Head::Function(function, at) => functions::call(function, args, at),
            Head::Value(Expr::Constant(Value::Nil)) => Err(Fault::new(at, "`nil` is no command")),
            Head::Value(value) if args.is_empty() => Ok(value),
            Head::Value(Expr::Field { of, name, at, .. })
                if self.dialect == Dialect::Notice && methods::WITH_ARGS.contains(&&*name) =>
            {
                Ok(Expr::Field { of, name, args, at })
            }
            Head::Value(_) => Err(Fault::new(at, "only a function takes arguments")),
        }
    }

    fn at_operand(&self) -> bool {
        match self.peek().map(|token| &token.kind) {
            None | Some(Kind::Text(_) | Kind::Open | Kind::Close) => false,
            Some(Kind::Sign(sign)) => *sign == "(",
            Some(_) => true,
        }
    }

    /// Reads a value, or the name of a function, and the fields that follow at once.
    fn operand(&mut self) -> Result<Head, Fault> {
        if self.eat("(") {
            self.link()?;
            let inner = self.commands()?;
            if !self.eat(")") {
                return Err(Fault::new(self.at(), "`)` was expected"));
            }
            return self.fields(Head::Value(inner), true);
        }
        let (head, chained) = self.plain()?;
        self.fields(head, chained)
    }

    /// Reads one without parentheses, and says whether fields may follow.
    fn plain(&mut self) -> Result<(Head, bool), Fault> {
        let at = self.at();
        let value = match self.take().map(|token| &token.kind) {
            Some(Kind::Word("true")) => Expr::Constant(Value::Bool(true)),
            Some(Kind::Word("false")) => Expr::Constant(Value::Bool(false)),
            Some(Kind::Word("nil")) => Expr::Constant(Value::Nil),
            Some(Kind::Constant(value)) => Expr::Constant(value.clone()),
            Some(Kind::Dot) => Expr::Dot,
            Some(Kind::Word(name)) => {
                let function = functions::find(name, at, self.dialect)?;
                return Ok((Head::Function(function, at), true));
            }
            Some(Kind::Variable("$")) => Expr::Root,
            Some(Kind::Variable(name)) => Expr::Variable(self.variable(name, at)?),
            Some(Kind::Field(name)) => self.field(Expr::Dot, name, at)?,
            _ => return Err(Fault::new(at, "a value or a function was expected")),
        };
        // Literals have no fields, and those of a dot are of one word with it.
        let chained = !matches!(value, Expr::Constant(_) | Expr::Dot);
        Ok((Head::Value(value), chained))
    }

    fn fields(&mut self, mut head: Head, chained: bool) -> Result<Head, Fault> {
        while let Some(Token {
            kind: Kind::Field(name),
            at,
            spaced: false,
        }) = self.peek()
        {
            self.link()?;
            if !chained {
                return Err(Fault::new(*at, format!("`.{name}` cannot stand here")));
            }
            self.next += 1;
            let of = match head {
                Head::Function(function, at) => functions::call(function, Vec::new(), at)?,
                Head::Value(value) => value,
            };
            head = Head::Value(self.field(of, name, *at)?);
        }
        Ok(head)
    }

    fn field(&self, of: Expr, name: &str, at: usize) -> Result<Expr, Fault> {
        let root = match of {
            Expr::Root => self.scope.root_is_given,
            Expr::Dot => self.scope.root_is_given && self.scope.dot_is_root,
            _ => false,
        };
        if root && !self.dialect.fields().contains(&name) {
            return Err(Fault::new(at, self.dialect.no_field(name)));
        }
        Ok(Expr::Field {
            of: Box::new(of),
            name: name.into(),
            args: Vec::new(),
            at,
        })
    }
}
