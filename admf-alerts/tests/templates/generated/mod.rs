//! Templates at random, from one seed.

mod numbers;
mod patterns;
mod programs;
mod soups;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

pub(crate) use numbers::numbers;
pub(crate) use patterns::patterns;
pub(crate) use programs::programs;
pub(crate) use soups::soups;

fn list(strategy: &impl Strategy<Value = String>, count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let mut next = || {
        strategy
            .new_tree(&mut runner)
            .expect("nothing is filtered")
            .current()
    };
    (0..count).map(|_| next()).collect()
}
