//! Files of objectives.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{BurnWindow, Sli, Slo, Urgency};
use crate::rule::RuleError;
use crate::yaml::{self, At, FileError, Node, Read, Refused};

const FILE: &[&str] = &["slos"];
const SLO: &[&str] = &[
    "name",
    "description",
    "objective",
    "sli",
    "period",
    "interval",
    "labels",
    "severities",
    "windows",
    "runbook_url",
    "period_rules",
];
const EVENTS: &[&str] = &["errors", "total"];
const LATENCY: &[&str] = &["histogram", "threshold", "filter"];
const WINDOW: &[&str] = &["urgency", "budget", "long", "short"];

/// Reads a file of objectives, and checks each as [`Slo::groups`] does.
///
/// # Errors
///
/// The first thing that is no YAML, an unknown field, a key or a name that is there twice, a field that is missing, no
/// number or refused, with its line.
///
/// # Examples
///
/// ```
/// let text = "
/// slos:
/// - name: quotes-latency
///   objective: 0.95
///   sli:
///     latency: {histogram: quote_duration_seconds, threshold: 0.1}
///   windows:
///   - {urgency: page, budget: 2%, long: 1h, short: 5m}
///   - {urgency: ticket, budget: 10%, long: 1d, short: 1d}
/// ";
/// let error = admf_alerts::slo::parse("slos.yml", text).unwrap_err();
/// assert_eq!(error.to_string(), "slos.yml:9:53: slos[0].windows[1].short: `86400s`: must be shorter than `long`");
/// let slos = admf_alerts::slo::parse("slos.yml", &text.replace("short: 1d", "short: 2h"))?;
/// assert_eq!(slos[0].windows.len(), 2);
/// # Ok::<(), admf_alerts::rule_file::FileError>(())
/// ```
pub fn parse(file: &str, text: &str) -> Result<Vec<Slo>, FileError> {
    let slos = yaml::document(file, text, all);
    slos.map(Option::unwrap_or_default)
}

fn all(document: &Node) -> Read<Vec<Slo>> {
    let document = At::top(document);
    document.knows(FILE)?;
    let mut names = BTreeSet::new();
    let slos = document.list("slos")?.into_iter().map(|at| {
        let slo = slo(&at)?;
        if !names.insert(slo.name.clone()) {
            let name = at.get("name").unwrap_or(at);
            return Err(name.refused("another objective of the file has this name"));
        }
        slo.groups().map_err(|error| place(&at, &error))?;
        Ok(slo)
    });
    slos.collect()
}

fn slo(at: &At<'_>) -> Read<Slo> {
    at.knows(SLO)?;
    let objective = number(&needed(at, "objective")?, "")?;
    let mut slo = Slo::new(text(at, "name")?, objective, sli(&needed(at, "sli")?)?);
    slo.description = at.text("description")?.unwrap_or_default().to_owned();
    slo.runbook_url = at.text("runbook_url")?.unwrap_or_default().to_owned();
    slo.labels = at.texts("labels")?;
    slo.interval = some_length(at, "interval")?;
    slo.period = some_length(at, "period")?.unwrap_or(slo.period);
    if let Some(at) = at.some("period_rules") {
        slo.period_rules = match at.own_text()? {
            "true" => true,
            "false" => false,
            other => return Err(at.refused(format!("`{other}` is neither `true` nor `false`"))),
        };
    }
    if let Some(at) = at.some("severities") {
        at.knows(&["page", "ticket"])?;
        let or = |key, usual: &str| Ok(at.text(key)?.unwrap_or(usual).to_owned());
        slo.page = or("page", &slo.page)?;
        slo.ticket = or("ticket", &slo.ticket)?;
    }
    if at.some("windows").is_some() {
        let windows = at.list("windows")?.into_iter().map(|at| window(&at));
        slo.windows = windows.collect::<Read<_>>()?;
    }
    Ok(slo)
}

fn sli(at: &At<'_>) -> Read<Sli> {
    at.knows(&["events", "latency"])?;
    match (at.some("events"), at.some("latency")) {
        (Some(at), None) => {
            at.knows(EVENTS)?;
            Ok(Sli::events(text(&at, "errors")?, text(&at, "total")?))
        }
        (None, Some(at)) => {
            at.knows(LATENCY)?;
            Ok(Sli::Latency {
                histogram: text(&at, "histogram")?,
                threshold: number(&needed(&at, "threshold")?, "")?,
                filter: at.text("filter")?.unwrap_or_default().to_owned(),
            })
        }
        _ => Err(at.refused("one of `events` and `latency` must be set")),
    }
}

fn window(at: &At<'_>) -> Read<BurnWindow> {
    at.knows(WINDOW)?;
    let urgency = needed(at, "urgency")?;
    let urgency = match urgency.own_text()? {
        "page" => Urgency::Page,
        "ticket" => Urgency::Ticket,
        other => return Err(urgency.refused(format!("`{other}` is neither `page` nor `ticket`"))),
    };
    needed(at, "long")?;
    needed(at, "short")?;
    Ok(BurnWindow {
        urgency,
        budget: number(&needed(at, "budget")?, "%")?,
        long: at.length("long")?,
        short: at.length("short")?,
    })
}

fn needed<'n>(at: &At<'n>, key: &str) -> Read<At<'n>> {
    let problem = || at.refused(format!("`{key}` must be set"));
    at.some(key).ok_or_else(problem)
}

fn text(at: &At<'_>, key: &str) -> Read<String> {
    needed(at, key)?.own_text().map(str::to_owned)
}

fn some_length(at: &At<'_>, key: &str) -> Read<Option<Duration>> {
    at.some(key).map(|_| at.length(key)).transpose()
}

fn number(at: &At<'_>, unit: &str) -> Read<f64> {
    let text = at.own_text()?;
    let number = text.strip_suffix(unit).and_then(|it| it.parse().ok());
    number.ok_or_else(|| at.refused(format!("`{text}` is no number such as `2{unit}`")))
}

/// Finds the place of what is refused.
fn place(at: &At<'_>, error: &RuleError) -> Refused {
    let problem = format!("`{}`: {}", error.value(), error.problem);
    let mut found = At {
        node: at.node,
        field: at.field.clone(),
    };
    for step in error.field().split('.') {
        let below = match step.split_once('[') {
            None => found.get(step),
            Some((list, index)) => {
                let index = index.trim_end_matches(']').parse().unwrap_or(usize::MAX);
                let list = found.list(list).unwrap_or_default();
                list.into_iter().nth(index)
            }
        };
        match below {
            Some(below) => found = below,
            None => break,
        }
    }
    found.refused(problem)
}
