//! What rules say of their notices.

use super::Setup;
use crate::notify::{Cooldown, Ladder, Route};
use crate::rule::{Rule, RuleGroup, RuleKind};
use crate::series::Matcher;

/// Adds what rules say themselves of who is told: their own receivers, cooldown and escalation, before all that is there.
///
/// A rule is told by its `alertname` and those of its labels that are no templates. An alert of a rule with receivers of
/// its own goes to these and nowhere else.
///
/// # Errors
///
/// A rule names a receiver that is not set up; or two rules cannot be told apart by their alerts, and say other things.
///
/// # Examples
///
/// ```
/// use admf_alerts::alertmanager_file::{parse, with_rules};
/// use admf_alerts::notify::Routes;
/// use admf_alerts::{Labels, Rule, RuleGroup};
///
/// let text = "route: {receiver: mail}\nreceivers: [{name: mail}, {name: pager}]\n";
/// let setup = parse("alertmanager.yml", text, None)?;
/// let mut rule = Rule::parse("Down", "up == 0")?;
/// rule.notify.receivers = vec!["mail".into(), "pager".into()];
/// let setup = with_rules(setup, [&RuleGroup::new("g", [rule])])?;
/// let routes = Routes::new(&setup.notify.route)?;
/// let told = |name| {
///     let labels = Labels::from_iter([("alertname", name)]);
///     routes.matching(&labels).map(|(_, node)| node.receiver.clone()).collect::<Vec<_>>()
/// };
/// assert_eq!(told("Down"), ["mail", "pager"]);
/// assert_eq!(told("Up"), ["mail"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn with_rules<'r>(
    mut setup: Setup,
    groups: impl IntoIterator<Item = &'r RuleGroup>,
) -> Result<Setup, String> {
    let groups = groups.into_iter();
    let rules = groups
        .flat_map(|it| &it.rules)
        .filter(|it| it.kind == RuleKind::Alert);
    let rules: Vec<&Rule> = rules.collect();
    let (mut routes, mut cooldowns, mut ladders) = (Vec::new(), Vec::new(), Vec::new());
    for (at, rule) in rules.iter().enumerate() {
        let notify = &rule.notify;
        let alike = |other: &&&Rule| alike(rule, other);
        if let Some(other) = rules.iter().filter(alike).find(|it| it.notify != *notify) {
            return Err(format!(
                "rule `{}`: two of this name say other things of who is told, and no label tells them apart",
                other.name
            ));
        }
        let levels = notify.escalation.iter().flat_map(|it| &it.receivers);
        for name in notify.receivers.iter().chain(levels) {
            setup
                .knows(name)
                .map_err(|problem| format!("rule `{}`: {problem}", rule.name))?;
        }
        if rules[..at]
            .iter()
            .any(|it| fixed(it).eq(fixed(rule)) && it.name == rule.name)
        {
            continue;
        }
        let matchers = matchers(rule);
        routes.extend(own_routes(rule, &matchers));
        if !notify.cooldown.is_zero() {
            let (matchers, length) = (matchers.clone(), notify.cooldown);
            cooldowns.push(Cooldown { matchers, length });
        }
        ladders.extend(Ladder::of(rule).map(|it| Ladder { matchers, ..it }));
    }
    let notify = &mut setup.notify;
    notify.route.routes.splice(..0, routes);
    notify.cooldowns.splice(..0, cooldowns);
    notify.ladders.splice(..0, ladders);
    Ok(setup)
}

/// One route for each receiver; the last lets nothing go on.
fn own_routes(rule: &Rule, matchers: &[Matcher]) -> Vec<Route> {
    let receivers = rule.notify.receivers.iter().enumerate();
    let routes = receivers.map(|(at, name)| Route {
        receiver: Some(name.clone()),
        matchers: matchers.to_vec(),
        r#continue: at + 1 < rule.notify.receivers.len(),
        ..Route::default()
    });
    routes.collect()
}

/// The labels of a rule that are the same on all its alerts.
fn fixed(rule: &Rule) -> impl Iterator<Item = (&String, &String)> {
    rule.labels
        .iter()
        .filter(|(_, value)| !value.contains("{{"))
}

fn matchers(rule: &Rule) -> Vec<Matcher> {
    let mut matchers = vec![Matcher::equal("alertname", &rule.name)];
    matchers.extend(fixed(rule).map(|(name, value)| Matcher::equal(name, value)));
    matchers
}

/// Says whether one alert could be of both rules.
fn alike(one: &Rule, other: &Rule) -> bool {
    let differs = |(name, value): (&String, &String)| {
        let there = other.labels.get(name);
        there.is_some_and(|it| !it.contains("{{") && it != value)
    };
    one.name == other.name && !fixed(one).any(differs)
}
