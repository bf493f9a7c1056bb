//! What expressions give.

use super::super::ast::{Expr, Pipeline};
use super::super::functions::{Context, Function};
use super::super::value::Value;
use super::{Eval, Fault};

impl Eval<'_> {
    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, Fault> {
        let steps = self.budget.steps(1);
        steps.map_err(|problem| Fault::new(pipeline.at, problem))?;
        let value = self.expr(&pipeline.expr, dot)?;
        if let Some(slot) = pipeline.set {
            self.variables[slot] = value.clone();
        }
        Ok(value)
    }

    pub(super) fn expr(&mut self, expr: &Expr, dot: &Value) -> Result<Value, Fault> {
        match expr {
            Expr::Constant(value) => Ok(value.clone()),
            Expr::Dot => Ok(dot.clone()),
            Expr::Root => Ok(self.root.clone()),
            Expr::Variable(slot) => Ok(self.variables[*slot].clone()),
            Expr::Field { .. } => self.field(expr, dot),
            Expr::Call { function, args, .. } if function.is_lazy() => {
                self.first_that(function, args, dot)
            }
            Expr::Call { .. } => self.call(expr, dot),
        }
    }

    fn call(&mut self, call: &Expr, dot: &Value) -> Result<Value, Fault> {
        let Expr::Call {
            function,
            args,
            pattern,
            at,
        } = call
        else {
            return self.expr(call, dot);
        };
        let values = self.all(args, dot)?;
        let context = Context {
            query: self.given.query,
            pattern: pattern.as_ref(),
        };
        let value = self.called(function, &values, &context);
        value.map_err(|problem| Fault::new(*at, format!("`{}`: {problem}", function.name)))
    }

    fn field(&mut self, field: &Expr, dot: &Value) -> Result<Value, Fault> {
        let Expr::Field { of, name, args, at } = field else {
            return self.expr(field, dot);
        };
        let of = self.expr(of, dot)?;
        let args = self.all(args, dot)?;
        let value = self.asked(&of, name, &args);
        value.map_err(|problem| Fault::new(*at, problem))
    }

    pub(super) fn all(&mut self, exprs: &[Expr], dot: &Value) -> Result<Vec<Value>, Fault> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            values.push(self.expr(expr, dot)?);
        }
        Ok(values)
    }

    /// Asks a value for something of it and charges what that is.
    fn asked(&mut self, of: &Value, name: &str, args: &[Value]) -> Result<Value, String> {
        let value = of.field(name, args)?;
        // What a method makes is as much as what it is made of.
        if value.work() > 0 && !matches!(of, Value::Struct(_)) {
            self.budget.steps(of.work())?;
        }
        if let (Value::Time(_), Value::Text(text)) = (of, &value) {
            self.budget.bytes(text.len())?;
        }
        Ok(value)
    }

    /// Calls a function and charges what it gives.
    fn called(
        &mut self,
        function: &Function,
        args: &[Value],
        context: &Context<'_>,
    ) -> Result<Value, String> {
        let value = function.call(args, context, |steps| self.budget.steps(steps))?;
        match &value {
            Value::Text(text) | Value::Html(text) => self.budget.bytes(text.len())?,
            Value::Samples(list) => self.budget.steps(list.len())?,
            _ => {}
        }
        Ok(value)
    }

    /// `and` gives its first argument that is not true, `or` its first that is; both give the last
    /// if there is none, and look at no further ones.
    fn first_that(
        &mut self,
        function: &Function,
        args: &[Expr],
        dot: &Value,
    ) -> Result<Value, Fault> {
        let mut value = Value::Nil;
        for arg in args {
            value = self.expr(arg, dot)?;
            if value.is_true() == function.stops_at_true() {
                break;
            }
        }
        Ok(value)
    }
}
