//! What an expression is without its filters: it has a row exactly where there is data for it.

use promql_parser::parser as parsed;
use promql_parser::parser::token::{T_ADD, T_LAND, T_LOR, T_LUNLESS, TokenType};
use promql_parser::parser::value::ValueType;
use promql_parser::util::escape_string;

use super::Semantics;
use super::compile::tree;
use super::error::QueryError;
use crate::series::NAME;

/// An expression that says whether there is data for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Presence {
    pub(crate) expr: String,
    /// It has a row whatever there is.
    pub(crate) always: bool,
}

/// Takes the filters out of an expression:
///
/// - a comparison with a number leaves the vector; one of two vectors becomes their sum, matched in the same way;
/// - `unless` leaves its left side;
/// - what is absent has data: a row with the labels that `absent` would give.
///
/// All else stays, with what is inside treated in the same way. A number has data at all times, so nothing in it changes.
pub(crate) fn presence(text: &str, semantics: Semantics) -> Result<Presence, QueryError> {
    let tree = tree(text, semantics)?;
    let found = strip(unfiltered(&tree)?);
    let expr = found.to_string();
    // The parser writes what it read, but for corners of it.
    let read = self::tree(&expr, semantics).and_then(|again| unfiltered(&again));
    if read.map(strip).as_ref() != Ok(&found) {
        let problem = format!("what is left without its comparisons cannot be written: {expr}");
        return Err(QueryError::syntax(None, problem));
    }
    let always = always(&found);
    Ok(Presence { expr, always })
}

type Unfiltered = Result<parsed::Expr, QueryError>;

fn unfiltered(expr: &parsed::Expr) -> Unfiltered {
    use parsed::Expr;
    if expr.value_type() == ValueType::Scalar {
        return Ok(expr.clone());
    }
    let boxed = |it: &Expr| unfiltered(it).map(Box::new);
    Ok(match expr {
        Expr::Paren(paren) => paren_of(unfiltered(&paren.expr)?),
        Expr::Unary(unary) => Expr::Unary(parsed::UnaryExpr {
            expr: boxed(&unary.expr)?,
        }),
        Expr::Subquery(subquery) => Expr::Subquery(parsed::SubqueryExpr {
            expr: boxed(&subquery.expr)?,
            ..subquery.clone()
        }),
        Expr::Aggregate(aggregate) => {
            let mut aggregate = aggregate.clone();
            aggregate.expr = boxed(&aggregate.expr)?;
            if let Some(parsed::LabelModifier::Include(by)) = &aggregate.modifier
                && by.is_empty()
            {
                aggregate.modifier = None;
            }
            Expr::Aggregate(aggregate)
        }
        Expr::Call(call) => return unfiltered_call(call),
        Expr::Binary(binary) => return unfiltered_binary(binary),
        Expr::VectorSelector(selector) => Expr::VectorSelector(sorted(selector)),
        Expr::MatrixSelector(matrix) => Expr::MatrixSelector(parsed::MatrixSelector {
            vs: sorted(&matrix.vs),
            ..matrix.clone()
        }),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => expr.clone(),
    })
}

fn unfiltered_call(call: &parsed::Call) -> Unfiltered {
    if ["absent", "absent_over_time"].contains(&call.func.name) {
        return there(call.args.args.first().map(Box::as_ref));
    }
    let mut call = call.clone();
    for arg in &mut call.args.args {
        **arg = unfiltered(arg)?;
    }
    Ok(parsed::Expr::Call(call))
}

