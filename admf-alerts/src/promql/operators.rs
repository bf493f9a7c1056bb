//! Operators by their spelling, and what they do to two numbers.

use super::expr::{AggregateOp, BinaryOp, CompareOp, MathOp, SetOp};

pub(super) fn binary_op(op: &str) -> Option<BinaryOp> {
    let math = |op| Some(BinaryOp::Math(op));
    let compare = |op| Some(BinaryOp::Compare(op));
    let set = |op| Some(BinaryOp::Set(op));
    match op {
        "+" => math(MathOp::Add),
        "-" => math(MathOp::Sub),
        "*" => math(MathOp::Mul),
        "/" => math(MathOp::Div),
        "%" => math(MathOp::Mod),
        "^" => math(MathOp::Pow),
        "atan2" => math(MathOp::Atan2),
        "==" => compare(CompareOp::Eq),
        "!=" => compare(CompareOp::Ne),
        "<" => compare(CompareOp::Lt),
        "<=" => compare(CompareOp::Le),
        ">" => compare(CompareOp::Gt),
        ">=" => compare(CompareOp::Ge),
        "and" => set(SetOp::And),
        "or" => set(SetOp::Or),
        "unless" => set(SetOp::Unless),
        _ => None,
    }
}

pub(super) fn aggregate_op(op: &str) -> Option<AggregateOp> {
    Some(match op {
        "sum" => AggregateOp::Sum,
        "avg" => AggregateOp::Avg,
        "count" => AggregateOp::Count,
        "min" => AggregateOp::Min,
        "max" => AggregateOp::Max,
        "group" => AggregateOp::Group,
        "stddev" => AggregateOp::Stddev,
        "stdvar" => AggregateOp::Stdvar,
        "topk" => AggregateOp::Topk,
        "bottomk" => AggregateOp::Bottomk,
        "quantile" => AggregateOp::Quantile,
        "count_values" => AggregateOp::CountValues,
        _ => return None,
    })
}

impl MathOp {
    pub(super) fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Mod => a % b,
            Self::Pow => a.powf(b),
            Self::Atan2 => a.atan2(b),
        }
    }
}

impl CompareOp {
    pub(super) fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Eq => a == b,
            Self::Ne => a != b,
            Self::Lt => a < b,
            Self::Le => a <= b,
            Self::Gt => a > b,
            Self::Ge => a >= b,
        }
    }
}
