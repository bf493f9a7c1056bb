//! What an objective must be.

use std::time::Duration;

use super::{Sli, Slo, Urgency};
use crate::duration;
use crate::engine;
use crate::promql::{Query, Semantics, Settings};
use crate::rule::{RuleError, RuleGroup};
use crate::scan;

/// Labels that are the rules' own.
const OWN: [&str; 5] = ["__name__", "slo", "severity", "le", "alertname"];

/// Both generations must read what is made.
fn settings() -> Settings {
    Settings::default().semantics(Semantics::Prometheus2)
}

pub(super) fn check(slo: &Slo) -> Result<(), RuleError> {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !slo.name.starts_with(|c: char| c.is_ascii_alphabetic()) || !slo.name.chars().all(inside) {
        return Err(slo.refused("name", &slo.name, "name must match [a-zA-Z][a-zA-Z0-9_-]*"));
    }
    if !(slo.objective > 0.0 && slo.objective < 1.0) {
        let problem = "must be between 0 and 1, neither included";
        return Err(slo.refused("objective", slo.objective, problem));
    }
    length(slo, "period", slo.period)?;
    if let Some(interval) = slo.interval {
        length(slo, "interval", interval)?;
        if interval > settings().lookback {
            let problem = "must be at most 5 minutes, or alerts do not see what was recorded";
            return Err(slo.refused("interval", format!("{interval:?}"), problem));
        }
    }
    sli(slo)?;
    windows(slo)?;
    let own = |name: &&String| OWN.contains(&name.as_str()) || !scan::is_label_name(name);
    if let Some(name) = slo.labels.keys().find(own) {
        let problem = format!("name must match [a-zA-Z_][a-zA-Z0-9_]* and be none of {OWN:?}");
        return Err(slo.refused("labels", name, problem));
    }
    Ok(())
}

fn length(slo: &Slo, field: &str, length: Duration) -> Result<(), RuleError> {
    let problem = match duration::written(length) {
        Ok(_) if length.is_zero() => "must be above 0".to_owned(),
        Ok(_) => return Ok(()),
        Err(problem) => problem,
    };
    Err(slo.refused(field, format!("{length:?}"), problem))
}

fn sli(slo: &Slo) -> Result<(), RuleError> {
    if let Sli::Latency {
        histogram,
        threshold,
        ..
    } = &slo.sli
    {
        if !scan::is_metric_name(histogram) {
            let problem = "name must match [a-zA-Z_:][a-zA-Z0-9_:]*";
            return Err(slo.refused("sli.latency.histogram", histogram, problem));
        }
        if !(threshold.is_finite() && *threshold > 0.0) {
            let problem = "must be above 0 and finite";
            return Err(slo.refused("sli.latency.threshold", threshold, problem));
        }
    }
    for (field, text) in slo.sli.selectors() {
        let query = Query::parse(&text, &settings());
        let any = query.and_then(Query::into_selector);
        let any = any.map_err(|error| slo.refused(field, &text, error))?;
        if any.len() != 1 {
            return Err(slo.refused(field, &text, "only one selector is taken, without `or`"));
        }
        let bounds = any.iter().flatten().filter(|it| it.name() == "le");
        if matches!(slo.sli, Sli::Latency { .. }) && bounds.count() > 1 {
            let problem = "asks for `le`, which the threshold does";
            return Err(slo.refused(field, &text, problem));
        }
    }
    Ok(())
}

fn windows(slo: &Slo) -> Result<(), RuleError> {
    if slo.windows.is_empty() {
        return Err(slo.refused("windows", "", "there must be one"));
    }
    for (index, window) in slo.windows.iter().enumerate() {
        let at = |field: &str| format!("windows[{index}].{field}");
        length(slo, &at("long"), window.long)?;
        length(slo, &at("short"), window.short)?;
        let of = |field: &str, value: String, problem: &str| {
            Err(slo.refused(&at(field), value, problem))
        };
        if window.long >= slo.period {
            return of(
                "long",
                format!("{:?}", window.long),
                "must be shorter than the period",
            );
        }
        if window.short >= window.long {
            return of(
                "short",
                format!("{:?}", window.short),
                "must be shorter than `long`",
            );
        }
        if !(window.budget > 0.0 && window.budget <= 100.0) {
            let budget = window.budget.to_string();
            return of("budget", budget, "must be above 0 and at most 100 percent");
        }
        let allowed = window.rate(slo.objective, slo.period).allowed();
        if allowed >= 1.0 {
            let problem = format!("never fires: it allows {allowed} errors for each event");
            return of("budget", window.budget.to_string(), &problem);
        }
        let severity = match window.urgency {
            Urgency::Page => ("severities.page", &slo.page),
            Urgency::Ticket => ("severities.ticket", &slo.ticket),
        };
        if severity.1.is_empty() {
            return Err(slo.refused(severity.0, "", "must not be empty"));
        }
    }
    Ok(())
}

/// Checks what was made as it is going to be read.
pub(super) fn rules(slo: &Slo, groups: &[RuleGroup]) -> Result<(), RuleError> {
    for rule in groups.iter().flat_map(|group| &group.rules) {
        engine::check(rule, &settings()).map_err(|error| {
            let field = match error.field() {
                "annotations.description" => "description",
                "annotations.runbook_url" => "runbook_url",
                "labels.severity" => "severities",
                _ => "sli",
            };
            slo.refused(field, error.value(), &error.problem)
        })?;
    }
    Ok(())
}

pub(super) fn bucket(
    slo: &Slo,
    buckets_of: impl FnOnce(&str) -> Option<Vec<f64>>,
) -> Result<(), RuleError> {
    let Sli::Latency {
        histogram,
        threshold,
        ..
    } = &slo.sli
    else {
        return Ok(());
    };
    match buckets_of(histogram) {
        Some(bounds) if !bounds.contains(threshold) => {
            let problem = format!("`{histogram}` has no such bucket; there are {bounds:?}");
            Err(slo.refused("sli.latency.threshold", threshold, problem))
        }
        _ => Ok(()),
    }
}
