//! An expression, as it is evaluated.

use super::functions::Function;
use crate::series::Matcher;

/// Milliseconds.
pub(super) type Millis = i64;

/// A node; what can be checked before there is data was checked.
#[derive(Debug)]
pub(super) enum Expr {
    Number(f64),
    Text(String),
    Vector(Selector),
    Matrix(Selector, Millis),
    Subquery(Subquery),
    Negated(Box<Self>),
    Binary(Box<Binary>),
    Aggregate(Box<Aggregate>),
    Call(Call),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Text,
    Vector,
    Matrix,
}

impl Expr {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Scalar,
            Self::Text(_) => Kind::Text,
            Self::Vector(_) | Self::Aggregate(_) => Kind::Vector,
            Self::Matrix(..) | Self::Subquery(_) => Kind::Matrix,
            Self::Negated(inner) => inner.kind(),
            Self::Binary(binary) => binary.kind,
            Self::Call(call) => call.kind,
        }
    }
}

/// Which series, and of what time.
#[derive(Debug)]
pub(super) struct Selector {
    /// Tells selectors of one query apart.
    pub(super) id: usize,
    /// Any of these must match whole.
    pub(super) any: Vec<Vec<Matcher>>,
    pub(super) shift: Shift,
}

/// `@` and `offset`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shift {
    pub(super) at: Option<At>,
    pub(super) offset: Millis,
}

impl Shift {
    pub(super) fn is_none(self) -> bool {
        self.at.is_none() && self.offset == 0
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Start,
    End,
    Time(Millis),
}

#[derive(Debug)]
pub(super) struct Subquery {
    /// Tells subqueries of one query apart.
    pub(super) id: usize,
    pub(super) expr: Box<Expr>,
    pub(super) range: Millis,
    pub(super) step: Option<Millis>,
    pub(super) shift: Shift,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BinaryOp {
    Math(MathOp),
    Compare(CompareOp),
    Set(SetOp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MathOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetOp {
    And,
    Or,
    Unless,
}

#[derive(Debug)]
pub(super) struct Binary {
    pub(super) op: BinaryOp,
    /// A comparison gives 0 or 1 and filters nothing.
    pub(super) bool: bool,
    pub(super) left: Expr,
    pub(super) right: Expr,
    pub(super) on: Grouping,
    pub(super) group: Group,
    pub(super) kind: Kind,
}

/// Which side of a match may have many.
#[derive(Debug)]
pub(super) enum Group {
    None,
    /// The labels are taken over from the other side.
    Left(Vec<String>),
    Right(Vec<String>),
}

/// Which labels count: those named, or all but those.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    Only(Vec<String>),
    Without(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AggregateOp {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    Quantile,
    CountValues,
}

#[derive(Debug)]
pub(super) struct Aggregate {
    pub(super) op: AggregateOp,
    pub(super) grouping: Grouping,
    pub(super) param: Option<Expr>,
    pub(super) expr: Expr,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: &'static Function,
    pub(super) args: Vec<Expr>,
    pub(super) kind: Kind,
}
