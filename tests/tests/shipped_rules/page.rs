//! What docs/shipped_rules.md says of the rules is so, table by table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use admf_alerts::duration;
use admf_alerts::slo::{self, Sli, Slo};

use super::{PAGE, alerts, root};

/// The requirements that the page answers, by source; two numbers with a dash are all from the first to the last.
const ASKED: [(&str, &str); 5] = [
    ("S0", "092-109"),
    ("S1", "050-054 065-068"),
    ("S2", "005 016-018 045-060"),
    ("S3", "014-020 040"),
    ("S4", "040-050 077"),
];

/// What the sources call the alerts that they ask for.
const NAMED: [(&str, &str); 49] = [
    ("S0-092", "high_drawdown"),
    ("S0-093", "component_failure"),
    ("S0-094", "high_error_rate"),
    ("S0-095", "high_memory_usage"),
    ("S0-096", "data_latency"),
    ("S0-097", "low_cache_hit_rate"),
    ("S0-104", "HighDrawdown"),
    ("S0-105", "ComponentDown"),
    ("S0-106", "HighErrorRate"),
    ("S0-107", "DataLatency"),
    ("S0-108", "LowCacheHitRate"),
    ("S1-050", "circuit_breaker_open"),
    ("S1-051", "service_degraded"),
    ("S1-052", "high_error_rate"),
    ("S1-053", "database_connection_failure"),
    ("S2-045", "template system health critical"),
    ("S2-046", "template database connection lost"),
    ("S2-047", "template high memory usage"),
    ("S2-048", "template service response time high"),
    ("S2-049", "template low Sharpe ratio"),
    ("S2-050", "template high drawdown"),
    ("S2-051", "template strategy performance degradation"),
    ("S2-052", "template consecutive losses"),
    ("S2-053", "template API rate limit exceeded"),
    ("S2-054", "template service unavailability"),
    ("S2-055", "template data staleness"),
    ("S2-056", "template authentication failures"),
    ("S2-057", "template unusual API activity"),
    ("S2-058", "template SEC rate limit"),
    ("S2-059", "template FRED API service failures"),
    ("S2-060", "template data freshness"),
    ("S3-014", "HighErrorRate"),
    ("S3-015", "HighLatency"),
    ("S3-016", "TradingLoss"),
    ("S3-017", "RedisDown"),
    ("S3-018", "PostgreSQLDown"),
    ("S3-019", "HighMemoryUsage"),
    ("S3-020", "HighCPUUsage"),
    ("S4-040", "System Down"),
    ("S4-041", "High Error Rate"),
    ("S4-042", "Circuit Breaker Tripped"),
    ("S4-043", "Data Pipeline Failure"),
    ("S4-044", "Model Deployment Failure"),
    ("S4-045", "Critical Feature Drift"),
    ("S4-046", "High Latency"),
    ("S4-047", "Low Win Rate"),
    ("S4-048", "Feature Drift"),
    ("S4-049", "Data Quality"),
    ("S4-050", "Low Confidence"),
];

/// The rows of the first table below a heading, after its head, each with as many cells.
fn table(heading: &str, head: &str) -> Vec<Vec<&'static str>> {
    let (_, below) = PAGE
        .split_once(&format!("## {heading}\n"))
        .unwrap_or_else(|| panic!("no {heading}"));
    let (below, _) = below.split_once("\n## ").unwrap_or((below, ""));
    let mut lines = below.lines().skip_while(|line| !line.starts_with("| "));
    assert_eq!(lines.next(), Some(head));
    let rows = lines.skip(1).take_while(|line| line.starts_with("| "));
    let cells = |row: &'static str| -> Vec<_> {
        let row = row.strip_prefix('|').and_then(|it| it.strip_suffix('|'));
        let row = row.expect("a row begins and ends so").replace("\\|", "\0");
        let row = String::leak(row);
        row.split('|').map(str::trim).collect()
    };
    let rows: Vec<_> = rows.map(cells).collect();
    let columns = head.matches('|').count() - 1;
    assert!(rows.iter().all(|row| row.len() == columns), "{heading}");
    rows
}

fn alert_rows() -> Vec<Vec<&'static str>> {
    let head = "| alert | file | severity | for | asked by | there | here otherwise |";
    table("The alerts", head)
}

fn ids(cell: &str) -> BTreeSet<String> {
    cell.split(", ").map(str::to_owned).collect()
}

fn asked() -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for (source, numbers) in ASKED {
        for numbers in numbers.split(' ') {
            let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
            let number = |it: &str| it.parse::<u32>().expect("it is a number");
            let all = number(first)..=number(last);
            asked.extend(all.map(|it| format!("{source}-{it:03}")));
        }
    }
    asked
}

