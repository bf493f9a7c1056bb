//! Where in a file what is refused stands.

use crate::rule::RuleError;
use crate::yaml::{At, Kind, Refused};

/// Finds the place of what is refused, as near as there is one, and names what is not there.
pub(super) fn place(at: &At<'_>, error: &RuleError) -> Refused {
    let mut here = At::top(at.node);
    here.field.clone_from(&at.field);
    let mut missing = Vec::new();
    for key in error.field.split(['.', '[']).filter(|it| !it.is_empty()) {
        match below(&here, key).filter(|_| missing.is_empty()) {
            Some(next) => here = next,
            None => missing.push(key.trim_end_matches(']')),
        }
    }
    let mut problem = error.problem.clone();
    if !error.value.is_empty() {
        problem = format!("`{}`: {problem}", error.value);
    }
    if !missing.is_empty() {
        problem = format!("{}: {problem}", missing.join("."));
    }
    here.refused(problem)
}

/// A value by its key, or by its index and a bracket.
fn below<'n>(at: &At<'n>, key: &str) -> Option<At<'n>> {
    let (Kind::List(nodes), Some(index)) = (&at.node.kind, key.strip_suffix(']')) else {
        return at.get(key);
    };
    let node = nodes.get(index.parse::<usize>().ok()?)?;
    let field = format!("{}[{index}]", at.field);
    Some(At { node, field })
}
