//! Two operands.

use super::Semantics;
use super::error::QueryError;
use super::eval::{Eval, Evaluated};
use super::expr::{Binary, BinaryOp, MathOp, Millis};
use super::value::{Sample, Value};

impl Eval<'_> {
    pub(super) fn binary(&self, binary: &Binary, time: Millis) -> Evaluated {
        let left = self.eval(&binary.left, time)?;
        let right = self.eval(&binary.right, time)?;
        match (left, right) {
            (Value::Scalar(a), Value::Scalar(b)) => Ok(Value::Scalar(match binary.op {
                BinaryOp::Math(op) => op.apply(a, b),
                BinaryOp::Compare(op) => truth(op.holds(a, b)),
                BinaryOp::Set(_) => f64::NAN,
            })),
            (Value::Vector(many), Value::Scalar(b)) => {
                self.each(binary, &many, |value| operate(binary, value, b, value))
            }
            (Value::Scalar(a), Value::Vector(many)) => {
                self.each(binary, &many, |value| operate(binary, a, value, value))
            }
            (Value::Vector(left), Value::Vector(right)) => match binary.op {
                BinaryOp::Set(op) => Ok(Value::Vector(self.combine(op, binary, left, right))),
                _ => self.matched(binary, &left, &right),
            },
            _ => Err(QueryError::failed("expected scalars or instant vectors")),
        }
    }

    /// A comparison that filters gives the same series; all else is another thing, but what Prometheus 2
    /// forgot.
    pub(super) fn loses_name(&self, binary: &Binary) -> bool {
        match binary.op {
            BinaryOp::Math(MathOp::Atan2) => self.semantics() == Semantics::Prometheus3,
            BinaryOp::Math(_) => true,
            BinaryOp::Compare(_) | BinaryOp::Set(_) => binary.bool,
        }
    }

    /// A vector and a number.
    fn each(
        &self,
        binary: &Binary,
        samples: &[Sample],
        of: impl Fn(f64) -> Option<f64>,
    ) -> Evaluated {
        let found = samples.iter().filter_map(|sample| {
            let value = of(sample.value)?;
            Some(match self.loses_name(binary) {
                true => sample.derived(value),
                false => sample.with(value),
            })
        });
        self.derived(found)
    }
}

/// The value of `a op b`, or `kept` where a comparison that filters holds.
pub(super) fn operate(binary: &Binary, a: f64, b: f64, kept: f64) -> Option<f64> {
    match binary.op {
        BinaryOp::Math(op) => Some(op.apply(a, b)),
        BinaryOp::Compare(op) if binary.bool => Some(truth(op.holds(a, b))),
        BinaryOp::Compare(op) => op.holds(a, b).then_some(kept),
        BinaryOp::Set(_) => None,
    }
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}
