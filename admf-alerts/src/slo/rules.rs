//! The rules of an objective.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{BurnWindow, Slo, Urgency};
use crate::duration;
use crate::labels::Quoted;
use crate::rule::{Rule, RuleGroup};

/// Makes the rules of an objective that was checked.
pub(super) fn groups(slo: &Slo) -> [RuleGroup; 2] {
    let group = |what: &str, rules: Vec<Rule>| {
        let mut group = RuleGroup::new(format!("slo-{}-{what}", slo.name), rules);
        group.interval = slo.interval;
        group
    };
    [group("ratios", ratios(slo)), group("alerts", alerts(slo))]
}

fn ratios(slo: &Slo) -> Vec<Rule> {
    let windows = slo.windows.iter();
    let windows: BTreeSet<Duration> = windows.flat_map(|it| [it.short, it.long]).collect();
    let shortest = windows.first().copied().unwrap_or_default();
    let short = name(shortest);
    let [errors, total] = [
        format!("slo:sli_error:rate{short}"),
        format!("slo:sli_total:rate{short}"),
    ];
    let [errors_of, total_of] = slo.sli.rates(&short);
    let mut rules = vec![
        Rule::record(&errors, errors_of),
        Rule::record(&total, total_of),
    ];
    let [errors, total] = [series(slo, &errors), series(slo, &total)];
    for window in windows {
        let [errors, total] = match window == shortest {
            true => [errors.clone(), total.clone()],
            false => slo.sli.rates(&name(window)),
        };
        // Without events there is no ratio.
        rules.push(Rule::record(
            ratio(window),
            format!("{errors} / ({total} > 0)"),
        ));
    }
    if slo.period_rules {
        let period = name(slo.period);
        let sum = |series: &str| format!("sum_over_time({series}[{period}])");
        let over = format!("{} / ({} > 0)", sum(&errors), sum(&total));
        rules.push(Rule::record(ratio(slo.period), over));
        let left = format!(
            "1 - {} / (1 - {})",
            series(slo, &ratio(slo.period)),
            slo.objective
        );
        rules.push(Rule::record("slo:error_budget_remaining:ratio", left));
    }
    for rule in &mut rules {
        rule.labels.clone_from(&slo.labels);
        rule.labels.insert("slo".to_owned(), slo.name.clone());
    }
    rules
}

fn alerts(slo: &Slo) -> Vec<Rule> {
    let urgencies = [
        (Urgency::Page, "Page", &slo.page),
        (Urgency::Ticket, "Ticket", &slo.ticket),
    ];
    let alerts = urgencies
        .into_iter()
        .filter_map(|(urgency, word, severity)| {
            let windows = slo.windows.iter().filter(|it| it.urgency == urgency);
            let burns: Vec<_> = windows.map(|window| burns(slo, window)).collect();
            if burns.is_empty() {
                return None;
            }
            let alert = format!("{}BudgetBurn{word}", camel(&slo.name));
            let alert = Rule::new(alert, burns.join("\nor\n")).label("severity", severity);
            Some(annotated(slo, alert))
        });
    alerts.collect()
}

fn burns(slo: &Slo, window: &BurnWindow) -> String {
    let rate = window.rate(slo.objective, slo.period);
    let [long, short] = [window.long, window.short].map(|it| series(slo, &ratio(it)));
    format!("({})", rate.expr(&long, &short))
}

fn annotated(slo: &Slo, alert: Rule) -> Rule {
    let (name, objective, period) = (&slo.name, slo.objective, name(slo.period));
    let summary = format!(
        "{name} uses up its error budget too fast: {{{{ $value | humanizePercentage }}}} is bad, \
         {objective} over {period} must be good"
    );
    let mut alert = alert.annotation("summary", summary);
    for (name, text) in [
        ("description", &slo.description),
        ("runbook_url", &slo.runbook_url),
    ] {
        if !text.is_empty() {
            alert = alert.annotation(name, text);
        }
    }
    alert
}

fn ratio(window: Duration) -> String {
    format!("slo:sli_error:ratio_rate{}", name(window))
}

fn series(slo: &Slo, name: &str) -> String {
    format!("{name}{{slo={}}}", Quoted(&slo.name))
}

fn name(window: Duration) -> String {
    duration::written(window).expect("the lengths of an objective were checked")
}

/// `ApiAvailability` of `api-availability`.
fn camel(name: &str) -> String {
    let parts = name.split(['-', '_']).filter(|part| !part.is_empty());
    let part = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
    parts.map(part).collect()
}
