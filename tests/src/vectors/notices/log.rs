//! `dedup`, `subset`, `send_filter`, `nflog_expiry`, `nflog_merge`, `nflog_gc`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::{
    Alert, Entry, Fingerprint, Integration, IntegrationId, Log, LogKey, Notifier, Outcome, Posted,
    Reason, decide,
};
use serde_json::Value;

use super::super::rules::{EPOCH, length, same, time};
use super::super::schema::{Checked, Fields};
use super::inhibit::plain;
use super::pipeline::notifier;
use super::{maybe, words};

/// What is far away from any time of a case.
const FAR: Duration = Duration::from_secs(20_000_000_000);

fn prints(fields: &Fields<'_>, key: &str) -> Checked<BTreeSet<Fingerprint>> {
    let list = fields.must(key, fields.list(key))?.iter();
    let print = |it: &Value| {
        it.as_u64()
            .map(Fingerprint)
            .ok_or("a hash is a whole number")
    };
    list.map(|it| print(it).map_err(str::to_owned)).collect()
}

fn told(fields: &Fields<'_>) -> Checked<Entry> {
    Ok(Entry {
        firing: prints(fields, "firing")?,
        resolved: prints(fields, "resolved")?,
        ..Entry::default()
    })
}

pub(super) fn dedup(case: &Fields<'_>) -> Checked<()> {
    let now = EPOCH + FAR;
    let entry = match maybe(case, "entry", Fields::fields)? {
        None => None,
        Some(fields) => {
            let age = fields.must("age_s", length(&fields, "age_s"))?;
            let entry = Entry {
                at: now - age,
                expires: now + FAR,
                ..told(&fields)?
            };
            fields.finish()?;
            Some(entry)
        }
    };
    let send_resolved = case.must("send_resolved", case.flag("send_resolved"))?;
    let repeat = case.must("repeat_interval_s", length(case, "repeat_interval_s"))?;
    let reason = decide(entry.as_ref(), &told(case)?, send_resolved, repeat, now);
    let notify = case.must("expect_notify", case.flag("expect_notify"))?;
    same("`expect_notify`", notify, reason.is_some())?;
    let shown = reason.map_or("none", Reason::as_str);
    let wanted = case.must("expect_reason", case.text("expect_reason"))?;
    same("`expect_reason`", wanted, shown)
}

pub(super) fn subset(case: &Fields<'_>) -> Checked<()> {
    let (logged, current) = (prints(case, "logged")?, prints(case, "current")?);
    let entry = Entry {
        firing: logged.clone(),
        resolved: logged,
        ..Entry::default()
    };
    let wanted = case.must("expect", case.flag("expect"))?;
    same(
        "`expect` of what fires",
        wanted,
        entry.knows_firing(&current),
    )?;
    same(
        "`expect` of what ended",
        wanted,
        entry.knows_resolved(&current),
    )
}

/// Tells an integration that all alerts fire, and then, as soon as it is told again, what the case says of them.
pub(super) fn send_filter(case: &Fields<'_>) -> Checked<()> {
    let statuses = case.must("alerts", words(case, "alerts"))?;
    let mut config = plain();
    config.route.group_wait = Some(Duration::ZERO);
    config.route.repeat_interval = Some(Duration::from_nanos(1));
    let send_resolved = case.must("send_resolved", case.flag("send_resolved"))?;
    let integrations = vec![Integration {
        send_resolved,
        ..Integration::default()
    }];
    config.receivers.insert("receiver".to_owned(), integrations);
    let mut notifier = notifier(config)?;
    let post = |notifier: &mut Notifier, fire: bool| {
        for (index, status) in statuses.iter().enumerate() {
            let ends_at = match *status {
                "firing" => Some(EPOCH + FAR),
                "resolved" => Some(if fire { EPOCH + FAR } else { EPOCH }),
                other => return Err(format!("`{other}` is no status")),
            };
            let posted = Posted {
                labels: Labels::from_iter([("index", format!("{index:3}"))]),
                starts_at: Some(EPOCH),
                ends_at,
                ..Posted::default()
            };
            notifier.post(EPOCH, posted)?;
        }
        Ok(())
    };
    post(&mut notifier, true)?;
    look(&mut notifier)?;
    post(&mut notifier, false)?;
    let sent = look(&mut notifier)?;
    let sent: Vec<&str> = sent.iter().map(String::as_str).collect();
    let wanted = case.must("expect_sent", words(case, "expect_sent"))?;
    same("`expect_sent`", wanted, sent)?;
    let recorded = notifier
        .log()
        .iter()
        .map(|(_, entry)| entry.firing.len() + entry.resolved.len());
    let wanted = case.must("expect_recorded", case.whole("expect_recorded"))?;
    same(
        "`expect_recorded`",
        vec![wanted as usize],
        recorded.collect(),
    )
}

