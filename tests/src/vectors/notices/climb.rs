//! `cooldown`, `escalation`.

use std::time::Duration;

use admf_alerts::engine::Row;
use admf_alerts::notify::{Config, Cooldown, Escalation, Notifier, Outcome, Posted};
use admf_alerts::{AlertState, Engine, Labels, Rule};
use serde_json::Value;

use super::super::rules::{EPOCH, length, same, steps, time};
use super::super::schema::{Checked, Fields};
use super::inhibit::plain;
use super::pipeline::notifier;

const DAY: Duration = Duration::from_secs(86_400);
/// How long after a step what came of it is known: a group interval.
const SOON: Duration = Duration::from_millis(100);

/// A route that tells at once, and no second time.
fn at_once(cooldown: Duration) -> Config {
    let mut config = plain();
    config.route.group_wait = Some(Duration::ZERO);
    config.route.group_interval = Some(SOON);
    config.route.repeat_interval = Some(DAY * 10_000);
    config.retention = DAY * 10_000;
    config.cooldowns = vec![Cooldown {
        matchers: Vec::new(),
        length: cooldown,
    }];
    config
}

pub(super) fn cooldown(case: &Fields<'_>) -> Checked<()> {
    let fields = case.must("rule", case.fields("rule"))?;
    let cooldown = fields.must("cooldown_s", length(&fields, "cooldown_s"))?;
    let rule =
        Rule::new("Case", "given_by_the_case").for_(length(&fields, "for_s")?.unwrap_or_default());
    fields.finish()?;
    let mut engine = Engine::new([rule]).map_err(|it| it.to_string())?;
    let mut notifier = notifier(at_once(cooldown))?;
    steps(case, |step| {
        let now = step.must("t_s", time(step, "t_s"))?;
        let holds = step.must("true", step.flag("true"))?;
        let mut told = deliver(&mut notifier, now);
        let row = Row {
            labels: Labels::new(),
            value: 1.0,
        };
        engine.step_with(now, |_| {
            Ok(if holds { vec![row.clone()] } else { Vec::new() })
        });
        let mut fires = false;
        for alert in engine.alerts().filter(|it| it.state != AlertState::Pending) {
            fires |= alert.state == AlertState::Firing;
            let posted = Posted {
                labels: alert.labels.clone(),
                starts_at: alert.fired_at,
                ends_at: Some(alert.resolved_at.unwrap_or(now + DAY * 10_000)),
                ..Posted::default()
            };
            notifier.post(now, posted)?;
        }
        told.extend(deliver(&mut notifier, now + SOON));
        let shown = match told.last() {
            Some(true) => "notify_firing",
            Some(false) => "notify_resolved",
            None if fires && !knows(&notifier) => "firing_suppressed",
            None => "none",
        };
        same("`expect`", step.must("expect", step.text("expect"))?, shown)
    })
}

/// Makes all deliveries up to a time; returns of each whether it said that something fires.
fn deliver(notifier: &mut Notifier, until: Duration) -> Vec<bool> {
    let mut told = Vec::new();
    while let Some(now) = notifier.next_due().filter(|due| *due <= until) {
        for delivery in notifier.due(now) {
            told.push(delivery.batch.is_firing());
            notifier.finished(now, delivery.id, Outcome::Sent);
        }
    }
    told
}

/// Says whether the receiver knows that something fires.
fn knows(notifier: &Notifier) -> bool {
    notifier
        .log()
        .iter()
        .any(|(_, entry)| !entry.firing.is_empty())
}

pub(super) fn escalation(case: &Fields<'_>) -> Checked<()> {
    let mut delays = Vec::new();
    for (index, level) in case.must("levels", case.list("levels"))?.iter().enumerate() {
        let level = Fields::new("a level", level)?;
        delays.push(level.must("delay_s", length(&level, "delay_s"))?);
        same("`level`", level.whole("level")?, Some(index as u32 + 1))?;
        level.raw("channels");
        level.finish()?;
    }
    let gap = length(case, "loop_gap_s")?.unwrap_or_default();
    let repeat = case.whole("repeat")?.unwrap_or_default();
    let mut run = Run {
        escalation: Escalation::new(delays, EPOCH).repeating(repeat, gap),
        paused: false,
        reached: Vec::new(),
        told: Vec::new(),
    };
    for event in case.must("events", case.list("events"))? {
        let (Some(at), Some(what)) = (event.get(0).and_then(Value::as_f64), event.get(1)) else {
            return Err(format!("an event is `[t, what]`, not {event}"));
        };
        run.event(
            EPOCH + Duration::from_secs_f64(at),
            what.as_str().unwrap_or_default(),
        )?;
    }
    run.until(case.must("until_s", time(case, "until_s"))?);
    let wanted = case.must("expect", case.list("expect"))?;
    let shown: Vec<Value> = run.reached;
    same("`expect`", wanted, &shown)?;
    match case.list("expect_resolve_levels")? {
        None => Ok(()),
        Some(wanted) => same("`expect_resolve_levels`", wanted, &run.told),
    }
}

struct Run {
    escalation: Escalation,
    /// Whether the process does not run.
    paused: bool,
    reached: Vec<Value>,
    told: Vec<Value>,
}

impl Run {
    /// Takes what is due up to a time.
    fn until(&mut self, time: Duration) {
        while let Some(now) = self
            .escalation
            .next()
            .filter(|next| *next <= time && !self.paused)
        {
            self.look(now);
        }
    }

    fn look(&mut self, now: Duration) {
        let seconds = (now - EPOCH).as_secs_f64();
        for level in self.escalation.due(now) {
            // A whole number is written as one in a case.
            let seconds = match seconds.fract() == 0.0 {
                true => Value::from(seconds as u64),
                false => Value::from(seconds),
            };
            self.reached
                .push(Value::from(vec![seconds, Value::from(level)]));
        }
    }

    fn event(&mut self, now: Duration, what: &str) -> Checked<()> {
        self.until(now);
        match what {
            "ack" | "unack" => self.escalation.acknowledge(now, what == "ack"),
            "silence" | "unsilence" => self.escalation.silence(now, what == "silence"),
            "severity_up" => {
                self.escalation.reopen(now);
                self.until(now);
            }
            "resolve" => {
                self.told = self
                    .escalation
                    .resolve()
                    .into_iter()
                    .map(Value::from)
                    .collect();
            }
            "pause" => self.paused = true,
            "resume" => {
                self.paused = false;
                self.look(now);
            }
            other => return Err(format!("`{other}` is no event")),
        }
        Ok(())
    }
}
