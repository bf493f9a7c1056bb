//! `and`, `or`, `unless`.

use std::collections::HashSet;

use super::eval::Eval;
use super::expr::{Binary, SetOp};
use super::value::Sample;

impl Eval<'_> {
    pub(super) fn combine(
        &self,
        op: SetOp,
        binary: &Binary,
        left: Vec<Sample>,
        right: Vec<Sample>,
    ) -> Vec<Sample> {
        let keep = |samples: &[Sample], others: &[Sample], wanted: bool| {
            let keys: HashSet<_> = others.iter().map(|it| self.key(binary, it)).collect();
            let fits = |it: &&Sample| keys.contains(&self.key(binary, it)) == wanted;
            samples.iter().filter(fits).cloned().collect::<Vec<_>>()
        };
        match op {
            SetOp::And => keep(&left, &right, true),
            SetOp::Unless => keep(&left, &right, false),
            SetOp::Or => {
                let more = keep(&right, &left, false);
                left.into_iter().chain(more).collect()
            }
        }
    }

    fn key<'s>(&self, binary: &Binary, sample: &'s Sample) -> Vec<&'s str> {
        self.view().key(sample, &binary.on)
    }
}
