//! What a template is made of.

use std::sync::Arc;

use regex::Regex;

use super::functions::Function;
use super::value::Value;

/// The place of a variable. Which one a name means is known when the template is read.
pub(super) type Slot = usize;

/// What is rendered as one: a text, or what it defines by a name.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) nodes: Arc<[Node]>,
    /// How many variables it has.
    pub(super) slots: usize,
    /// The names that it calls, and where.
    pub(super) calls: Arc<[(Arc<str>, usize)]>,
}

impl Body {
    /// Says whether nothing but blanks stands in it: such a body takes no other's place.
    pub(super) fn is_blank(&self) -> bool {
        let blank = |node: &Node| matches!(node, Node::Text(text) if text.trim().is_empty());
        self.nodes.iter().all(blank)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(Arc<str>),
    Action(Pipeline),
    If {
        arms: Vec<(Pipeline, Vec<Self>)>,
        otherwise: Vec<Self>,
    },
    With {
        about: Pipeline,
        body: Vec<Self>,
        otherwise: Vec<Self>,
    },
    Range {
        over: Expr,
        at: usize,
        key: Option<Slot>,
        element: Option<Slot>,
        body: Vec<Self>,
        otherwise: Vec<Self>,
    },
    /// Renders what is defined by a name.
    Template {
        name: Arc<str>,
        at: usize,
        about: Option<Pipeline>,
    },
    Break,
    Continue,
}

/// An expression whose value may go to a variable.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) set: Option<Slot>,
    pub(super) expr: Expr,
    pub(super) at: usize,
}

/// `a | f b` is `f b a`.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Constant(Value),
    Dot,
    /// `$`: what the template was given.
    Root,
    Variable(Slot),
    Field {
        of: Box<Self>,
        name: Arc<str>,
        /// Where it is a method that takes some.
        args: Vec<Self>,
        at: usize,
    },
    Call {
        function: &'static Function,
        args: Vec<Self>,
        /// The first argument, where it is a literal and the function takes a pattern.
        pattern: Option<Regex>,
        at: usize,
    },
}
