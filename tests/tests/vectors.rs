//! Puts the conformance cases to the crates: `VECTORS_DIR=DIR cargo test -p tests --test vectors --
//! --nocapture`. Without `VECTORS_DIR` those of the repository.

use std::path::{Path, PathBuf};

/// Cases that we hold to be wrong: file, id, reason. They stay in the count of the failed; one that
/// passes, or is gone, fails the test.
const HELD_WRONG: &[(&str, &str, &str)] = &[];

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Finds a folder that was named from the root of the repository, or from where cargo was called:
/// a test runs in the folder of its package.
fn found(named: &str) -> PathBuf {
    let called_from = std::env::var("PWD").unwrap_or_default();
    let bases = [Path::new(ROOT), Path::new(&called_from), Path::new("")];
    let places = bases.map(|base| base.join(named));
    let place = places.iter().find(|place| place.is_dir());
    place.unwrap_or(&places[0]).clone()
}

#[test]
fn every_case_passes_but_those_that_are_held_to_be_wrong() {
    let named = std::env::var("VECTORS_DIR").ok();
    let folder = named.as_deref().map_or_else(|| OWN.into(), found);
    let report = tests::vectors::run(&folder).unwrap();
    print!("\n{report}");
    let complete = named.is_none();
    if let Err(faults) = report.check(HELD_WRONG, complete) {
        panic!("{faults}");
    }
}
