//! What a template asks for, before it is rendered.

use super::ast::{Expr, Node, Pipeline};
use super::value::Value;

/// An expression that a template asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked<'t> {
    /// This one.
    Text(&'t str),
    /// One that is put together only when the template is rendered.
    Any,
}

/// Lists what is asked, in the order in which it is written.
pub(super) fn asked(nodes: &[Node]) -> Vec<Asked<'_>> {
    let mut found = Vec::new();
    within(nodes, &mut found);
    found
}

fn within<'t>(nodes: &'t [Node], found: &mut Vec<Asked<'t>>) {
    let piped = |it: &'t Pipeline, found: &mut Vec<_>| expr(&it.expr, found);
    for node in nodes {
        match node {
            Node::Text(_) | Node::Break | Node::Continue => {}
            Node::Action(pipeline) => piped(pipeline, found),
            Node::If { arms, otherwise } => {
                for (condition, body) in arms {
                    piped(condition, found);
                    within(body, found);
                }
                within(otherwise, found);
            }
            Node::With {
                about,
                body,
                otherwise,
            } => {
                piped(about, found);
                within(body, found);
                within(otherwise, found);
            }
            Node::Range {
                over,
                body,
                otherwise,
                ..
            } => {
                expr(over, found);
                within(body, found);
                within(otherwise, found);
            }
        }
    }
}

fn expr<'t>(it: &'t Expr, found: &mut Vec<Asked<'t>>) {
    match it {
        Expr::Constant(_) | Expr::Dot | Expr::Root | Expr::Variable(_) => {}
        Expr::Field { of, .. } => expr(of, found),
        Expr::Call { function, args, .. } => {
            args.iter().for_each(|arg| expr(arg, found));
            if function.is_query() {
                found.push(match args.first() {
                    Some(Expr::Constant(Value::Text(text))) => Asked::Text(text),
                    _ => Asked::Any,
                });
            }
        }
    }
}
