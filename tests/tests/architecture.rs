//! What ARCHITECTURE.md says of the code is so.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here
        .parent()
        .expect("the package is a folder of the workspace");
    root.to_path_buf()
}

/// Returns every Rust file below `folder`, with its text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).expect("sources are text");
            found.push((path, text));
        }
    }
    found
}

/// Every file of the crates that are published.
fn library() -> Vec<(PathBuf, String)> {
    let crates = [
        "resilience-core",
        "resilience-tower",
        "admf-exposition",
        "admf-metrics",
        "admf-alerts",
    ];
    crates
        .iter()
        .flat_map(|it| sources(&root().join(it).join("src")))
        .collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("it is there");
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let held_by = rows.filter_map(|row| row.rsplit(" | ").next());
    let named: Vec<_> = held_by
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter(|name| name.matches('_').count() >= 2 && !name.contains(['.', ' ', '/']))
        .collect();
    assert!(named.len() > 25, "{named:?}");
    let mut code = String::new();
    for folder in [
        "resilience-core",
        "resilience-tower",
        "admf-exposition",
        "admf-metrics",
        "admf-alerts",
        "tests",
    ] {
        for (_, text) in sources(&root().join(folder)) {
            code.push_str(&text);
        }
    }
    for name in named {
        assert!(defines(&code, name), "no test is named `{name}`");
    }
}

/// Says whether `code` has a function of this name, and not only one whose name begins so.
fn defines(code: &str, name: &str) -> bool {
    ["(", "<"]
        .iter()
        .any(|after| code.contains(&format!("fn {name}{after}")))
}

/// The requirements that the page of the policies answers, by source; two numbers with a dash are all from the first to the last.
const OF_POLICIES: &[(&str, &str)] = &[
    ("S0", "120-134"),
    (
        "S1",
        "001-002 004-005 007 012-017 020-025 033-034 036-037 039-040 043-045 058-060 066",
    ),
    ("S2", "090"),
    ("S3", "028-031"),
];

/// Those that the page of the metrics answers, or whose metrics it does.
const OF_METRICS: &[(&str, &str)] = &[
    ("S0", "025 038 040 051-052 060-077 091 099-101 122-134"),
    ("S1", "003 018-019 035-037 040 046-049 066 070"),
    ("S2", "008 010-015 087 090 093 095"),
    ("S3", "004 030-031 035-037 043"),
];

/// Those that the page of the alerts answers: what fires.
const OF_ALERTS: &[(&str, &str)] = &[
    ("S0", "080-090 092-109"),
    ("S1", "042 050-054 065-068"),
    ("S2", "003 012 016-018 026-029 045-066 097-098"),
    ("S3", "014-020 040-041"),
    ("S4", "040-051 064 077"),
];

/// Returns the ids in full, sorted.
fn ids(of: &[(&str, &str)]) -> Vec<String> {
    let number = |it: &str| it.parse::<u32>().expect("it is a number");
    let range = |it: &str| match it.split_once('-') {
        Some((first, last)) => number(first)..=number(last),
        None => number(it)..=number(it),
    };
    let of_source = |(source, numbers): &(&str, &str)| {
        let all = numbers.split(' ').flat_map(range);
        all.map(|it| format!("{source}-{it:03}"))
            .collect::<Vec<_>>()
    };
    of.iter().flat_map(of_source).collect()
}

#[test]
fn every_requirement_is_listed_once_with_tests_that_exist() {
    let pages = [
        ("requirements.md", OF_POLICIES, 50),
        ("requirements_metrics.md", OF_METRICS, 71),
        ("requirements_alerts.md", OF_ALERTS, 95),
    ];
    for (page, of, count) in pages {
        let document = fs::read_to_string(root().join("docs").join(page)).expect("it is there");
        let mut listed = Vec::new();
        for row in document.lines().filter(|line| line.starts_with("| S")) {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let [id, asks, place, shown_by] = cells[..] else {
                panic!("it is not four cells: {row}");
            };
            assert!(!asks.is_empty() && !place.is_empty(), "{id}");
            // Either tests, or what is open, or where it is shown instead.
            let said = [": open", "](requirements.md)"];
            let said = said.iter().any(|it| shown_by.contains(it));
            assert!(named_tests(shown_by) > 0 || said, "{id} is not shown");
            listed.push(id);
        }
        listed.sort_unstable();
        assert_eq!(listed, ids(of), "{page}");
        assert_eq!(listed.len(), count, "{page}");
    }
}

#[test]
fn every_alert_that_answers_a_requirement_is_in_the_file_that_is_named() {
    let page = root().join("docs/requirements_alerts.md");
    let page = fs::read_to_string(page).expect("it is there");
    let mut seen = 0;
    for row in page.lines().filter(|line| line.starts_with("| S")) {
        let mut rules = String::new();
        let place = row.split(" | ").nth(2).expect("it has four cells");
        for named in place.split('`').skip(1).step_by(2) {
            if named.ends_with("Critical") || named.ends_with("Warning") {
                seen += 1;
                let there = rules.contains(&format!("alert: {named}\n"));
                assert!(there, "{named} is elsewhere: {row}");
            } else if let Some(file) = named.strip_suffix(".yml").filter(|it| !it.contains('/')) {
                let file = format!("examples/trading-service/rules/{file}.yml");
                rules = fs::read_to_string(root().join(file)).expect("it is there");
            }
        }
    }
    assert!(seen >= 50, "{seen} alerts");
}