/// Lets the next flush be; returns the status of each alert that is sent.
fn look(notifier: &mut Notifier) -> Checked<Vec<String>> {
    let now = notifier.next_due().ok_or("there is no group")?;
    let mut sent = Vec::new();
    for delivery in notifier.due(now) {
        let status = |alert: &Arc<Alert>| match alert.is_resolved(now) {
            true => "resolved".to_owned(),
            false => "firing".to_owned(),
        };
        sent.extend(delivery.batch.alerts.iter().map(status));
        notifier.finished(now, delivery.id, Outcome::Sent);
    }
    Ok(sent)
}

pub(super) fn expiry(case: &Fields<'_>) -> Checked<()> {
    for one in case.must("cases", case.list("cases"))? {
        let one = Fields::new("one of `cases`", one)?;
        let [repeat, retention, wanted] =
            ["repeat_s", "retention_s", "expect_s"].map(|key| one.must(key, length(&one, key)));
        one.finish()?;
        same("`expect_s`", wanted?, Log::lifetime(retention?, repeat?))?;
    }
    Ok(())
}

fn key(name: &str) -> LogKey {
    LogKey {
        group: name.to_owned(),
        receiver: String::new(),
        integration: IntegrationId::default(),
    }
}

/// Reads a log: of each key what `entry` makes of it.
fn read(
    fields: &Fields<'_>,
    entry: impl Fn(&str) -> Checked<(Duration, Duration)>,
) -> Checked<Log> {
    let mut log = Log::default();
    for name in fields.keys() {
        let (at, expires) = entry(name)?;
        let entry = Entry {
            at,
            expires,
            ..Entry::default()
        };
        log.put(key(name), entry);
    }
    Ok(log)
}

fn shown(log: &Log) -> BTreeMap<&str, Duration> {
    log.iter()
        .map(|(key, entry)| (key.group.as_str(), entry.at))
        .collect()
}

pub(super) fn merge(case: &Fields<'_>) -> Checked<()> {
    let now = case.must("now_s", time(case, "now_s"))?;
    let fields = case.must("a", case.fields("a"))?;
    let mut a = read(&fields, |name| {
        Ok((fields.must(name, time(&fields, name))?, EPOCH + FAR))
    })?;
    let fields = case.must("b", case.fields("b"))?;
    let b = read(&fields, |name| {
        let entry = fields.must(name, fields.fields(name))?;
        let at = entry.must("ts_s", time(&entry, "ts_s"))?;
        let expires = entry.must("exp_s", time(&entry, "exp_s"))?;
        entry.finish()?;
        Ok((at, expires))
    })?;
    a.merge(b, now);
    let fields = case.must("expect", case.fields("expect"))?;
    let wanted = fields
        .keys()
        .map(|name| Ok((name.as_str(), fields.must(name, time(&fields, name))?)));
    same("`expect`", wanted.collect::<Checked<_>>()?, shown(&a))
}

pub(super) fn collect(case: &Fields<'_>) -> Checked<()> {
    let fields = case.must("entries", case.fields("entries"))?;
    let mut log = read(&fields, |name| {
        Ok((EPOCH, fields.must(name, time(&fields, name))?))
    })?;
    log.collect(case.must("now_s", time(case, "now_s"))?);
    let wanted = case.must("expect_left", words(case, "expect_left"))?;
    let left = shown(&log).into_keys().collect::<BTreeSet<_>>();
    same("`expect_left`", wanted.into_iter().collect(), left)
}
