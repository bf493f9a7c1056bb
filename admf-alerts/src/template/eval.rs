//! Fills a template in.

use std::sync::Arc;

use super::ast::{Expr, Node, Pipeline};
use super::bounds::{Budget, Out};
use super::functions::{Context, Function};

use super::value::{DATA_FIELDS, Value};
use super::{Data, Fault, Query, format};

pub(super) fn render(
    nodes: &[Node],
    slots: usize,
    data: &Data,
    query: &dyn Query,
) -> Result<String, Fault> {
    let root = Value::Data(Arc::new(data.clone()));
    let mut variables: Vec<Value> = DATA_FIELDS.iter().map(|(_, get)| get(data)).collect();
    variables.resize(slots, Value::Nil);
    let mut eval = Eval {
        root: root.clone(),
        query,
        variables,
        out: Out::default(),
        budget: Budget::new(),
    };
    eval.nodes(nodes, &root)?;
    Ok(eval.out.into_text())
}

struct Eval<'r> {
    root: Value,
    query: &'r dyn Query,
    variables: Vec<Value>,
    out: Out,
    budget: Budget,
}

/// Where a list of nodes ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

impl Eval<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<Flow, Fault> {
        for node in nodes {
            let flow = match node {
                Node::Text(text) => {
                    self.write(0, |out| out.push(text))?;
                    Flow::On
                }
                Node::Action(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.set.is_none() {
                        self.write(pipeline.at, |out| format::action(out, &value))?;
                    }
                    Flow::On
                }
                Node::If { arms, otherwise } => self.if_(arms, otherwise, dot)?,
                Node::With {
                    about,
                    body,
                    otherwise,
                } => {
                    let value = self.pipeline(about, dot)?;
                    if value.is_true() {
                        self.nodes(body, &value)?
                    } else {
                        self.nodes(otherwise, dot)?
                    }
                }
                Node::Range { .. } => self.range(node, dot)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn write(
        &mut self,
        at: usize,
        write: impl FnOnce(&mut Out) -> Result<(), String>,
    ) -> Result<(), Fault> {
        let before = self.out.len();
        write(&mut self.out).map_err(|problem| Fault::new(at, problem))?;
        let written = self.out.len() - before;
        let charged = self.budget.bytes(written);
        charged.map_err(|problem| Fault::new(at, problem))
    }

    fn if_(
        &mut self,
        arms: &[(Pipeline, Vec<Node>)],
        otherwise: &[Node],
        dot: &Value,
    ) -> Result<Flow, Fault> {
        for (condition, body) in arms {
            if self.pipeline(condition, dot)?.is_true() {
                return self.nodes(body, dot);
            }
        }
        self.nodes(otherwise, dot)
    }

    fn range(&mut self, node: &Node, dot: &Value) -> Result<Flow, Fault> {
        let Node::Range {
            over,
            at,
            key,
            element,
            body,
            otherwise,
        } = node
        else {
            return Ok(Flow::On);
        };
        let fault = |problem: String| Fault::new(*at, problem);
        let elements = elements(&self.expr(over, dot)?).map_err(fault)?;
        if elements.is_empty() {
            return self.nodes(otherwise, dot);
        }
        for (index, value) in elements {
            self.budget.steps(1).map_err(fault)?;
            if let Some(slot) = key {
                self.variables[*slot] = index;
            }
            if let Some(slot) = element {
                self.variables[*slot] = value.clone();
            }
            if self.nodes(body, &value)? == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, Fault> {
        let steps = self.budget.steps(1);
        steps.map_err(|problem| Fault::new(pipeline.at, problem))?;
        let value = self.expr(&pipeline.expr, dot)?;
        if let Some(slot) = pipeline.set {
            self.variables[slot] = value.clone();
        }
        Ok(value)
    }

    fn expr(&mut self, expr: &Expr, dot: &Value) -> Result<Value, Fault> {
        match expr {
            Expr::Constant(value) => Ok(value.clone()),
            Expr::Dot => Ok(dot.clone()),
            Expr::Root => Ok(self.root.clone()),
            Expr::Variable(slot) => Ok(self.variables[*slot].clone()),
            Expr::Field { of, name, at } => {
                let of = self.expr(of, dot)?;
                of.field(name).map_err(|problem| Fault::new(*at, problem))
            }
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
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.expr(arg, dot)?);
        }
        let context = Context {
            query: self.query,
            pattern: pattern.as_ref(),
        };
        let value = self.called(function, &values, &context);
        value.map_err(|problem| Fault::new(*at, format!("`{}`: {problem}", function.name)))
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
            Value::Text(text) => self.budget.bytes(text.len())?,
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

/// Lists what `range` goes over, with indices or keys.
fn elements(value: &Value) -> Result<Vec<(Value, Value)>, String> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::Labels(labels) => {
            let pairs = labels.iter();
            Ok(pairs
                .map(|(name, value)| (Value::text(name), Value::text(value)))
                .collect())
        }
        Value::Samples(samples) => {
            let samples = samples.iter().cloned().map(Value::Sample);
            Ok((0..).map(Value::Int).zip(samples).collect())
        }
        other => Err(format!("`range` cannot go over {}", other.kind())),
    }
}