#[test]
fn the_page_names_every_alert_once_with_its_file_its_severity_and_how_long_it_holds() {
    let mut listed = BTreeMap::new();
    for row in alert_rows() {
        let name = row[0].trim_matches('`').to_owned();
        let said = [row[1], row[2], row[3]].map(str::to_owned);
        assert_eq!(listed.insert(name, said), None, "{}", row[0]);
    }
    let is = alerts().into_iter().map(|(file, rule)| {
        let hold = match rule.for_.is_zero() {
            true => "0".to_owned(),
            false => duration::shown(rule.for_),
        };
        (rule.name, [file, rule.labels["severity"].clone(), hold])
    });
    assert_eq!(listed, is.collect());
}

#[test]
fn the_page_answers_every_id_that_asks_for_something_and_no_other() {
    let mut answered = BTreeSet::new();
    for row in alert_rows() {
        answered.extend(ids(row[4]));
    }
    for row in table("What is no alert of its own", "| id | asks | where |") {
        answered.extend(ids(row[0]));
    }
    assert_eq!(answered, asked());
}

#[test]
fn the_page_says_which_alert_is_that_of_a_name_in_a_source() {
    let rows = alert_rows();
    for (id, name) in NAMED {
        let of: Vec<_> = rows.iter().filter(|row| ids(row[4]).contains(id)).collect();
        assert!(!of.is_empty(), "no alert is of {id}");
        for row in of {
            let there = row[5].split("; ").any(|it| {
                let rest = it.strip_prefix(name);
                rest.is_some_and(|it| !it.starts_with(char::is_alphanumeric))
            });
            assert!(there, "{id}: {name} is not what stands at {}", row[0]);
        }
    }
    // What has no name there is an objective, or a threshold.
    let named: BTreeSet<_> = NAMED.iter().map(|(id, _)| (*id).to_owned()).collect();
    let other = ["S1-06", "S2-005", "S2-016", "S2-017", "S2-018"];
    for id in rows.iter().flat_map(|row| ids(row[4])) {
        let known = named.contains(&id) || other.iter().any(|it| id.starts_with(it));
        assert!(known, "{id}");
    }
}

/// What the page is to say of an objective, from its name on: the part that is to be good, what is bad, of all.
fn said(slo: &Slo) -> [String; 4] {
    let (bad, all) = match &slo.sli {
        Sli::Events { errors, total } => (format!("`{errors}`"), total.clone()),
        Sli::Latency {
            histogram,
            threshold,
            filter,
        } => {
            let comma = if filter.is_empty() { "" } else { "," };
            let good = format!("{histogram}_bucket{{{filter}{comma}le=\"{threshold}\"}}");
            let all = format!("{histogram}_count{{{filter}}}");
            let all = all.trim_end_matches("{}").to_owned();
            (format!("the count less `{good}`"), all)
        }
    };
    let part = (slo.objective * 1e6).round() / 1e4;
    let name = format!("`{}`", slo.name);
    [name, format!("{part} % of "), bad, format!("`{all}`")]
}

#[test]
fn the_page_says_the_objectives_as_their_file_does() {
    let path = root().join("examples/trading-service/rules/objectives.yaml");
    let text = fs::read_to_string(path).expect("it is there");
    let slos = slo::parse("objectives.yaml", &text).unwrap_or_else(|error| panic!("{error}"));
    let head = "| id | name | objective | bad | of all |";
    let rows = table("Objectives", head);
    assert_eq!(rows.len(), slos.len());
    for slo in &slos {
        let [name, part, bad, all] = said(slo);
        let row = rows.iter().find(|row| row[1] == name);
        let row = row.unwrap_or_else(|| panic!("no row of {name}"));
        assert!(row[2].starts_with(&part), "{name}: {part}");
        let selectors = [row[3], row[4]].map(|cell| cell.replace('\0', "|"));
        assert_eq!(selectors, [bad, all], "{name}");
        assert_eq!(slo.period.as_secs(), 30 * 86_400, "{name}");

        // The alerts of an objective are asked by whoever asks for it.
        let stem: String = slo.name.split('-').map(capital).collect();
        let made = [("Page", &slo.page), ("Ticket", &slo.ticket)];
        for (urgency, severity) in made {
            let alert = format!("`{stem}BudgetBurn{urgency}`");
            let of = alert_rows().into_iter().find(|it| it[0] == alert);
            let of = of.unwrap_or_else(|| panic!("no row of {alert}"));
            assert_eq!(of[2], severity, "{alert}");
            assert_eq!(of[4], row[0], "{alert}");
            assert!(of[5].starts_with(&part), "{alert}");
        }
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
