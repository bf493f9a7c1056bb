//! Every example runs to its end, shows what it says, and is short.
//!
//! `cargo test` builds the examples of the package before it runs this, unless it is told to run
//! this test alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of each example a line that it prints where it shows what it is there for.
const TELLING: [(&str, &str); 7] = [
    (
        "breaker_without_a_runtime",
        "call rejected by venue, retry after Some(30s)",
    ),
    ("cached_quotes", "stale 5 times, calls of the feed: 3"),
    (
        "failover_two_backends",
        "switched back from backup to primary, healthy checks in a row: 3",
    ),
    (
        "full_stack_hyper",
        "8 calls, 15 requests so far, stale: true, circuit Open",
    ),
    (
        "keyed_limiter_axum",
        "acme: 429 Too Many Requests, 0 left, wait 1 s",
    ),
    ("retry_with_budget", "ten calls, 11 attempts"),
    (
        "wrap_a_plain_client",
        "place_order: 0 good, 3 bad, 1 refused",
    ),
];

/// The sources of the examples by name.
fn sources() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let named = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    files.map(named).collect()
}

/// Runs an example and returns what it printed; it must have ended well.
fn run(name: &str) -> String {
    // `target/debug/deps/run-…`: the examples are beside the folder that this test is in.
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().unwrap().parent().unwrap();
    let binary = profile.join("examples").join(name);
    let binary = binary.with_extension(std::env::consts::EXE_EXTENSION);
    let output = Command::new(&binary).output();
    let output = output.unwrap_or_else(|error| {
        let built = "`cargo build -p examples --examples` builds it";
        panic!("{}: {error}; {built}", binary.display())
    });
    let printed = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}:\n{printed}{complaint}");
    printed
}

#[test]
fn every_example_ends_well_and_says_what_it_shows() {
    for (name, telling) in TELLING {
        let printed = run(name);
        let told = printed.lines().any(|line| line == telling);
        assert!(told, "{name} does not say {telling:?} but\n{printed}");
    }
}

#[test]
fn no_example_is_forgotten_here_or_in_the_readme() {
    let sources: Vec<String> = sources().into_keys().collect();
    assert_eq!(sources, TELLING.map(|(name, _)| name));
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    for name in sources {
        let link = format!("(examples/{name}.rs)");
        assert!(readme.contains(&link), "the readme does not link {link}");
    }
}

#[test]
fn every_example_is_under_80_lines_and_says_how_to_run_it() {
    for (name, source) in sources() {
        let lines = source.lines().count();
        assert!(lines < 80, "{name} has {lines} lines");
        let command = format!("`cargo run -p examples --example {name}`");
        assert!(source.contains(&command), "{name} does not say {command}");
    }
}
