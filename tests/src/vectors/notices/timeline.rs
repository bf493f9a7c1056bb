//! `timeline`: the whole way, on the driven clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::{Alert, Batch, Config, Integration, Notifier, Outcome, Posted, Silence};
use serde_json::Value;

use super::super::rules::{EPOCH, length, same, texts, time};
use super::super::schema::{Checked, Fields};
use super::inhibit::{plain, rules};
use super::pipeline::notifier;
use super::{matchers, words};

/// When an integration was told of what.
type Notice = (Duration, Arc<Batch>);

struct Run {
    notifier: Notifier,
    config: Config,
    /// Until when each integration fails.
    fails: Vec<Duration>,
    notices: Vec<Vec<Notice>>,
    /// The ids of silences, by their names in the case.
    silences: BTreeMap<String, String>,
    /// The clock, which never goes back: what is late is done when it can be.
    now: Duration,
}

pub(super) fn timeline(case: &Fields<'_>) -> Checked<()> {
    let (config, fails) = config(&case.must("config", case.fields("config"))?)?;
    let mut run = Run {
        notifier: notifier(config.clone())?,
        notices: vec![Vec::new(); fails.len()],
        config,
        fails,
        silences: BTreeMap::new(),
        now: Duration::ZERO,
    };
    for event in case.must("events", case.list("events"))? {
        let event = Fields::new("an event", event)?;
        let now = event.must("t", time(&event, "t"))?;
        run.until(now);
        run.event(&event, now)?;
        event.finish()?;
    }
    let expect = case.must("expect", case.list("expect"))?;
    let windows: Vec<Window> = expect.iter().map(window).collect::<Checked<_>>()?;
    let end = windows.iter().map(|window| window.to).max();
    run.until(end.ok_or("`expect` is empty")?);
    check(&windows, &run.notices)
}

fn config(fields: &Fields<'_>) -> Checked<(Config, Vec<Duration>)> {
    let mut config = plain();
    let names = words(fields, "group_by")?.unwrap_or_default();
    config.route.group_by = Some(super::routes::group_by(names));
    config.route.group_wait = length(fields, "group_wait_s")?;
    config.route.group_interval = length(fields, "group_interval_s")?;
    config.route.repeat_interval = length(fields, "repeat_interval_s")?;
    config.inhibit_rules = rules(fields, "inhibit_rules")?;
    if let Some(timeout) = length(fields, "resolve_timeout_s")? {
        config.resolve_timeout = timeout;
    }
    let send_resolved = fields.flag("send_resolved")?.unwrap_or(true);
    let mut fails = Vec::new();
    let mut integrations = Vec::new();
    for word in words(fields, "integrations")?.unwrap_or_else(|| vec!["ok"]) {
        let mut integration = Integration {
            send_resolved,
            ..Integration::default()
        };
        let mut until = Duration::ZERO;
        match (word, word.strip_prefix("fails_until_")) {
            ("ok", _) => {}
            ("send_resolved=true", _) => integration.send_resolved = true,
            ("send_resolved=false", _) => integration.send_resolved = false,
            (_, Some(seconds)) => {
                let seconds: f64 = seconds.parse().map_err(|it| format!("`{word}`: {it}"))?;
                until = EPOCH + Duration::from_secs_f64(seconds);
            }
            _ => return Err(format!("`{word}` is no integration")),
        }
        integrations.push(integration);
        fails.push(until);
    }
    config.receivers.insert("receiver".to_owned(), integrations);
    fields.finish()?;
    Ok((config, fails))
}

/// The labels that a name stands for.
fn labels(name: &str) -> Labels {
    let number = name.strip_prefix('v');
    if number.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit())) {
        return Labels::from_iter([("alertname", "test"), ("lbl", name)]);
    }
    match name.split_once('/') {
        Some((name, zone)) => {
            Labels::from_iter([("alertname", name), ("job", "testjob"), ("zone", zone)])
        }
        None => Labels::from_iter([("alertname", name)]),
    }
}

impl Run {
    /// Takes what is due up to a time.
    fn until(&mut self, time: Duration) {
        while let Some(due) = self.notifier.next_due().filter(|due| *due <= time) {
            self.now = self.now.max(due);
            self.look(self.now);
        }
        self.now = self.now.max(time);
    }

    fn look(&mut self, now: Duration) {
        for delivery in self.notifier.due(now) {
            let integration = delivery.batch.key.integration.number;
            let outcome = match now < self.fails[integration] {
                true => Outcome::Again {
                    after: Duration::ZERO,
                },
                false => Outcome::Sent,
            };
            if outcome == Outcome::Sent {
                self.notices[integration].push((now, Arc::clone(&delivery.batch)));
            }
            self.notifier.finished(now, delivery.id, outcome);
        }
    }