fn unfiltered_binary(binary: &parsed::BinaryExpr) -> Unfiltered {
    let is_scalar = |it: &parsed::Expr| it.value_type() == ValueType::Scalar;
    let mut binary = binary.clone();
    if binary.op.is_comparison_operator() && !binary.return_bool() {
        if is_scalar(&binary.lhs) {
            return unfiltered(&binary.rhs);
        }
        if is_scalar(&binary.rhs) {
            return unfiltered(&binary.lhs);
        }
        binary.op = TokenType::new(T_ADD);
        // A sum binds more than a comparison.
        for side in [&mut binary.lhs, &mut binary.rhs] {
            if matches!(**side, parsed::Expr::Binary(_)) {
                **side = paren_of((**side).clone());
            }
        }
    }
    if binary.op.id() == T_LUNLESS {
        return unfiltered(&binary.lhs);
    }
    if let Some(modifier) = &mut binary.modifier {
        let all =
            matches!(&modifier.matching, Some(parsed::LabelModifier::Exclude(it)) if it.is_empty());
        if all && modifier.card.labels().is_none() {
            modifier.matching = None;
        }
    }
    // Written, they are the same.
    binary.modifier = binary
        .modifier
        .filter(|it| *it != parsed::BinModifier::default());
    for side in [&mut binary.lhs, &mut binary.rhs] {
        **side = unfiltered(side)?;
    }
    Ok(parsed::Expr::Binary(binary))
}

/// One row with the labels that `absent` would give, whatever there is.
fn there(what: Option<&parsed::Expr>) -> Unfiltered {
    let mut what = what;
    while let Some(parsed::Expr::Paren(paren)) = what {
        what = Some(&paren.expr);
    }
    let selector = match what {
        Some(parsed::Expr::VectorSelector(selector)) => Some(selector),
        Some(parsed::Expr::MatrixSelector(matrix)) => Some(&matrix.vs),
        _ => None,
    };
    let matchers = selector.map_or(&[][..], |it| &it.matchers.matchers);
    let mut text = "vector(1)".to_owned();
    for (at, it) in matchers.iter().enumerate() {
        let mut same = matchers.iter().enumerate();
        let again = same.any(|(other, that)| other != at && that.name == it.name);
        let equal = it.op == promql_parser::label::MatchOp::Equal;
        if it.name != NAME && equal && !again && !it.value.is_empty() {
            let value = escape_string(&it.value.replace('$', "$$"));
            text = format!(r#"label_replace({text}, "{}", "{value}", "", "")"#, it.name);
        }
    }
    tree(&text, Semantics::default())
}

/// The parser writes matchers by their text.
fn sorted(selector: &parsed::VectorSelector) -> parsed::VectorSelector {
    let mut selector = selector.clone();
    selector.matchers.matchers.sort_by_key(ToString::to_string);
    selector
}

fn paren_of(expr: parsed::Expr) -> parsed::Expr {
    parsed::Expr::Paren(parsed::ParenExpr {
        expr: Box::new(expr),
    })
}

/// Without parentheses around all of it: `absent` looks for a selector.
fn strip(mut expr: parsed::Expr) -> parsed::Expr {
    while let parsed::Expr::Paren(paren) = expr {
        expr = *paren.expr;
    }
    expr
}

/// Says whether an expression without filters has a row whatever there is, as far as its shape tells.
fn always(expr: &parsed::Expr) -> bool {
    use parsed::Expr;
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => true,
        _ if expr.value_type() == ValueType::Scalar => true,
        Expr::Paren(paren) => always(&paren.expr),
        Expr::Unary(unary) => always(&unary.expr),
        Expr::Binary(binary) => match binary.op.id() {
            T_LOR => always(&binary.lhs) || always(&binary.rhs),
            T_LAND => false,
            // Two vectors may have labels that do not match.
            _ => {
                let sides = [&binary.lhs, &binary.rhs];
                let scalar = |it: &Expr| it.value_type() == ValueType::Scalar;
                sides.iter().any(|it| scalar(it)) && sides.iter().all(|it| always(it))
            }
        },
        // The others look at values, and may leave out what they are given.
        Expr::Call(call) => {
            let whole = [
                "vector",
                "label_replace",
                "label_join",
                "abs",
                "ceil",
                "floor",
                "round",
            ];
            whole.contains(&call.func.name) && call.args.args.iter().all(|it| always(it))
        }
        Expr::Aggregate(aggregate) => aggregate.param.is_none() && always(&aggregate.expr),
        Expr::Subquery(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => false,
    }
}
