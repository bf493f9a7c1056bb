//! Expositions, good and bad, each with its problems beside it: none, where the file is empty.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn cases() -> BTreeSet<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let entries = fs::read_dir(folder).expect("it is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == "prom"))
        .collect()
}

#[test]
fn each_case_has_the_problems_that_stand_beside_it() {
    let (mut good, mut bad) = (0, 0);
    for path in cases() {
        let read = |path: &Path| {
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let problems = admf_exposition::check(&read(&path)).err();
        let problems = problems.into_iter().flatten();
        let problems: String = problems.map(|problem| format!("{problem}\n")).collect();
        let expected = read(&path.with_extension("problems"));
        assert_eq!(problems, expected, "{}", path.display());
        if problems.is_empty() {
            good += 1;
        } else {
            bad += 1;
        }
    }
    assert!(good >= 35 && bad >= 90, "{good} good, {bad} bad");
}

#[test]
fn every_rule_is_broken_by_a_case() {
    let mut rules = BTreeSet::new();
    for path in cases() {
        let text = fs::read_to_string(&path).expect("it is text");
        for problem in admf_exposition::check(&text).err().into_iter().flatten() {
            assert!(!problem.to_string().contains(char::is_control));
            rules.insert(format!("{:?}", problem.rule()));
        }
    }
    assert_eq!(rules.len(), 23, "{rules:?}");
}
