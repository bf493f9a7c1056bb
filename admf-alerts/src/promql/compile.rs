//! From the parser's tree to ours: names resolved, times in milliseconds, parentheses gone.

use std::sync::Once;

use promql_parser::label::{MatchOp as ParsedOp, Matcher as ParsedMatcher, Matchers};
use promql_parser::parser as parsed;
use promql_parser::parser::function::{Function as Signature, register_extra_functions};
use promql_parser::parser::value::ValueType;

use super::Semantics;
use super::convert::{grouping, matcher, millis, shift, unsupported};
use super::error::QueryError;
use super::expr::{Aggregate, Binary, Call, Expr, Group, Grouping, Kind, Selector, Subquery};
use super::functions::find;
use super::guard;
use super::operators::{aggregate_op, binary_op};
use crate::series::{MatchOp, Matcher, NAME};

pub(super) fn compile(text: &str, semantics: Semantics) -> Result<Expr, QueryError> {
    let mut compiler = Compiler { semantics, ids: 0 };
    compiler.expr(&tree(text, semantics)?)
}

/// The parser's tree.
pub(super) fn tree(text: &str, semantics: Semantics) -> Result<parsed::Expr, QueryError> {
    guard::check(text, semantics)?;
    register_older();
    parsed::parse(text).map_err(|problem| {
        let line = problem.replace('\n', " ");
        QueryError::syntax(None, line)
    })
}

/// Tells the parser of a function that later versions call by another name.
fn register_older() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (matrix, scalar) = (ValueType::Matrix, ValueType::Scalar);
        let args = vec![matrix, scalar, scalar];
        let smoothing = Signature::new("holt_winters", args, 0, ValueType::Vector, false);
        register_extra_functions(vec![smoothing]).expect("no function of the parser has that name");
    });
}

struct Compiler {
    semantics: Semantics,
    ids: usize,
}

type Compiled = Result<Expr, QueryError>;

impl Compiler {
    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    fn expr(&mut self, tree: &parsed::Expr) -> Compiled {
        Ok(match tree {
            parsed::Expr::NumberLiteral(number) => Expr::Number(number.val),
            parsed::Expr::StringLiteral(text) => Expr::Text(text.val.clone()),
            parsed::Expr::Paren(paren) => return self.expr(&paren.expr),
            parsed::Expr::Unary(unary) => Expr::Negated(Box::new(self.expr(&unary.expr)?)),
            parsed::Expr::VectorSelector(selector) => Expr::Vector(self.selector(selector)?),
            parsed::Expr::MatrixSelector(matrix) => {
                Expr::Matrix(self.selector(&matrix.vs)?, millis(matrix.range))
            }
            parsed::Expr::Subquery(subquery) => return self.subquery(subquery),
            parsed::Expr::Aggregate(aggregate) => return self.aggregate(aggregate),
            parsed::Expr::Binary(binary) => return self.binary(binary),
            parsed::Expr::Call(call) => return self.call(call),
            parsed::Expr::Extension(_) => {
                return Err(QueryError::syntax(None, "unknown kind of expression"));
            }
        })
    }

    fn selector(&mut self, selector: &parsed::VectorSelector) -> Result<Selector, QueryError> {
        let mut any = self.matchers(&selector.matchers)?;
        if let Some(name) = &selector.name {
            for all in &mut any {
                all.push(matcher(NAME, MatchOp::Equal, name, self.semantics)?);
            }
        }
        Ok(Selector {
            id: self.id(),
            any,
            shift: shift(selector.at.as_ref(), selector.offset.as_ref()),
        })
    }

    fn matchers(&self, matchers: &Matchers) -> Result<Vec<Vec<Matcher>>, QueryError> {
        let all = |group: &Vec<ParsedMatcher>| {
            let converted = group.iter().map(|it| {
                let op = match it.op {
                    ParsedOp::Equal => MatchOp::Equal,
                    ParsedOp::NotEqual => MatchOp::NotEqual,
                    ParsedOp::Re(_) => MatchOp::Matches,
                    ParsedOp::NotRe(_) => MatchOp::MatchesNot,
                };
                matcher(&it.name, op, &it.value, self.semantics)
            });
            converted.collect()
        };
        if matchers.or_matchers.is_empty() {
            return Ok(vec![all(&matchers.matchers)?]);
        }
        matchers.or_matchers.iter().map(all).collect()
    }

    fn subquery(&mut self, subquery: &parsed::SubqueryExpr) -> Compiled {
        let step = subquery.step.map(millis);
        if step == Some(0) {
            return Err(QueryError::syntax(
                None,
                "the step of a subquery is above 0",
            ));
        }
        Ok(Expr::Subquery(Subquery {
            id: self.id(),
            expr: Box::new(self.expr(&subquery.expr)?),
            range: millis(subquery.range),
            step,
            shift: shift(subquery.at.as_ref(), subquery.offset.as_ref()),
        }))
    }

    fn aggregate(&mut self, aggregate: &parsed::AggregateExpr) -> Compiled {
        let op = aggregate.op.to_string();
        let param = aggregate.param.as_deref();
        Ok(Expr::Aggregate(Box::new(Aggregate {
            op: aggregate_op(&op).ok_or_else(|| unsupported(&op))?,
            grouping: grouping(aggregate.modifier.as_ref())
                .unwrap_or_else(|| Grouping::Only(vec![])),
            param: param.map(|param| self.expr(param)).transpose()?,
            expr: self.expr(&aggregate.expr)?,
        })))
    }

    fn binary(&mut self, binary: &parsed::BinaryExpr) -> Compiled {
        let op = binary.op.to_string();
        let modifier = binary.modifier.as_ref();
        let fill = modifier.map(|it| &it.fill_values);
        if fill.is_some_and(|fill| fill.lhs.is_some() || fill.rhs.is_some()) {
            return Err(unsupported("fill"));
        }
        let group = match modifier.map(|it| &it.card) {
            Some(parsed::VectorMatchCardinality::ManyToOne(labels)) => {
                Group::Left(labels.labels.clone())
            }
            Some(parsed::VectorMatchCardinality::OneToMany(labels)) => {
                Group::Right(labels.labels.clone())
            }
            _ => Group::None,
        };
        let (left, right) = (self.expr(&binary.lhs)?, self.expr(&binary.rhs)?);
        let scalar = left.kind() == Kind::Scalar && right.kind() == Kind::Scalar;
        Ok(Expr::Binary(Box::new(Binary {
            op: binary_op(&op).ok_or_else(|| unsupported(&op))?,
            bool: binary.return_bool(),
            left,
            right,
            on: grouping(modifier.and_then(|it| it.matching.as_ref()))
                .unwrap_or_else(|| Grouping::Without(vec![])),
            group,
            kind: if scalar { Kind::Scalar } else { Kind::Vector },
        })))
    }

    fn call(&mut self, call: &parsed::Call) -> Compiled {
        let name = call.func.name;
        let function = find(name, self.semantics).ok_or_else(|| unsupported(name))?;
        let args = call.args.args.iter();
        Ok(Expr::Call(Call {
            function,
            args: args.map(|arg| self.expr(arg)).collect::<Result<_, _>>()?,
            kind: match call.func.return_type {
                ValueType::Scalar => Kind::Scalar,
                ValueType::Vector => Kind::Vector,
                ValueType::Matrix => Kind::Matrix,
                ValueType::String => Kind::Text,
            },
        }))
    }
}