#[test]
fn every_policy_and_every_pitfall_has_tests_that_exist() {
    let second = |page: &str, title: &str| {
        let document = fs::read_to_string(root().join("docs").join(page)).expect("it is there");
        let (_, rest) = document.split_once(title).expect("it has this part");
        rest.to_owned()
    };
    assert!(named_tests(&second("requirements.md", "## By policy")) >= 40);
    let pitfalls = second("requirements_metrics.md", "## What goes wrong");
    let rows = pitfalls.lines().filter(|line| line.starts_with("| "));
    let named: Vec<_> = rows.skip(1).map(named_tests).collect();
    assert_eq!(named.len(), 20);
    assert!(named.iter().all(|tests| *tests > 0), "{named:?}");
}

/// Returns how many tests a text names by path and name, all of which exist.
fn named_tests(text: &str) -> usize {
    let quoted = text.split('`').skip(1).step_by(2);
    let named = quoted.filter_map(|it| it.split_once("::"));
    let exist = named.map(|(path, name)| {
        let code = fs::read_to_string(root().join(path));
        let code = code.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(defines(&code, name), "{path} has no `{name}`");
    });
    exist.count()
}

#[test]
fn every_page_of_a_policy_is_part_of_the_documentation_of_its_code() {
    let mut code = String::new();
    for (_, text) in sources(&root()) {
        code.push_str(&text);
    }
    let pages = fs::read_dir(root().join("docs")).expect("there are pages");
    let mut seen = 0;
    for page in pages {
        let name = page.expect("it can be read").file_name();
        let name = name.to_string_lossy();
        // What is for nobody's code, or made of all of it.
        let of_all = [
            "README.md",
            "metrics.md",
            "requirements.md",
            "requirements_metrics.md",
            "requirements_alerts.md",
        ]
        .contains(&&*name);
        if name.ends_with(".md") && !of_all {
            seen += 1;
            let included = code.contains(&format!("/docs/{name}\")"));
            assert!(included, "no module includes docs/{name}");
            let map = fs::read_to_string(root().join("docs/README.md")).expect("it is there");
            assert!(
                map.contains(&format!("]({name})")),
                "README.md leaves out {name}"
            );
        }
    }
    assert!(seen >= 9, "{seen} pages");
}

#[test]
fn the_clock_is_read_in_one_place() {
    for (path, text) in library() {
        let reads = ["Instant::now(", "SystemTime::now("];
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let read = code.filter(|line| reads.iter().any(|it| line.contains(it)));
        let tests = ["testing", "tests", "tests.rs"];
        let of_tests = path.iter().any(|it| tests.iter().any(|tests| it == *tests));
        let elsewhere = !path.ends_with("clock.rs") && !of_tests;
        assert!(!elsewhere || read.count() == 0, "{}", path.display());
    }
}

#[test]
fn a_state_knows_no_outside_world() {
    let mut seen = 0;
    for (path, text) in library() {
        // That of an alert says what changed, by values that are called events.
        if path.ends_with("state.rs") && !path.ends_with("admf-alerts/src/engine/state.rs") {
            seen += 1;
            for line in text.lines().filter(|line| line.starts_with("use ")) {
                let foreign = [
                    "Env", "Event", "Mutex", "Atomic", "Observer", "Clock", "shared",
                ];
                let known = foreign.iter().find(|it| line.contains(**it));
                assert_eq!(known, None, "{}: {line}", path.display());
            }
        }
    }
    assert!(seen >= 5, "{seen} states");
}

#[test]
fn no_future_is_boxed_in_the_layers() {
    // The contract suite drives futures, and background work runs what its caller made: both are on
    // nobody's request path. A timer is boxed for a client that does not read.
    let aside = ["testing", "tests", "health", "recovery", "patience.rs"];
    let tower = sources(&root().join("resilience-tower/src"));
    let measured = ["red", "http", "meter", "handle"].map(|it| format!("admf-metrics/src/{it}"));
    let measured = measured.iter().flat_map(|it| sources(&root().join(it)));
    let layers: Vec<_> = tower
        .into_iter()
        .chain(measured)
        .filter(|(path, _)| !path.iter().any(|it| aside.iter().any(|aside| it == *aside)))
        .collect();
    assert!(layers.len() > 40, "{} files", layers.len());
    for (path, text) in layers {
        for boxed in ["Box::pin(", "BoxFuture", "Box<dyn Future"] {
            assert!(!text.contains(boxed), "{}: {boxed}", path.display());
        }
    }
}

#[test]
fn nothing_is_selected_at_random() {
    for (path, text) in sources(&root()) {
        // Not this text.
        for chosen in text.split(concat!("select", "! {")).skip(1) {
            let biased = chosen.trim_start().starts_with("biased;");
            assert!(biased, "{}", path.display());
        }
    }
}

#[test]
fn no_type_of_the_libraries_has_more_than_three_parameters() {
    for (path, text) in library() {
        for line in text.lines() {
            let is_type = ["pub struct ", "pub enum "]
                .iter()
                .any(|it| line.starts_with(it));
            let parameters = line.split_once('<').map_or("", |(_, rest)| rest);
            let names = parameters
                .split(',')
                .filter(|it| !it.trim().starts_with('\''));
            assert!(!is_type || names.count() <= 3, "{}: {line}", path.display());
        }
    }
}

#[test]
fn every_crate_inherits_the_lints() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("it is there");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    let members = manifest
        .split_once("members = [")
        .expect("there are members")
        .1;
    let members = members.split_once(']').expect("the list ends").0;
    for member in members.split('"').skip(1).step_by(2) {
        let path = root().join(member).join("Cargo.toml");
        let text = fs::read_to_string(&path).expect("every member has a manifest");
        assert!(text.contains("[lints]\nworkspace = true"), "{member}");
    }
}
