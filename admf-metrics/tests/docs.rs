//! How a page that is generated from a catalogue is kept: a test fails when it differs, and writes it when
//! it is run with `UPDATE_DOCS=1`.

use std::path::Path;
use std::{env, fs};

use admf_metrics::{Catalogue, Metric};

/// Holds the page to the text.
fn keep(page: &Path, text: &str, update: bool) -> Result<(), String> {
    let found = fs::read_to_string(page).unwrap_or_default();
    if found == text {
        return Ok(());
    }
    if update {
        return fs::write(page, text).map_err(|error| format!("{}: {error}", page.display()));
    }
    let lines = found.lines().zip(text.lines());
    let differs = lines
        .take_while(|(found, expected)| found == expected)
        .count()
        + 1;
    Err(format!(
        "{}: line {differs} is not what the catalogue says; run the test with UPDATE_DOCS=1",
        page.display()
    ))
}

#[test]
fn a_page_that_differs_fails_and_is_written_when_asked() {
    const QUEUED: Metric = Metric::gauge("shop_queued_orders", "Orders that wait.");
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("metrics.md");
    let before = Catalogue::new([]).unwrap().markdown();
    let after = Catalogue::new([QUEUED]).unwrap().markdown();
    assert!(
        keep(&page, &before, false)
            .unwrap_err()
            .contains("metrics.md: line 1 is not")
    );
    assert_eq!(keep(&page, &before, true), Ok(()));
    assert_eq!(keep(&page, &before, false), Ok(()));
    let line = before.lines().count() + 1;
    let error = keep(&page, &after, false).unwrap_err();
    assert!(
        error.contains(&format!("line {line} is not what the catalogue says")),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&page).unwrap(), before);
    assert_eq!(keep(&page, &after, true), Ok(()));
    assert_eq!(fs::read_to_string(&page).unwrap(), after);
    let nowhere = folder.path().join("none/metrics.md");
    assert!(
        keep(&nowhere, &after, true)
            .unwrap_err()
            .contains("metrics.md: ")
    );
}

#[test]
fn the_pages_of_this_crate_are_what_its_catalogues_say() {
    let update = env::var_os("UPDATE_DOCS").is_some_and(|it| it == "1");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own_metrics.md");
    let table = Catalogue::new([]).unwrap().markdown();
    assert_eq!(keep(&page, &table, update), Ok(()));
}
