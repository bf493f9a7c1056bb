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

fn library() -> Vec<(PathBuf, String)> {
    let crates = ["resilience-core", "resilience-tower"];
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
    for folder in ["resilience-core", "resilience-tower", "tests"] {
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

#[test]
fn every_requirement_is_listed_once_with_tests_that_exist() {
    let document = fs::read_to_string(root().join("docs/requirements.md")).expect("it is there");
    let mut ids = Vec::new();
    for row in document.lines().filter(|line| line.starts_with("| S")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, asks, policy, shown_by] = cells[..] else {
            panic!("it is not four cells: {row}");
        };
        assert!(!asks.is_empty() && !policy.is_empty(), "{id}");
        let open = shown_by.contains("tests: open");
        let named = named_tests(shown_by);
        assert!(
            open || named > 0,
            "{id} names neither tests nor what is open"
        );
        ids.push(id);
    }
    assert_eq!(ids.len(), 50);
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None);
    let (_, by_policy) = document.split_once("## By policy").expect("it is there");
    assert!(named_tests(by_policy) >= 40);
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
        let of_all = ["README.md", "requirements.md"].contains(&&*name);
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
        let elsewhere = !path.ends_with("clock.rs") && !path.iter().any(|it| it == "testing");
        assert!(!elsewhere || read.count() == 0, "{}", path.display());
    }
}

#[test]
fn a_state_knows_no_outside_world() {
    let mut seen = 0;
    for (path, text) in library() {
        if path.ends_with("state.rs") {
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
    // nobody's request path.
    let aside = ["testing", "health", "recovery"];
    let layers = sources(&root().join("resilience-tower/src"));
    let layers = layers
        .iter()
        .filter(|(path, _)| !path.iter().any(|it| aside.iter().any(|aside| it == *aside)));
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