    fn event(&mut self, event: &Fields<'_>, now: Duration) -> Checked<()> {
        let starts_at = time(event, "starts_at")?;
        let annotations: BTreeMap<_, _> =
            texts(event.fields("annotations")?)?.into_iter().collect();
        let posted = |name: &str, starts_at, ends_at| Posted {
            labels: labels(name),
            annotations: annotations.clone(),
            starts_at: Some(starts_at),
            ends_at,
            ..Posted::default()
        };
        for name in words(event, "fire")?.unwrap_or_default() {
            let alert = posted(name, starts_at.unwrap_or(now), None);
            self.notifier.post(now, alert)?;
        }
        if let Some(names) = words(event, "resolve")? {
            let ends_at = time(event, "ends_at")?.unwrap_or(now);
            for name in names {
                let alert = posted(name, starts_at.unwrap_or(ends_at), Some(ends_at));
                self.notifier.post(now, alert)?;
            }
        }
        if event.raw("silence").is_some() {
            let silence = Silence {
                matchers: matchers(event, "silence")?,
                starts_at: time(event, "from")?,
                ends_at: time(event, "to")?,
                ..Silence::default()
            };
            let name = event.text("id")?.unwrap_or_default().to_owned();
            let fresh = || format!("silence {}", self.silences.len());
            let id = self.notifier.silences_mut().set(silence, now, fresh)?;
            self.silences.insert(name, id);
        }
        if let Some(name) = event.text("unsilence")? {
            let id = self.silences.get(name).ok_or("no such silence")?;
            self.notifier.silences_mut().expire(id, now)?;
        }
        if event.flag("reload")?.unwrap_or_default() {
            self.notifier.reload(self.config.clone(), now)?;
        }
        Ok(())
    }
}

/// What a case expects of a stretch of time.
struct Window {
    integration: usize,
    from: Duration,
    to: Duration,
    none: bool,
    firing: BTreeSet<Labels>,
    resolved: BTreeSet<Labels>,
    starts_at: Option<Duration>,
    ends_at: Option<Duration>,
    annotations: Option<BTreeMap<String, String>>,
}

fn window(value: &Value) -> Checked<Window> {
    let fields = Fields::new("a window", value)?;
    let window = fields.must("window", fields.list("window"))?;
    let end = |at: usize| match window.get(at).and_then(Value::as_f64) {
        Some(seconds) => Ok(EPOCH + Duration::from_nanos((seconds * 1e9).round() as u64)),
        None => Err("`window` must hold two times"),
    };
    let names = |key| {
        let names = words(&fields, key)?.unwrap_or_default().into_iter();
        Ok::<_, String>(names.map(labels).collect())
    };
    let read = Window {
        integration: fields.whole("integration")?.unwrap_or_default() as usize,
        from: end(0)?,
        to: end(1)?,
        none: fields.flag("none")?.unwrap_or_default(),
        firing: names("firing")?,
        resolved: names("resolved")?,
        starts_at: time(&fields, "starts_at")?,
        ends_at: time(&fields, "ends_at")?,
        annotations: match fields.fields("annotations")? {
            None => None,
            some => Some(texts(some)?.into_iter().collect()),
        },
    };
    fields.finish()?;
    Ok(read)
}

fn check(windows: &[Window], notices: &[Vec<Notice>]) -> Checked<()> {
    for (integration, notices) in notices.iter().enumerate() {
        let mine = |window: &&Window| window.integration == integration;
        let mut left: Vec<&Notice> = notices.iter().collect();
        for window in windows.iter().filter(mine) {
            let within = |it: &&Notice| window.from <= it.0 && it.0 <= window.to;
            let at = left.iter().position(within);
            match (at, window.none) {
                (None, true) => {}
                (Some(at), false) => window.check(left.remove(at))?,
                (None, false) => return Err(format!("nothing in {}", window.name())),
                (Some(_), true) => return Err(format!("something in {}", window.name())),
            }
        }
        if let Some((at, batch)) = left.first() {
            let at = *at - EPOCH;
            return Err(format!(
                "at {at:?} integration {integration} was told {batch:?}"
            ));
        }
    }
    Ok(())
}

impl Window {
    fn name(&self) -> String {
        let [from, to] = [self.from, self.to].map(|it| it - EPOCH);
        format!("{from:?} to {to:?} of integration {}", self.integration)
    }

    fn check(&self, (_, batch): &Notice) -> Checked<()> {
        let name = self.name();
        let (ended, firing): (Vec<&Alert>, Vec<&Alert>) = batch
            .alerts
            .iter()
            .map(AsRef::as_ref)
            .partition(|alert| alert.ends_at.is_some());
        let sets = [
            ("firing", &self.firing, firing),
            ("resolved", &self.resolved, ended),
        ];
        for (key, wanted, shown) in sets {
            let shown = shown
                .into_iter()
                .map(|alert| alert.labels.clone())
                .collect();
            same(&format!("`{key}` in {name}"), wanted, &shown)?;
        }
        for alert in &batch.alerts {
            if self.starts_at.is_some() {
                same(
                    &format!("`starts_at` in {name}"),
                    self.starts_at,
                    Some(alert.starts_at),
                )?;
            }
            if self.ends_at.is_some() {
                same(&format!("`ends_at` in {name}"), self.ends_at, alert.ends_at)?;
            }
            if let Some(annotations) = &self.annotations {
                same(
                    &format!("`annotations` in {name}"),
                    annotations,
                    &alert.annotations,
                )?;
            }
        }
        Ok(())
    }
}
