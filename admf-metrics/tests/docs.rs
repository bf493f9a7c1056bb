//! How a page that is generated from a catalogue is kept: a test fails when it differs, and writes it when
//! it is run with `UPDATE_DOCS=1`.

use std::fs;
use std::path::Path;

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

/// The page that shows what every module feeds, and so needs every feature.
#[cfg(all(
    feature = "http",
    feature = "http-server",
    feature = "resilience",
    feature = "system"
))]
mod all {
    use std::collections::BTreeMap;
    use std::env;
    use std::path::Path;

    use admf_metrics::{Catalogue, Label};
    use admf_metrics::{
        build_info, database, health, http, monitoring, policies, red, system, trading,
    };

    use super::keep;

    /// Every metric that this crate can feed, whoever declares it twice.
    fn all() -> Catalogue {
        let all = trading::METRICS.into_iter();
        let all = all.chain(policies::METRICS).chain(database::METRICS);
        let all = all.chain(red::METRICS).chain(red::http::SERVER_METRICS);
        let all = all.chain(red::http::CLIENT_METRICS).chain(system::METRICS);
        let all = all.chain(health::METRICS).chain(http::METRICS);
        let all = all.chain(monitoring::METRICS);
        Catalogue::new(all.chain([build_info::BUILD_INFO])).unwrap()
    }

    /// Returns the page: the rows of the catalogue's table, under the part that feeds them.
    fn page(catalogue: &Catalogue) -> String {
        let table = catalogue.markdown();
        let mut lines = table.lines();
        let [title, rule] = [(); 2].map(|()| lines.next().expect("a table begins with two lines"));
        let mut parts = BTreeMap::<_, Vec<_>>::new();
        for (metric, row) in catalogue.iter().zip(lines) {
            assert!(row.starts_with(&format!("| `{}` |", metric.name)), "{row}");
            parts.entry(metric.fed_by).or_default().push(row);
        }
        let count = catalogue.iter().len();
        let mut page = format!(
            "# The metrics of `admf-metrics`\n\n\
             All {count} that this crate declares, by the part that feeds them; a program shows those that it puts into its\n\
             catalogue. Written by the test `the_page_of_all_metrics_is_what_their_catalogue_says`, which fails when this page differs\n\
             from the code. An empty value of a label is shown as (empty); a value past its list or cap becomes `{}`.\n",
            Label::OVERFLOW
        );
        for (part, rows) in parts {
            let lines = [&format!("\n## {part}\n"), title, rule].map(str::to_owned);
            page.extend(
                lines
                    .into_iter()
                    .chain(rows.into_iter().map(str::to_owned))
                    .map(|line| line + "\n"),
            );
        }
        page
    }

    #[test]
    fn the_page_of_all_metrics_is_what_their_catalogue_says() {
        let update = env::var_os("UPDATE_DOCS").is_some_and(|it| it == "1");
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
        assert_eq!(keep(&kept, &page(&all()), update), Ok(()));
    }

    #[test]
    fn no_label_is_an_id() {
        let catalogue = all();
        let names = catalogue.iter().flat_map(|metric| metric.labels);
        let names: Vec<_> = names.map(|label| label.name).collect();
        assert!(names.len() > 100);
        // Of a request, an order, a client or a trace there is one for each: such are for logs.
        let is_id = |name: &&&str| {
            name.split('_')
                .any(|word| ["id", "uuid", "correlation", "trace"].contains(&word))
        };
        assert_eq!(names.iter().find(is_id), None);
    }
}
