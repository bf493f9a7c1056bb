//! Fills a template in.

mod expr;

use super::ast::{Body, Expr, Node, Pipeline};
use super::bounds::{Budget, Out};
use super::dialect::Dialect;
use super::notice::Defined;
use super::sink::Sink;
use super::value::Value;
use super::{Fault, Query, format};

/// What a rendering goes by, besides the text.
pub(super) struct Given<'r> {
    pub(super) dialect: Dialect,
    /// What can be rendered by its name.
    pub(super) defined: &'r Defined,
    pub(super) query: &'r dyn Query,
    /// How many bytes it may make.
    pub(super) most: usize,
}

pub(super) fn render(
    body: &Body,
    root: Value,
    given: &Given<'_>,
    sink: Sink,
) -> Result<String, Fault> {
    let mut eval = Eval {
        variables: variables(given.dialect, &root, body),
        root: root.clone(),
        given,
        sink,
        budget: Budget::new(given.most),
    };
    eval.nodes(&body.nodes, &root)?;
    Ok(eval.sink.into_text())
}

fn variables(dialect: Dialect, root: &Value, body: &Body) -> Vec<Value> {
    let mut variables = dialect.given(root);
    variables.resize(body.slots, Value::Nil);
    variables
}

struct Eval<'r> {
    root: Value,
    given: &'r Given<'r>,
    variables: Vec<Value>,
    sink: Sink,
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
            let flow = self.node(node, dot)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    // What each kind needs is in a function of its own, so that blocks in blocks take little of the stack.
    fn node(&mut self, node: &Node, dot: &Value) -> Result<Flow, Fault> {
        match node {
            Node::Text(text) => self.write(0, |sink| sink.literal(text)),
            Node::Action(pipeline) => self.action(pipeline, dot),
            Node::Template { name, at, about } => self.template(name, *at, about.as_ref(), dot),
            Node::If { arms, otherwise } => return self.if_(arms, otherwise, dot),
            Node::With { .. } => return self.with(node, dot),
            Node::Range { .. } => return self.range(node, dot),
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        .map(|()| Flow::On)
    }

    fn action(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<(), Fault> {
        let value = match self.escaped_anyway(&pipeline.expr) {
            Some(args) => self.printed(args, dot, pipeline.at)?,
            None => self.pipeline(pipeline, dot)?,
        };
        match pipeline.set {
            None => self.write(pipeline.at, |sink| sink.value(&value)),
            Some(_) => Ok(()),
        }
    }

    fn with(&mut self, node: &Node, dot: &Value) -> Result<Flow, Fault> {
        let Node::With {
            about,
            body,
            otherwise,
        } = node
        else {
            return Ok(Flow::On);
        };
        let value = self.pipeline(about, dot)?;
        match value.is_true() {
            true => self.inside(body, &value, about.at),
            false => self.inside(otherwise, dot, about.at),
        }
    }

    /// The arguments of `html`, where it stands last in an action of a page, which escapes what it gives.
    fn escaped_anyway<'e>(&self, expr: &'e Expr) -> Option<&'e [Expr]> {
        match expr {
            Expr::Call { function, args, .. } if self.sink.is_page() && function.name == "html" => {
                Some(args)
            }
            _ => None,
        }
    }

    fn printed(&mut self, args: &[Expr], dot: &Value, at: usize) -> Result<Value, Fault> {
        let args = self.all(args, dot)?;
        let mut out = Out::default();
        let printed = format::print_actions(&mut out, &args);
        printed.map_err(|problem| Fault::new(at, problem))?;
        Ok(Value::text(out.into_text()))
    }

    /// Renders the nodes of a block.
    fn inside(&mut self, nodes: &[Node], dot: &Value, at: usize) -> Result<Flow, Fault> {
        self.enter(at)?;
        let flow = self.nodes(nodes, dot)?;
        self.budget.leave();
        Ok(flow)
    }

    fn enter(&mut self, at: usize) -> Result<(), Fault> {
        let entered = self.budget.enter();
        entered.map_err(|problem| Fault::new(at, problem))
    }

    /// Renders what is defined by a name, to which nothing is known but what it is given.
    fn template(
        &mut self,
        name: &str,
        at: usize,
        about: Option<&Pipeline>,
        dot: &Value,
    ) -> Result<(), Fault> {
        let about = about.map(|about| self.pipeline(about, dot)).transpose()?;
        let about = about.unwrap_or(Value::Nil);
        let found = self.given.defined.get(name);
        let found =
            found.ok_or_else(|| Fault::new(at, format!("there is no template `{name}`")))?;
        let steps = self.budget.steps(1);
        steps.map_err(|problem| Fault::new(at, problem))?;
        let own = variables(self.given.dialect, &about, &found.body);
        let outer_variables = std::mem::replace(&mut self.variables, own);
        let outer_root = std::mem::replace(&mut self.root, about.clone());
        self.enter(at)?;
        let rendered = self.nodes(&found.body.nodes, &about);
        self.budget.leave();
        (self.variables, self.root) = (outer_variables, outer_root);
        match rendered {
            Err(fault) => Err(fault.within(name, &found.text, at)),
            Ok(_) => Ok(()),
        }
    }

    fn write(
        &mut self,
        at: usize,
        write: impl FnOnce(&mut Sink) -> Result<(), String>,
    ) -> Result<(), Fault> {
        let before = self.sink.len();
        write(&mut self.sink).map_err(|problem| Fault::new(at, problem))?;
        let written = self.sink.len() - before;
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
                return self.inside(body, dot, condition.at);
            }
        }
        self.inside(otherwise, dot, arms.first().map_or(0, |arm| arm.0.at))
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
            return self.inside(otherwise, dot, *at);
        }
        for (index, value) in elements {
            self.budget.steps(1).map_err(fault)?;
            if let Some(slot) = key {
                self.variables[*slot] = index;
            }
            if let Some(slot) = element {
                self.variables[*slot] = value.clone();
            }
            if self.inside(body, &value, *at)? == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
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
        Value::Pairs(pairs) => {
            let pairs = pairs.iter();
            Ok(pairs
                .map(|(name, value)| (Value::text(name.as_str()), Value::text(value.as_str())))
                .collect())
        }
        Value::List(list) => Ok((0..)
            .map(Value::Int)
            .zip(list.items.iter().cloned())
            .collect()),
        Value::Samples(samples) => {
            let samples = samples.iter().cloned().map(Value::Sample);
            Ok((0..).map(Value::Int).zip(samples).collect())
        }
        other => Err(format!("`range` cannot go over {}", other.kind())),
    }
}
