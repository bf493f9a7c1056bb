//! The runner of tests in Prometheus' own language, over a corpus of ours.

use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promqltest"));
    command.args(arguments).output().expect("it can be run")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    folder
}

fn path(folder: &tempfile::TempDir) -> &str {
    folder.path().to_str().expect("it is UTF-8")
}

#[test]
fn all_cases_of_our_own_pass() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promql");
    let corpus = corpus.to_str().expect("it is UTF-8");
    let output = run(&[corpus, "--table", "--least", "100"]);
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    let last = told.lines().last().expect("it says something");
    assert!(last.ends_with("passed, 0 failed, 4 out of scope"), "{last}");
}

#[test]
fn a_case_that_fails_is_told_with_its_line_and_why() {
    let folder = folder(&[(
        "one.test",
        "load 1m\n  m 1 2\n\neval instant at 1m m\n  m 3\n",
    )]);
    let output = run(&[path(&folder), "--table"]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("| one.test:4 | failed | `m` |"), "{told}");
    assert!(
        told.ends_with("promql: 0 passed, 1 failed, 0 out of scope\n"),
        "{told}"
    );
    assert!(run(&[path(&folder), "--least", "0"]).status.success());
}

#[test]
fn a_result_that_lacks_a_series_or_has_one_more_fails() {
    let load = "load 1m\n  m{a=\"1\"} 1\n  m{a=\"2\"} 2\n\n";
    let one = format!("{load}eval instant at 0 m\n  m{{a=\"1\"}} 1\n");
    let three =
        format!("{load}eval instant at 0 m{{a=\"1\"}}\n  m{{a=\"1\"}} 1\n  m{{a=\"2\"}} 2\n");
    let unordered =
        format!("{load}eval_ordered instant at 0 sort(m)\n  m{{a=\"2\"}} 2\n  m{{a=\"1\"}} 1\n");
    let passes = format!("{load}eval_fail instant at 0 m\n");
    let files = [one, three, unordered, passes];
    for text in files {
        let folder = folder(&[("one.test", &text)]);
        assert_eq!(run(&[path(&folder)]).status.code(), Some(1), "{text}");
    }
}

#[test]
fn what_is_missing_or_no_test_is_an_error_of_one_line() {
    let empty = folder(&[]);
    let wrong = folder(&[("one.test", "load 1m\n  m 1\n\nevaluate m\n")]);
    for (arguments, problem) in [
        (vec!["/nowhere"], "promqltest: /nowhere: "),
        (vec![path(&empty)], "there is no .test file"),
        (vec![path(&wrong)], "one.test:4: `evaluate` is no command"),
        (vec![], "usage: promqltest DIR"),
        (vec![path(&empty), "--what"], "`--what` is not known"),
    ] {
        let output = run(&arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(problem), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}
